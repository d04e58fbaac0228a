"""Pickled weights are read in another process, and only numbers come back from it.

The bytes of the file go to `gradlab.adapters.torch_reload`, which limits itself to what
reading them takes before it looks at the first of them.  It answers with a safetensors
file, which is read here as strictly as any other, or with a reason.  Nothing is ever
unpickled in this process, and no refusal leads to a second try with fewer checks.
"""

import importlib.util
import json
import os
import pathlib
import signal
import site
import subprocess
import sys
import tempfile
from typing import IO

from gradlab._files import printable
from gradlab.checkpoints._state_dict import Part, Tree
from gradlab.checkpoints._zips import STARTS, opened, require_intact
from gradlab.checkpoints.refusals import refusal
from gradlab.checkpoints.tensor_file import safetensors
from gradlab.errors import MissingExtraError

__all__ = ["LONGEST_REASON", "OLDEST_TORCH", "REFUSED", "pickled"]

OLDEST_TORCH = (2, 11)
REFUSED = 3
LONGEST_REASON = 2**10
_INSTEAD = "Or save its tensors as .safetensors or .npz, which need no torch."
_HOME = pathlib.Path(__file__).parents[2]
_PROGRAM = "gradlab/adapters/torch_reload.py"  # by its path: without its room
_ROOM = 2**28  # bytes for what unpickling takes beside the numbers
_START = 120  # seconds for importing torch on a busy machine


def pickled(content: bytes, file: str, max_bytes: int) -> Tree:
    """Return what a file of torch's holds, by the path to each tensor.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    CheckpointError
        If the file is damaged, holds anything but tensors and plain data, or the system
        cannot limit the process that would read it.
    """
    size = len(content)
    if content.startswith(STARTS):
        size = max(size, _checked_archive(content, file, max_bytes))
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError("torch", "torch", _INSTEAD)
    if importlib.util.find_spec("resource") is None:
        cause = "is read by a process with limits, which this system does not have"
        raise refusal(file, f"{cause}. {_INSTEAD.rstrip('.')}")
    seconds = 10 + size // 2**25
    with tempfile.TemporaryFile() as answer:
        limits = [answer.fileno(), max_bytes, 2 * size + _ROOM, seconds]
        code = _run(content, [str(limit) for limit in limits], answer, file, seconds)
        answer.seek(0)
        if code == REFUSED:
            text = answer.read(LONGEST_REASON).decode(errors="replace")
            raise refusal(file, printable(text))
        if code != 0:
            raise refusal(file, _end(code, seconds))
        tensors = safetensors(answer.read(), file, max_bytes)
    return {_path(name): entry for name, entry in tensors.items()}


def _checked_archive(content: bytes, file: str, max_bytes: int) -> int:
    """Return the size of all members, whose checksums are right."""
    with opened(content, file, max_bytes) as archive:
        names = [pathlib.PurePosixPath(name).name for name in archive.namelist()]
        if "constants.pkl" in names:
            cause = "is a TorchScript program. Save the `state_dict()` of its model"
            raise refusal(file, cause)
        if "data.pkl" not in names:
            raise refusal(file, "is a zip archive, but none that torch.save writes")
        require_intact(archive, file)
        return sum(member.file_size for member in archive.infolist())


def _run(
    content: bytes, limits: list[str], answer: IO[bytes], file: str, seconds: int
) -> int:
    try:
        done = subprocess.run(
            # -P: no module is imported from the folder of the program.
            [sys.executable, "-P", str(_HOME / _PROGRAM), *limits],
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[answer.fileno()],
            env=_environment(),
            timeout=_START + 2 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        cause = f"was not read within {error.timeout:g} seconds"
        raise refusal(file, cause) from error
    except OSError as error:
        cause = f"cannot be read: {error.strerror} when a process for it was started"
        raise refusal(file, cause) from error
    return done.returncode


def _environment() -> dict[str, str]:
    """Return the environment without what would change how torch loads."""
    kept = {name: value for name, value in os.environ.items() if "TORCH_" not in name}
    kept |= {"OMP_NUM_THREADS": "1", "TORCH_DEVICE_BACKEND_AUTOLOAD": "0"}
    # The same gradlab as here.  A folder of installed packages is found anyway, and
    # must not come before the standard library.
    home = str(_HOME)
    if home not in (*site.getsitepackages(), site.getusersitepackages()):
        kept["PYTHONPATH"] = os.pathsep.join(
            filter(None, [home, os.environ.get("PYTHONPATH")])
        )
    return kept


def _end(code: int, seconds: int) -> str:
    if code == -signal.SIGXCPU:
        return f"takes more than {seconds} seconds of processor time to read"
    if code < 0:
        name = signal.Signals(-code).name
        return f"ended the process that read it by {name}: it is damaged, or an attack"
    return "was not read: the process for it could not start. Does torch import?"


def _path(name: str) -> tuple[Part, ...]:
    parts = json.loads(name)
    return tuple(part if isinstance(part, str) else tuple(part) for part in parts)
