"""A log of JSON lines: one object a line, each written in one call, none ever changed.

Numbers that JSON has no form for are the strings "inf", "-inf" and "nan".  What a crash
leaves of a last line is closed when the log goes on, and is then one unreadable line.
"""

import importlib.util
import json
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, final

from gradlab._store import plain
from gradlab.errors import StoreError

__all__ = ["LineLog", "Tail", "lines_of", "number", "numbers"]

_LONGEST = 2**22  # bytes; a line of ours has some kilobytes
_WORDS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}


@final
class LineLog:
    r"""A file that lines are added to, by one run at a time.

    Parameters
    ----------
    path : path
        A new file, or a log that goes on.

    Raises
    ------
    StoreError
        If the file cannot be written, or another run is writing to it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = LineLog(pathlib.Path(folder, "run.jsonl"))
    ...     log.write({"kind": "sample", "horizon": float("inf")})
    ...     log.close()
    ...     pathlib.Path(folder, "run.jsonl").read_text()
    '{"kind":"sample","horizon":"inf"}\n'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = pathlib.Path(path)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        try:
            self._file = os.open(self.path, flags, 0o644)
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}."
            raise StoreError(message) from error
        try:
            _lock(self._file, self.path)
            self._close_last_line()
        except BaseException:
            os.close(self._file)
            raise

    def write(self, record: Mapping[str, Any]) -> None:
        """Add one line.

        Raises
        ------
        StoreError
            If the disk is full, or the like; a part of the line may be there then.
        """
        text = json.dumps(
            plain("record", record), allow_nan=False, separators=(",", ":")
        )
        left = text.encode() + b"\n"
        try:
            while left:  # on a regular file once, unless the disk is full
                left = left[os.write(self._file, left) :]
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}."
            raise StoreError(message) from error

    def close(self) -> None:
        """Close the file; another run may go on with it."""
        os.close(self._file)

    def _close_last_line(self) -> None:
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")


def _lock(file: int, path: pathlib.Path) -> None:
    if importlib.util.find_spec("fcntl") is None:  # a system without such locks
        return
    fcntl: Any = importlib.import_module("fcntl")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        message = (
            f"{path} is being written by another run: give every run, and every "
            "process of one, a log of its own."
        )
        raise StoreError(message) from error
    except OSError:  # some network folders know no locks; lines are whole without them
        return


@final
class Tail:
    """A log that is read while it grows.

    Attributes
    ----------
    path : Path
    records : list
        What its lines say so far, None for one that cannot be read.

    Raises
    ------
    StoreError
        If there is no such file, or it is no regular one.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = pathlib.Path(path)
        self.records: list[dict[str, Any] | None] = []
        self._read, self._partial = 0, b""
        if self.path.exists() and not self.path.is_file():
            message = f"{self.path} is not a regular file."
            raise StoreError(message)

    @property
    def is_ended(self) -> bool:
        """Whether the last line says that the run has ended."""
        last = self.records[-1] if self.records else None
        return last is not None and last.get("kind") == "end"

    def poll(self) -> bool:
        """Read on, and return whether there was a new line."""
        try:
            with self.path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._read:  # it was begun anew
                    self.records.clear()
                    self._read, self._partial = 0, b""
                file.seek(self._read)
                content = file.read()
        except OSError as error:
            message = f"{self.path} cannot be read: {error.strerror}."
            raise StoreError(message) from error
        self._read += len(content)
        *whole, self._partial = (self._partial + content).split(b"\n")
        self.records += [_object(line) for line in whole]
        return bool(whole)


def lines_of(content: Iterator[bytes]) -> Iterator[dict[str, Any] | None]:
    """Yield the object of every whole line, None for one that cannot be read.

    A last line without its end is not there yet, and passed over.
    """
    for line in content:
        if line.endswith(b"\n"):
            yield _object(line)


def _object(line: bytes) -> dict[str, Any] | None:
    if len(line) > _LONGEST:
        return None
    try:
        found = json.loads(
            line, parse_constant=_refuse, object_pairs_hook=_without_repetition
        )
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(word: str) -> None:
    raise ValueError(word)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return found


def number(value: Any) -> float:
    """Return a number of a line; None is NaN.

    Raises
    ------
    ValueError
        If it is none.
    """
    if value is None:
        return float("nan")
    if isinstance(value, str):
        if value not in _WORDS:
            raise ValueError(value)
        return _WORDS[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(value)
    try:
        found = float(value)
    except OverflowError:
        raise ValueError(value) from None
    if found in (
        _WORDS["inf"],
        _WORDS["-inf"],
    ):  # 1e999 is written so by no log of ours
        raise ValueError(value)
    return found


def numbers(values: Any) -> list[float]:
    """Return a list of numbers, as `number` reads each."""
    if not isinstance(values, list):
        raise ValueError(values)
    return [number(value) for value in values]
