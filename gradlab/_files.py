"""A file is opened once, must be a regular one, and is read whole; its name prints."""

import os
import stat

from gradlab.errors import InputError

__all__ = ["printable", "read_bytes"]


def read_bytes(
    path: str | os.PathLike[str], *, max_bytes: int, error: type[InputError]
) -> bytes:
    """Return the content of a regular file of at most `max_bytes`, read once.

    What is wrong is raised as an `error`.
    """
    shown = printable(os.fsdecode(path))
    # Without O_NONBLOCK, opening a FIFO waits for a writer that may never come.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError) as cause:  # ValueError: a NUL in the name
        message = f"{shown} cannot be read: {getattr(cause, 'strerror', cause)}."
        raise error(message) from cause
    try:
        # The open file is asked, not the path: the path may be another file by now.
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            message = f"{shown} is not a regular file."
            raise error(message)
        if found.st_size > max_bytes:
            message = (
                f"{shown} is larger than {max_bytes:,} bytes. "
                "Raise `max_bytes` to read it all the same."
            )
            raise error(message)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(found.st_size + 1)
    finally:
        os.close(handle)
    if len(content) != found.st_size:
        message = f"{shown} changed while it was read."
        raise error(message)
    return content


def printable(text: str, limit: int | None = None) -> str:
    r"""Return a text with its unprintable characters escaped, cut to `limit`.

    Control characters, marks that turn the direction of writing and halves of
    surrogate pairs would let a name rewrite a terminal, or not print at all.

    Examples
    --------
    >>> print(printable("a\x1b[2Jb\udce9"), printable("abcdef", 4))
    a\x1b[2Jb\udce9 abc…
    """
    if limit is not None and len(text) > limit:
        text = f"{text[: limit - 1]}…"
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )
