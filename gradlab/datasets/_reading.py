"""Bytes → UTF-8 text → symbols; what is not a text says why."""

import re
import unicodedata

from gradlab.errors import CorpusError

__all__ = ["decoded", "letters_only"]


def decoded(content: bytes, name: str) -> str:
    r"""Return UTF-8 bytes as text: no byte-order mark, lines ending in ``\n``."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = (
            f"{name} looks like UTF-16; gradlab reads UTF-8. "
            "Convert it: iconv -f UTF-16 -t UTF-8."
        )
        raise CorpusError(message)
    if (offset := content.find(b"\0")) >= 0:
        message = f"{name} is not a text: it has a NUL at byte {offset}."
        raise CorpusError(message)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        message = f"{name} is not UTF-8: {got}. Convert it with iconv."
        raise CorpusError(message) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def letters_only(text: str) -> str:
    """Return the textbook's form: letters in lower case, each run of others one space.

    On English this is ``re.sub("[^A-Za-z]+", " ", text).lower()`` [zhang2023dive, Sec.
    9.2].  Here a letter is one of any script, with the marks that follow it, so that a
    Chinese or a Hindi text is not erased.

    Examples
    --------
    >>> letters_only("The Time-Machine, by H. G. Wells [1898]")
    'the time machine by h g wells '
    >>> letters_only("时间机器, 1898")
    '时间机器 '
    """
    kinds = {c: unicodedata.category(c)[0] for c in set(text)}
    only = text.translate(
        {ord(c): " " for c, kind in kinds.items() if kind not in "LM"}
    )
    marks = "".join(c for c, kind in kinds.items() if kind == "M")
    if marks:
        # A mark belongs to the letter before it; one after a sign (an emoji's) goes.
        only = re.sub(f"(^| )[{re.escape(marks)}]+", " ", only)
    return re.sub(" +", " ", only).lower()
