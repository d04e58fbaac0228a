"""Weights that torch has pickled become safetensors, in a process that can do no harm.

`gradlab.checkpoints` runs this file as a program of its own.  The bytes come on its
standard input and what they hold goes to one open file.  In between the system lets it
open no other file and no socket, start no process, and take no more memory, time and
disk than it was given.
"""

import io
import json
import os
import re
import resource
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import torch

from gradlab._files import printable
from gradlab.checkpoints.formats import SAFETENSORS
from gradlab.checkpoints.refusals import quoted
from gradlab.checkpoints.reloading import LONGEST_REASON, OLDEST_TORCH, REFUSED
from gradlab.checkpoints.tensor_file import header_of
from gradlab.errors import CheckpointError

__all__ = ["confine", "main", "reason", "require_new", "rewritten"]

_DTYPES = {getattr(torch, form.name): name for name, form in SAFETENSORS.items()}
_DEEPEST = 32


def main() -> NoReturn:
    """Read standard input, write what it holds to the open file, and leave at once."""
    file, max_bytes, memory, seconds = map(int, sys.argv[1:])
    content = sys.stdin.buffer.read()
    try:
        require_new(torch.__version__)
        _warm_up()
        confine(memory=memory, seconds=seconds, disk=max_bytes + 2**24)
        for chunk in rewritten(content, max_bytes):
            _write(file, chunk)
        code = 0
    except BaseException as error:  # whatever it is, it is a reason and no traceback
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        _write(file, reason(error).encode()[:LONGEST_REASON])
        code = REFUSED
    os._exit(code)


def rewritten(content: bytes, max_bytes: int) -> Iterator[bytes]:
    """Yield the tensors of a checkpoint as a safetensors file.

    The name of one is the path to it through dictionaries and lists, as JSON; a key
    that is no text stands in it as a list of its text.

    Raises
    ------
    CheckpointError
        If a tensor is not plain numbers, or they fill more than `max_bytes`.
    """
    loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    found = [(json.dumps(path), tensor) for path, tensor in _leaves(loaded)]
    total, entries = 0, []
    for name, tensor in found:
        dtype, shape = _plain_dtype(name, tensor), tuple(tensor.shape)
        total += SAFETENSORS[dtype].memory_of(shape)
        entries.append((name, dtype, shape))
    if total > max_bytes:
        message = f"holds tensors of {total:,} bytes, more than {max_bytes:,}"
        raise CheckpointError(message)
    yield header_of(entries)
    for _, tensor in found:
        flat = tensor.detach().resolve_conj().resolve_neg().reshape(-1)
        yield flat.view(torch.uint8).numpy().tobytes()


def confine(*, memory: int, seconds: int, disk: int) -> None:
    """Give up what a reader of bytes does not need, for good.

    `memory` is in bytes above what the process has now (where the system tells, as
    Linux does), `seconds` of processor time from now on.
    """
    # No descriptor beyond those that are open: no file, no socket, no pipe.
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    limits = {
        resource.RLIMIT_CPU: int(sum(os.times()[:2])) + 1 + seconds,
        resource.RLIMIT_FSIZE: disk,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
    }
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm", encoding="ascii") as statm:
            pages = int(statm.read().split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + memory
    limits[resource.RLIMIT_NOFILE] = free
    for kind, limit in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (least, least))


def reason(error: BaseException) -> str:
    """Return why a checkpoint was refused, as the rest of a sentence on it."""
    text = f"{error}"
    if isinstance(error, CheckpointError):
        return text
    if asked := re.search(r"GLOBAL (\S+)", text):
        return (
            f"is no state dict: it asks for the code {quoted(asked[1])}, and gradlab "
            "runs none of a file. Save `model.state_dict()`, not the model"
        )
    if isinstance(error, MemoryError) or "allocate memory" in text:
        return "asks for more memory than its size explains"
    # torch's own text goes on to advise loading without these limits.
    told = re.search(r"WeightsUnpickler error:\s*(.*)", text)
    first = told[1] if told else text.strip().partition("\n")[0]
    kind, shown = type(error).__name__, printable(first, 160)
    if not shown or "weights_only" in shown:
        return f"is damaged, or no torch checkpoint: {kind}"
    return f"is damaged, or no torch checkpoint: {kind}: {shown}"


def require_new(version: str) -> None:
    """Raise if this version of torch unpickles what it should not."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_TORCH:
        wanted = ".".join(map(str, OLDEST_TORCH))
        message = (
            f"is not opened with torch {version}, whose restricted unpickler has known "
            f"holes: pip install 'torch>={wanted}', or save it as .safetensors or .npz"
        )
        raise CheckpointError(message)


def _warm_up() -> None:
    """Load a checkpoint of each layout once: later no module can be imported."""
    for new in (True, False):
        buffer = io.BytesIO()
        tensors = {"a": torch.zeros(2, dtype=torch.bfloat16)}
        torch.save(tensors, buffer, _use_new_zipfile_serialization=new)
        list(rewritten(buffer.getvalue(), 2**10))


def _leaves(loaded: Any) -> Iterator[tuple[list[Any], torch.Tensor]]:
    """Yield every tensor with the path to it, in the order of the file.

    What stands in several places is looked at in the first: lists that hold each other
    have more paths through them than any file has bytes.
    """
    waiting: list[tuple[list[Any], Any]] = [([], loaded)]
    seen: set[int] = set()
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, torch.Tensor):
            yield path, value
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            if len(path) == _DEEPEST:
                message = f"nests deeper than {_DEEPEST} levels"
                raise CheckpointError(message)
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += reversed([([*path, _part(key)], v) for key, v in items])


def _part(key: Any) -> Any:
    return key if isinstance(key, str) else [printable(f"{key}", 80)]


def _plain_dtype(name: str, tensor: torch.Tensor) -> str:
    """Return the dtype of a tensor that is nothing but its numbers."""
    odd = {
        "quantised": tensor.is_quantized,
        "on the meta device": tensor.is_meta,
        "nested": tensor.is_nested,
        "sparse": tensor.layout != torch.strided,
        f"a {type(tensor).__name__}": type(tensor)
        not in (torch.Tensor, torch.nn.Parameter),
        f"of dtype {tensor.dtype}": tensor.dtype not in _DTYPES,
    }
    for what, it_is in odd.items():
        if it_is:
            message = f"has a tensor that is {what}: {_shown(name)}"
            raise CheckpointError(message)
    needed, there = tensor.nbytes, tensor.untyped_storage().nbytes()
    if needed > there:
        message = (
            f"has a tensor of {needed:,} bytes over a storage of {there:,}: "
            f"{_shown(name)}"
        )
        raise CheckpointError(message)
    return _DTYPES[tensor.dtype]


def _shown(name: str) -> str:
    parts = (part if isinstance(part, str) else part[0] for part in json.loads(name))
    return quoted("/".join(parts))


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


if __name__ == "__main__":
    main()
