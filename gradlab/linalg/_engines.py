"""Which code runs a sweep: LAPACK calls from Python, or a compiled loop (numba)."""

import importlib
import importlib.util
from typing import Literal

from gradlab._checks import require_one_of
from gradlab._extras import require
from gradlab.linalg._running import Sweep
from gradlab.linalg._sweep import sweep

__all__ = ["Engine", "choose_sweep"]

Engine = Literal["auto", "numpy", "numba"]

_COMPILED_UP_TO = 24  # the size up to which a plain loop beats calls to LAPACK


def choose_sweep(engine: Engine, n: int, steps: int | None) -> Sweep:
    """Return the sweep for factors of size n; `steps` is None where it is not known.

    "auto" takes numba where it is installed, the matrices are small and there are
    enough of them to pay for loading it (about a second).
    """
    require_one_of("engine", engine, ("auto", "numpy", "numba"))
    if engine == "auto":
        worth_it = n <= _COMPILED_UP_TO and (steps or 0) * n >= _WORTH_LOADING
        engine = "numba" if worth_it and _numba_is_there() else "numpy"
    if engine == "numpy":
        return sweep
    require("numba", extra="jit")
    kernels = importlib.import_module("gradlab.linalg._kernels_numba")
    compiled: Sweep = kernels.sweep
    return compiled


_WORTH_LOADING = 400_000  # steps times n: some two seconds of LAPACK calls


def _numba_is_there() -> bool:
    return importlib.util.find_spec("numba") is not None
