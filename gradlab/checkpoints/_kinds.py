"""Which format a file is in: its name says so, and its first bytes must agree."""

import os
import pathlib

from gradlab.checkpoints._npy import MAGIC
from gradlab.checkpoints._zips import STARTS
from gradlab.checkpoints.refusals import refusal

__all__ = ["format_of"]

_SUFFIXES = {
    ".safetensors": "safetensors",
    ".npz": "npz",
    ".npy": "npy",
    ".pt": "torch",
    ".pth": "torch",
    ".bin": "torch",
    ".ckpt": "torch",
}
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save until torch 1.5
_STARTS = {
    "npz": STARTS,
    "npy": (MAGIC,),
    "torch": (*STARTS, _LEGACY),
}
_UNPACK = "is packed ({}): unpack it first"
_STRANGERS = {
    b"version https://git-lfs.github.com/spec/": (
        "looks like a git-LFS pointer, not like the file it stands for: run "
        "`git lfs pull`"
    ),
    b"<!doctype html": "looks like a web page, not like weights: download it again",
    b"<html": "looks like a web page, not like weights: download it again",
    b"\x89hdf\r\n\x1a\n": (
        "is an HDF5 file; from Keras, save its weights with numpy.savez(path, "
        "**{w.path: w.numpy() for w in model.weights})"
    ),
    b"\x1f\x8b": _UNPACK.format("gzip"),
    b"bzh": _UNPACK.format("bzip2"),
    b"\xfd7zxz\0": _UNPACK.format("xz"),
    b"\x28\xb5\x2f\xfd": _UNPACK.format("zstd"),
}


def format_of(path: str | os.PathLike[str], content: bytes, file: str) -> str:
    """Return "safetensors", "npz", "npy" or "torch".

    Raises
    ------
    CheckpointError
        If it is none of them, or not the one that its name says.
    """
    if not content:
        raise refusal(file, "is empty (0 bytes)")
    suffix = pathlib.Path(os.fsdecode(path)).suffix.lower()
    found = _SUFFIXES.get(suffix, "")
    if _agrees(found, content):
        return found
    # A page may begin with a byte-order mark, and with empty lines.
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for signature, cause in _STRANGERS.items():
        if start.startswith(signature):
            raise refusal(file, cause)
    if content[257:262] == b"ustar":
        raise refusal(file, _UNPACK.format("tar"))
    if not found:
        raise refusal(file, f"is not named as weights are: {', '.join(_SUFFIXES)}")
    cause = f"is no {suffix} file, or is damaged: it starts as {_start(content)}"
    raise refusal(file, cause)


def _agrees(found: str, content: bytes) -> bool:
    if found == "safetensors":
        return content[8:9] == b"{"
    return content.startswith(_STARTS.get(found, ()))


def _start(content: bytes) -> str:
    if content.startswith(STARTS):
        return "a zip archive"
    if content.startswith(MAGIC):
        return "a .npy file"
    if content[:1] == b"\x80" and content[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        return "a bare pickle, which gradlab never opens"
    return f"{content[:8]!r}"
