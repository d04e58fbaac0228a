"""Zip archives of strangers: counts, sizes and checksums before anything is used.

Members are bytes in memory under names that are data: nothing is ever extracted, so no
name leads out of a folder.
"""

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from gradlab._files import printable
from gradlab.checkpoints.refusals import quoted, refusal, require_budget
from gradlab.errors import CheckpointError

__all__ = ["STARTS", "member_bytes", "opened", "require_intact"]

STARTS = b"PK\x03\x04", b"PK\x05\x06"  # the latter of an archive without members
_ENTRY = b"PK\x01\x02"
_MOST_MEMBERS = 2**16
# Deflate shrinks to a 1,028th at most; weights hardly shrink at all.
_LARGEST_RATIO, _SMALL = 100, 2**24
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK = 2**20
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,  # and what zipfile has not implemented
    ValueError,
)


@contextlib.contextmanager
def opened(content: bytes, file: str, max_bytes: int) -> Iterator[zipfile.ZipFile]:
    """Open an archive in memory, once its directory promises no more than `max_bytes`.

    What its entries say of their sizes is binding: `member_bytes` reads no more.

    Raises
    ------
    CheckpointError
        If it is damaged or encrypted, has a member twice, too many of them, or members
        that are too large or shrunk too far to be weights.
    """
    # Before the entries are read, for each of them takes half a kilobyte.
    if content.count(_ENTRY) > _MOST_MEMBERS:
        raise refusal(file, f"has more than {_MOST_MEMBERS:,} members")
    with _damage_told(file):
        archive = zipfile.ZipFile(io.BytesIO(content))
    with archive:
        found = archive.infolist()
        seen: set[str] = set()
        for member in found:
            _require_plain(member, seen, file)
            seen.add(member.filename)
        require_budget(file, sum(member.file_size for member in found), max_bytes)
        yield archive


def member_bytes(archive: zipfile.ZipFile, name: str, file: str) -> bytes:
    """Return the bytes of a member, whose size and checksum are right."""
    size = archive.getinfo(name).file_size
    with _damage_told(file), archive.open(name) as stream:
        # Without a size it would inflate whatever there is before it looks at its own.
        content = stream.read(size)
        rest = stream.read(1)  # the end, where the checksum is compared
    if len(content) != size or rest:
        raise refusal(file, f"is damaged: {quoted(name)} is not {size:,} bytes long")
    return content


def require_intact(archive: zipfile.ZipFile, file: str) -> None:
    """Raise unless every member has the checksum that the archive has of it."""
    for member in archive.infolist():
        with _damage_told(file), archive.open(member) as stream:
            while stream.read(_CHUNK):
                continue


def _require_plain(member: zipfile.ZipInfo, seen: set[str], file: str) -> None:
    name = quoted(member.filename)
    if member.filename in seen:
        raise refusal(file, f"has the member {name} twice")
    if member.flag_bits & 1:
        raise refusal(file, f"is encrypted: {name}")
    if member.compress_type not in _METHODS:
        raise refusal(file, f"is compressed in a way that weights are not: {name}")
    shrunk = max(member.compress_size, 1) * _LARGEST_RATIO
    if member.file_size > max(shrunk, _SMALL):
        cause = (
            f"has a member that grows from {member.compress_size:,} to "
            f"{member.file_size:,} bytes, as a zip bomb does: {name}"
        )
        raise refusal(file, cause)


@contextlib.contextmanager
def _damage_told(file: str) -> Iterator[None]:
    try:
        yield
    except CheckpointError:
        raise
    except _DAMAGE as error:
        reason = printable(f"{error}" or type(error).__name__, 120)
        raise refusal(file, f"is a damaged zip archive: {reason}") from error
