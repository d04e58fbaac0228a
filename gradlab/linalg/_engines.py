"""Which code runs a sweep: LAPACK calls from Python, or a compiled loop (numba)."""

import importlib
import importlib.util
from collections.abc import Sized
from typing import Literal, Protocol

from gradlab._checks import require_one_of
from gradlab._extras import require
from gradlab.linalg._factors import Steps
from gradlab.linalg._sweep import sweep
from gradlab.typing import Array, Matrix

__all__ = ["Engine", "Sweep", "choose_sweep", "count_steps", "is_compiled"]

Engine = Literal["auto", "numpy", "numba"]

# What compiled loops save over calls to LAPACK, in seconds: a call's overhead, and n²
# times what faster pivoting saves.  Loading them takes half a second.
_OVERHEAD, _PER_ENTRY = 3e-6, 3e-9
_WORTH_LOADING = 1.0


class Sweep(Protocol):
    """What an engine offers; see `gradlab.linalg._sweep.sweep`."""

    def __call__(
        self, steps: Steps, frame: Matrix, growth: Matrix | None
    ) -> tuple[Matrix, Matrix | None, Array, Array]:
        """Carry `frame` through a stack of factors."""
        ...


def choose_sweep(engine: Engine, n: int, steps: int | None) -> Sweep:
    """Return the sweep for factors of size n; `steps` is None where it is not known.

    "auto" takes numba where it is installed and what it saves pays for loading it (half
    a second; some twenty on the first use ever, when it is compiled).
    """
    if not is_compiled(engine, (steps or 0) * (_OVERHEAD + _PER_ENTRY * n**2)):
        return sweep
    kernels = importlib.import_module("gradlab.linalg._kernels_numba")
    compiled: Sweep = kernels.sweep
    return compiled


def is_compiled(engine: Engine, saved: float) -> bool:
    """Whether loops are to be compiled, which would save so many seconds."""
    require_one_of("engine", engine, ("auto", "numpy", "numba"))
    if engine == "auto":
        return saved >= _WORTH_LOADING and _numba_is_there()
    if engine == "numba":
        require("numba", extra="jit")
    return engine == "numba"


def count_steps(factors: object) -> int | None:
    """Return T where it is known before the factors are read."""
    return len(factors) if isinstance(factors, Sized) else None


def _numba_is_there() -> bool:
    return importlib.util.find_spec("numba") is not None
