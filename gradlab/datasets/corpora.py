"""Texts: *The Time Machine*, any UTF-8 file, and one that every CPython carries."""

import hashlib
import os
import pathlib
import sys
from pydoc_data import topics

import numpy as np

from gradlab._checks import require_count, require_one_of
from gradlab._extras import require
from gradlab._files import printable, read_bytes
from gradlab.datasets._reading import decoded, letters_only
from gradlab.datasets.corpus import Corpus
from gradlab.errors import CorpusError, MissingExtraError
from gradlab.typing import Array

__all__ = ["default_text", "embedded_text", "load_text", "time_machine"]

_MAX_BYTES = 2**24
_FILE = "timemachine.txt"
_URL = f"http://d2l-data.s3-accelerate.amazonaws.com/{_FILE}"
_SHA256 = "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516"
_TITLE = "The Time Machine (H. G. Wells, 1898)"


def load_text(
    path: str | os.PathLike[str],
    *,
    unit: str = "char",
    preprocess: str = "textbook",
    max_bytes: int = _MAX_BYTES,
) -> Corpus:
    r"""Return any UTF-8 text file as a corpus.

    Parameters
    ----------
    path : path
        A regular file.  A byte-order mark is dropped, and ``\r\n`` and ``\r`` are read
        as ``\n``.
    unit : {"char", "word"}
        What one symbol is: a character, or what stands between white space.
    preprocess : {"textbook", "none"}
        ``"textbook"`` keeps letters (of any script) in lower case and turns each run of
        anything else into one space, as *Dive into Deep Learning* does with English.
    max_bytes : int
        Larger files are refused; 16 MiB unless told.

    Raises
    ------
    CorpusError
        If the file is missing, not a regular file, too large, empty, not UTF-8, or
        leaves fewer than two different symbols.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "verse.txt")
    ...     _ = path.write_text("Row, row, row your boat.")
    ...     load_text(path, unit="word")
    Corpus(verse.txt: 5 words over 3 symbols, letters only, in lower case)
    """
    max_bytes = require_count("max_bytes", max_bytes)
    content = read_bytes(path, max_bytes=max_bytes, error=CorpusError)
    title = printable(pathlib.Path(path).name)
    return _corpus(content, title, unit, preprocess)


def time_machine(
    path: str | os.PathLike[str] | None = None,
    *,
    unit: str = "char",
    preprocess: str = "textbook",
) -> Corpus:
    """Return *The Time Machine*, the text of the textbook's chapters on RNNs.

    It is looked for at `path`; without one as ``timemachine.txt`` in the folder that
    the environment variable ``GRADLAB_DATA`` names; else it is downloaded once (extra
    ``data``).  Wherever it comes from, its sha256 must be the known one.

    Raises
    ------
    CorpusError
        If it is not there and cannot be downloaded, or is another edition.

    Examples
    --------
    >>> try:
    ...     time_machine("no_such_file.txt")
    ... except CorpusError as error:
    ...     print(error)
    no_such_file.txt cannot be read: No such file or directory.
    """
    if path is None:
        path = _local() or _downloaded()
    content = read_bytes(path, max_bytes=_MAX_BYTES, error=CorpusError)
    got = hashlib.sha256(content).hexdigest()
    if got != _SHA256:
        message = (
            f"{pathlib.Path(path).name} is another edition of The Time Machine: sha256 "
            f"{got[:12]}…, not {_SHA256[:12]}…. Read it with `load_text`."
        )
        raise CorpusError(message)
    return _corpus(content, _TITLE, unit, preprocess)


def embedded_text(*, unit: str = "char", preprocess: str = "textbook") -> Corpus:
    """Return the English text that every CPython carries: its language reference.

    The text is that of ``pydoc_data.topics``, in the order of the topics' names; it
    differs a little from one Python to the next, which the title says.

    Examples
    --------
    >>> embedded_text(unit="word").text(0, 9)
    'the assert statement assert statements are a convenient way'
    """
    text = "\n\n".join(topics.topics[name] for name in sorted(topics.topics))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    title = f"the language reference that Python {python} carries"
    return _corpus(text.encode(), title, unit, preprocess)


def default_text(*, unit: str = "char", preprocess: str = "textbook") -> Corpus:
    """Return *The Time Machine* if ``GRADLAB_DATA`` has it, else the embedded text.

    Nothing is downloaded; ``caption`` says which text it is.

    Examples
    --------
    >>> corpus = default_text()
    >>> corpus.title in (embedded_text().title, "The Time Machine (H. G. Wells, 1898)")
    True
    """
    path = _local()
    if path is None:
        return embedded_text(unit=unit, preprocess=preprocess)
    return time_machine(path, unit=unit, preprocess=preprocess)


def _local() -> pathlib.Path | None:
    folder = os.environ.get("GRADLAB_DATA")
    path = pathlib.Path(folder, _FILE) if folder else None
    return path if path and path.is_file() else None


def _downloaded() -> str:
    missing = "The Time Machine is not here, and "
    remedy = f"give its path, or put {_FILE} into the folder that GRADLAB_DATA names."
    try:
        pooch = require("pooch", extra="data")
    except MissingExtraError as error:
        message = f"{missing}{error} Or {remedy}"
        raise CorpusError(message) from error
    try:
        cache = pooch.os_cache("gradlab")
        found: str = pooch.retrieve(_URL, f"sha256:{_SHA256}", _FILE, cache)
    except (OSError, ValueError) as error:
        message = f"{missing}it cannot be downloaded ({error}). Try again, or {remedy}"
        raise CorpusError(message) from error
    return found


def _corpus(content: bytes, title: str, unit: str, preprocess: str) -> Corpus:
    unit = require_one_of("unit", unit, ("char", "word"))
    preprocess = require_one_of("preprocess", preprocess, ("textbook", "none"))
    text = decoded(content, title)
    if not text:
        message = f"{title} is empty (0 characters)."
        raise CorpusError(message)
    if preprocess == "textbook":
        text = letters_only(text)
        if not text.strip():
            message = f"{title} has no letters. Keep its signs: preprocess='none'."
            raise CorpusError(message)
    vocabulary, tokens = _indexed(text) if unit == "char" else _indexed_words(text)
    if len(vocabulary) < 2:
        shown = f", {vocabulary[0]!r}" if vocabulary else ""
        message = (
            f"{title} has {len(vocabulary)} symbol{'' if vocabulary else 's'}{shown}; "
            "to predict the next one a text needs at least 2."
        )
        raise CorpusError(message)
    tokens.setflags(write=False)
    digest = hashlib.sha256(content).hexdigest()
    return Corpus(tokens, vocabulary, title, digest, unit, preprocess)


def _indexed(text: str) -> tuple[tuple[str, ...], Array]:
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    found, tokens = np.unique(codes, return_inverse=True)
    return tuple(map(chr, found)), tokens


def _indexed_words(text: str) -> tuple[tuple[str, ...], Array]:
    words = text.split()
    vocabulary = tuple(sorted(set(words)))
    place = {word: i for i, word in enumerate(vocabulary)}
    return vocabulary, np.array([place[word] for word in words], dtype=np.intp)
