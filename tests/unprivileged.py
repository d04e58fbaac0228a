"""Root writes where permissions forbid it; a child process here gives that up."""

import ctypes
import os
import subprocess
import sys

from tests.repo.files import ROOT

__all__ = ["obey_permissions", "python"]

_VERSION_3, _WORDS = 0x20080522, 6  # of capget(2); two triples of 32 bits
_OVERRIDE = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


def obey_permissions() -> None:
    """Drop what lets root pass over permissions; it stays the owner of its files.

    To become another user would do too, but not where the checkout is root's alone.
    """
    if os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    held = (ctypes.c_uint32 * _WORDS)()
    for call in (libc.capget, libc.capset):
        if call(header, held):
            raise OSError(ctypes.get_errno(), "capabilities cannot be changed")
        held[0] &= ~_OVERRIDE  # effective
        held[1] &= ~_OVERRIDE  # permitted, by which access(2) judges


def python(code, *words, **options):
    """Run code in a child that obeys permissions, and return what came of it."""
    start = "from tests.unprivileged import obey_permissions\nobey_permissions()\n"
    given = dict(os.environ) | {"MPLBACKEND": "agg"} | options.pop("env", {})
    return subprocess.run(
        [sys.executable, "-c", start + code, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=given | {"PYTHONPATH": str(ROOT)},
        **options,
    )
