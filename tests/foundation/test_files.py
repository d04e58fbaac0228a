"""A file is read once and whole, and any name prints on one line."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab._files import printable, read_bytes
from gradlab.errors import CheckpointError, CorpusError


def test_the_bytes_are_those_of_the_file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"\0\r\n\xff")
    assert read_bytes(path, max_bytes=4, error=CorpusError) == b"\0\r\n\xff"
    assert read_bytes(os.fsencode(path), max_bytes=4, error=CorpusError)
    with pytest.raises(CheckpointError, match="larger than 3 bytes"):
        read_bytes(path, max_bytes=3, error=CheckpointError)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_file_that_is_longer_than_it_said_is_refused():
    # Its size is 0 by its own account, as a growing file's is too small.
    with pytest.raises(CheckpointError) as caught:
        read_bytes("/proc/self/status", max_bytes=2**20, error=CheckpointError)
    assert str(caught.value) == "/proc/self/status changed while it was read."


def test_a_name_with_a_nul_is_no_traceback(tmp_path):
    with pytest.raises(CheckpointError) as caught:
        read_bytes("a\0b", max_bytes=1, error=CheckpointError)
    assert str(caught.value) == r"a\x00b cannot be read: embedded null byte."


@given(st.text(max_size=40))
def test_every_text_prints_on_one_line(text):
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert shown == text or not text.isprintable()
    assert len(printable(text, 5)) <= 5 * len(r"\U0010ffff")
