"""Texts become tokens as the textbook makes them; what is not a text says why."""

import functools
import hashlib
import http.server
import os
import pathlib
import re
import sys
import threading
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.datasets import (
    corpora,
    default_text,
    embedded_text,
    load_text,
    one_hot,
    time_machine,
)
from gradlab.datasets._reading import letters_only
from gradlab.errors import CorpusError, InputError, InputTypeError


@pytest.fixture
def written(tmp_path):
    def write(content, name="notes.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_on_ascii_the_textbooks_line_is_the_oracle(text):
    # zhang2023dive, Sec. 9.2: re.sub('[^A-Za-z]+', ' ', text).lower()
    assert letters_only(text) == re.sub("[^A-Za-z]+", " ", text).lower()


@given(st.text(max_size=60))
def test_only_letters_marks_and_single_spaces_are_left(text):
    left = letters_only(text)
    assert "  " not in left
    assert not re.search(r"[\d\n\t]", left)
    letters = [c for c in text if c.isalpha()]
    assert len(left.replace(" ", "")) >= len(letters)
    assert letters_only(left) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("时间机器, 1898年", "时间机器 年"),
        ("हिन्दी १२", "हिन्दी "),
        ("ÉTÉ — Straße", "été straße"),
        ("e\u0301te\u0301 2", "e\u0301te\u0301 "),
        ("a ❤\ufe0f b\u202e", "a b "),
        ("שלום, עולם", "שלום עולם"),
    ],
)
def test_letters_of_any_script_stay(text, left):
    assert letters_only(text) == left


def test_tokens_spell_the_text(written):
    corpus = load_text(written("Abba, b!\n"))
    assert corpus.vocabulary == (" ", "a", "b")
    assert corpus.tokens.tolist() == [1, 2, 2, 1, 0, 2, 0]
    assert corpus.text() == "abba b "
    assert (len(corpus), corpus.q) == (7, 3)
    assert not corpus.tokens.flags.writeable
    assert corpus.caption == (
        "notes.txt: 7 characters over 3 symbols, letters only, in lower case"
    )
    assert repr(corpus) == f"Corpus({corpus.caption})"


def test_words_and_no_preprocessing(written):
    path = written("To be, or not to be")
    words = load_text(path, unit="word")
    assert words.text(0, 3) == "to be or"
    assert words.tokens.tolist() == [3, 0, 2, 1, 3, 0]
    raw = load_text(path, preprocess="none")
    assert raw.text() == "To be, or not to be"
    assert raw.caption == "notes.txt: 19 characters over 9 symbols"


def test_line_endings_and_the_byte_order_mark_are_no_symbols(written):
    unix = load_text(written("one\ntwo\n"), preprocess="none")
    for variant in (b"one\r\ntwo\r\n", b"one\rtwo\r", b"\xef\xbb\xbfone\ntwo\n"):
        other = load_text(written(variant), preprocess="none")
        assert other.vocabulary == unix.vocabulary
        np.testing.assert_array_equal(other.tokens, unix.tokens)
        assert other.sha256 != unix.sha256


BAD_FILES = [
    (b"", "notes.txt is empty (0 characters)."),
    (b"\xef\xbb\xbf", "notes.txt is empty (0 characters)."),
    (
        b"123 !",
        "notes.txt has no letters. Keep its signs: preprocess='none'.",
    ),
    (
        b"aaaa",
        "notes.txt has 1 symbol, 'a'; to predict the next one a text needs at least 2.",
    ),
    (
        b"abc\xff\xfe",
        "notes.txt is not UTF-8: byte 0xff at offset 3. Convert it with iconv.",
    ),
    (
        b"\xed\xa0\x80 lone surrogate",
        "notes.txt is not UTF-8: byte 0xed at offset 0. Convert it with iconv.",
    ),
    (
        "text".encode("utf-16"),
        "notes.txt looks like UTF-16; gradlab reads UTF-8. "
        "Convert it: iconv -f UTF-16 -t UTF-8.",
    ),
    (b"PNG\0\1\2", "notes.txt is not a text: it has a NUL at byte 3."),
]


@pytest.mark.parametrize(("content", "message"), BAD_FILES)
def test_what_is_not_a_text_says_why(written, content, message):
    with pytest.raises(CorpusError) as caught:
        load_text(written(content))
    assert str(caught.value) == message


def test_a_text_of_white_space_has_no_words(written):
    with pytest.raises(CorpusError, match=r"has 0 symbols; to predict"):
        load_text(written(" \n"), unit="word", preprocess="none")


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(CorpusError) as caught:
        load_text(tmp_path / "nothing.txt")
    assert str(caught.value) == (
        f"{tmp_path / 'nothing.txt'} cannot be read: No such file or directory."
    )
    with pytest.raises(CorpusError, match="is not a regular file"):
        load_text(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a POSIX system has FIFOs")
def test_a_fifo_and_an_endless_device_do_not_hang(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, "/dev/zero"):
        with pytest.raises(CorpusError, match="is not a regular file"):
            load_text(path)


def test_a_large_file_is_refused_before_it_fills_the_memory(tmp_path, written):
    sparse = tmp_path / "sparse.txt"
    with sparse.open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(CorpusError) as caught:
        load_text(sparse)
    assert str(caught.value) == (
        f"{sparse} is larger than 16,777,216 bytes. "
        "Raise `max_bytes` to read it all the same."
    )
    assert len(load_text(written("abc"), max_bytes=3)) == 3
    with pytest.raises(CorpusError, match="larger than 2 bytes"):
        load_text(written("abc"), max_bytes=2)


def test_a_name_that_is_not_unicode_can_be_shown(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_bytes(b"one two")
    title = load_text(path).title
    assert title == "caf\\udce9.txt"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "byte"}, "`unit` must be one of 'char', 'word'; got 'byte'."),
        (
            {"preprocess": None},
            "`preprocess` must be one of 'textbook', 'none'; got None.",
        ),
        ({"max_bytes": 0}, "`max_bytes` must be an integer >= 1; got 0."),
    ],
)
def test_options_are_checked(written, options, message):
    with pytest.raises(InputError) as caught:
        load_text(written("abc"), **options)
    assert str(caught.value) == message


def test_inputs_and_targets_are_one_symbol_apart(written):
    corpus = load_text(written("abcab"))
    inputs, targets = corpus.one_hot(1, 3), corpus.targets(1, 3)
    np.testing.assert_array_equal(inputs.argmax(axis=1), corpus.tokens[1:4])
    np.testing.assert_array_equal(targets, corpus.tokens[2:5])
    np.testing.assert_array_equal(corpus.targets(), corpus.tokens[1:])
    np.testing.assert_array_equal(corpus.one_hot().sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("start", "length", "room", "got"), [(0, 5, 4, 5), (4, 1, 0, 1), (9, None, 0, 0)]
)
def test_a_stretch_beyond_the_text_is_refused(written, start, length, room, got):
    corpus = load_text(written("abcab"))
    with pytest.raises(InputError) as caught:
        corpus.targets(start, length)
    assert str(caught.value) == (
        f"`length` must be in 1 … {room} from `start` = {start} on; got {got}: "
        "the text has 5 symbols."
    )


def test_one_hot_takes_batches_and_refuses_the_rest():
    batch = one_hot(np.array([[0, 2], [1, 1]]), 3)
    assert batch.shape == (2, 2, 3)
    np.testing.assert_array_equal(batch.argmax(axis=-1), [[0, 2], [1, 1]])
    assert one_hot(np.zeros(0, dtype=int), 3).shape == (0, 3)
    with pytest.raises(InputTypeError) as caught:
        one_hot([0.5], 2)
    assert str(caught.value) == "`tokens` must be integers; got dtype float64."
    with pytest.raises(InputError) as caught:
        one_hot([[0, 1], [2, 0]], 2)
    assert str(caught.value) == "`tokens` must be in 0 … 1; got 2 at index (1, 0)."
    with pytest.raises(InputError, match="got -1 at index"):
        one_hot([0, -1], 2)


def test_the_embedded_text_is_english_and_the_same_each_time():
    corpus = embedded_text()
    assert len(corpus) > 100_000
    assert set("abcdefghijklmnopqrstuvwxyz ") <= set(corpus.vocabulary)
    assert corpus.sha256 == embedded_text().sha256
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in corpus.title


def test_the_default_never_downloads(monkeypatch, tmp_path):
    monkeypatch.setattr(corpora, "_downloaded", pytest.fail)
    monkeypatch.delenv("GRADLAB_DATA", raising=False)
    assert default_text().title == embedded_text().title
    monkeypatch.setenv("GRADLAB_DATA", str(tmp_path))
    assert default_text().title == embedded_text().title


def test_another_edition_is_not_taken_for_the_time_machine(written, monkeypatch):
    path = written("The Time Machine, abridged", "timemachine.txt")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setenv("GRADLAB_DATA", str(path.parent))
    for read in (time_machine, default_text, lambda: time_machine(path)):
        with pytest.raises(CorpusError) as caught:
            read()
        assert str(caught.value) == (
            "timemachine.txt is another edition of The Time Machine: sha256 "
            f"{digest[:12]}…, not 8424dbd9532a…. Read it with `load_text`."
        )


def test_without_the_file_or_pooch_the_ways_to_it_are_said(monkeypatch):
    monkeypatch.delenv("GRADLAB_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(CorpusError) as caught:
        time_machine()
    assert str(caught.value) == (
        "The Time Machine is not here, and pooch is needed here: pip install "
        "'gradlab[data]'. Or give its path, or put timemachine.txt into the folder "
        "that GRADLAB_DATA names."
    )


def fake_pooch(retrieve):
    return types.SimpleNamespace(os_cache=lambda name: name, retrieve=retrieve)


def test_the_download_is_checked_by_hash_and_its_failure_is_said(monkeypatch, written):
    monkeypatch.delenv("GRADLAB_DATA", raising=False)
    asked = []

    def offline(*arguments):
        asked.append(arguments)
        raise OSError("no route to host")

    monkeypatch.setitem(sys.modules, "pooch", fake_pooch(offline))
    with pytest.raises(CorpusError, match=r"downloaded \(no route to host\)\. Try"):
        time_machine()
    ((url, known_hash, name, cache),) = asked
    assert url.endswith("/timemachine.txt")
    assert known_hash.startswith("sha256:8424dbd9532a")
    assert (name, cache) == ("timemachine.txt", "gradlab")
    forged = written("forged")
    monkeypatch.setitem(sys.modules, "pooch", fake_pooch(lambda *_: str(forged)))
    with pytest.raises(CorpusError, match="another edition"):
        time_machine()


@pytest.fixture
def served(tmp_path):
    """Serve a folder on this machine and return it with its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_a_real_download_is_kept_and_checked(monkeypatch, tmp_path, served):
    pytest.importorskip("pooch")
    folder, address = served
    content = b"The Time Machine, as somebody serves it"
    (folder / "timemachine.txt").write_bytes(content)
    monkeypatch.delenv("GRADLAB_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(corpora, "_URL", f"{address}/timemachine.txt")
    with pytest.raises(CorpusError, match=r"cannot be downloaded \(.*hash"):
        time_machine()
    monkeypatch.setattr(corpora, "_SHA256", hashlib.sha256(content).hexdigest())
    assert time_machine().text(0, 16) == "the time machine"
    (folder / "timemachine.txt").unlink()
    assert time_machine().text(0, 16) == "the time machine"


class TestTheTimeMachine:
    """What the textbook prints about its own text; skipped where the text is not."""

    @pytest.fixture(autouse=True)
    def _text(self):
        folder = pathlib.Path(os.environ.get("GRADLAB_DATA", ""))
        if not (folder / "timemachine.txt").is_file():
            pytest.skip("GRADLAB_DATA does not hold timemachine.txt")

    def test_sizes_as_published(self):
        # zhang2023dive, Sec. 9.2: 173,428 characters, 32,775 words, and vocabularies
        # of 28 and 4,580 symbols; theirs count one for unknown symbols, ours do not.
        characters, words = time_machine(), time_machine(unit="word")
        assert (len(characters), characters.q) == (173_428, 27)
        assert (len(words), words.q) == (32_775, 4_579)

    def test_it_is_the_default(self):
        corpus = default_text()
        assert corpus.text(0, 30) == "the time machine by h g wells "
        assert corpus.caption.startswith(
            "The Time Machine (H. G. Wells, 1898): 173,428"
        )
