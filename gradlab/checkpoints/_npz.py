"""An .npz file: a zip archive of .npy files, each an array under its member's name."""

from gradlab.checkpoints._npy import npy
from gradlab.checkpoints._zips import member_bytes, opened
from gradlab.checkpoints.refusals import quoted, refusal
from gradlab.typing import Array

__all__ = ["npz"]


def npz(content: bytes, file: str, max_bytes: int) -> dict[str, tuple[str, Array]]:
    """Return what an .npz file holds: the dtype each member names, and its array.

    Raises
    ------
    CheckpointError
        If the archive or one of its members is not sound.
    """
    found = {}
    with opened(content, file, max_bytes) as archive:
        for member in archive.namelist():
            name = member.removesuffix(".npy")
            if name == member:
                raise refusal(file, f"has a member that is no .npy: {quoted(member)}")
            data = member_bytes(archive, member, file)
            found[name] = npy(data, f"{file}: {quoted(member)}", max_bytes)
    return found
