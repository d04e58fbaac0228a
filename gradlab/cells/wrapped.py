"""A cell from a plain function h' = step(h, x), with its Jacobian given or measured.

A Jacobian that is not given is measured column by column, with ε = 2⁻¹⁰⁰:

    complex step         ∂F/∂h_j = Im F(h + iε e_j) / ε, accurate to rounding;
    central differences  ∂F/∂h_j = [F(h + δ e_j) − F(h − δ e_j)] / 2δ, with
                         δ = 2⁻¹⁷ max(1, |h_j|), accurate to about 1e-10.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, final

import numpy as np

from gradlab._checks import require_count, require_memory, require_one_of
from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.factored import DenseJacobian
from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["Wrapped"]

Function: TypeAlias = Callable[[Array, Array], Any]

_EPSILON = 2.0**-100  # any tiny power of two: nothing is subtracted, nothing rounds
_DELTA = 2.0**-17  # about the cube root of the unit roundoff, where both errors meet
_AGREE = 1e-4  # relative; a wrong complex step is wrong by far more, a right one less
_NOISE = 1e-9  # of |h'|: rounding puts 1e-16 |h'| / δ = 1e-11 |h'| into a difference


@final
@dataclass(frozen=True, eq=False)
class Wrapped(AbstractCell):
    """The cell of a plain function ``step(h, x)``; it has no named parameters.

    Parameters
    ----------
    step : callable
        Takes h (n,) and x (m,), which it must not change, and returns h' (n,).
    jacobian : callable or None
        Takes the same and returns ∂h'/∂h (n, n), entry (i, j) = ∂h'_i/∂h_j.
    n : int
        Entries of the state.
    m : int
        Entries of the input; 0 by default.
    input_jacobian : callable or None
        Returns ∂h'/∂x (n, m).
    derivative : {"auto", "complex", "central"}
        How a Jacobian that is not given is measured.  "complex": the complex step,
        right to rounding wherever `step` is analytic (no ``abs``, ``real`` or ``conj``,
        which make it silently wrong).  "central": central differences, right to about
        1e-10 relative to the sizes of h, h' and the third derivative.  "auto" computes
        both, state by state, and returns the complex step where all entries agree to
        1e-4 of each, or 1e-9 of the largest |h'_i|; central differences elsewhere.
    batched : bool
        Whether the functions take stacks h (..., n) and x (..., m) themselves and
        return (..., n), (..., n, n) and (..., n, m); both Jacobians must then be given.

    Raises
    ------
    InputError
        When `step` raises, or changes its arguments; it names the function and, in a
        stack of states, the index.
    ShapeError
        When a function returns another shape than promised.

    Notes
    -----
    Unless `batched`, stacks of states are looped over, and a cell written as a class is
    much faster.

    Examples
    --------
    >>> def tent(h, x):
    ...     return 1 - 2 * abs(h)
    >>> Wrapped(tent, n=1).jacobian(np.array([0.25]), np.zeros(0))
    array([[-2.]])
    """

    function: Function
    jacobian_function: Function | None
    n: int
    m: int
    input_jacobian_function: Function | None
    derivative: str
    batched: bool

    source: ClassVar[Reference] = Reference("squire1998using", "the complex step")

    def __init__(
        self,
        step: Function,
        jacobian: Function | None = None,
        *,
        n: int,
        m: int = 0,
        input_jacobian: Function | None = None,
        derivative: str = "auto",
        batched: bool = False,
    ) -> None:
        _require_callable("step", step)
        if batched and (jacobian is None or (m and input_jacobian is None)):
            message = "`batched` needs `jacobian`, and `input_jacobian` if there is x."
            raise InputError(message)
        for name, given in (("jacobian", jacobian), ("input_jacobian", input_jacobian)):
            if given is not None:
                _require_callable(name, given)
        fields = {
            "function": step,
            "jacobian_function": jacobian,
            "n": require_count("n", n),
            "m": require_count("m", m, minimum=0),
            "input_jacobian_function": input_jacobian,
            "derivative": require_one_of(
                "derivative", derivative, ("auto", "complex", "central")
            ),
            "batched": bool(batched),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def sizes(self) -> tuple[int, int]:
        """(n, m)."""
        return self.n, self.m

    @property
    def params(self) -> dict[str, Array]:
        """None: what the function closes over is unknown here."""
        return {}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return step(h, x); other number systems work as far as the function does."""
        return self._each(self._next, self.function, h, x, (self.n,))

    def slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return ∂h'/∂h as given, or measured."""
        shape = (self.n, self.n)
        require_memory("n", self.n, h.size * self.n)
        given = self.jacobian_function
        return DenseJacobian(self._each(self._state_jacobian, given, h, x, shape))

    def input_slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return ∂h'/∂x as given, or measured."""
        shape = (self.n, self.m)
        given = self.input_jacobian_function
        return DenseJacobian(self._each(self._input_jacobian, given, h, x, shape))

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return nothing: there are no named parameters."""
        return {}

    def _each(
        self,
        alone: Callable[[Array, Array, str], Array],
        together: Function | None,
        h: Array,
        x: Array,
        shape: tuple[int, ...],
    ) -> Array:
        """Return what a function yields at every state, all at once if it can."""
        if not self.batched or together is None:
            return _over_states(alone, h, x, shape)
        x = np.broadcast_to(x, (*h.shape[:-1], x.shape[-1]))
        return _called(together, h, x, (*h.shape[:-1], *shape), "")

    def _next(self, h: Array, x: Array, place: str) -> Array:
        return _called(self.function, h, x, (self.n,), place)

    def _state_jacobian(self, h: Array, x: Array, place: str) -> Array:
        if self.jacobian_function is not None:
            return _called(self.jacobian_function, h, x, (self.n, self.n), place)
        return self._measured(lambda z: self._next(z, x, place), h)

    def _input_jacobian(self, h: Array, x: Array, place: str) -> Array:
        if self.input_jacobian_function is not None:
            return _called(self.input_jacobian_function, h, x, (self.n, self.m), place)
        return self._measured(lambda z: self._next(h, z, place), x)

    def _measured(self, f: Callable[[Array], Array], z: Array) -> Array:
        z = z.astype(float)
        if self.derivative == "complex":
            return _complex_step(f, z, self.n)
        central = _central_differences(f, z, self.n)
        if self.derivative == "central":
            return central
        try:
            analytic = _complex_step(f, z, self.n)
        except InputError:  # runs on reals, as just seen, and not on complex numbers
            return central
        allowed = _AGREE * np.abs(central) + _NOISE * np.abs(f(z)).max(initial=0.0)
        return analytic if (np.abs(analytic - central) <= allowed).all() else central


def _over_states(
    function: Callable[[Array, Array, str], Array],
    h: Array,
    x: Array,
    shape: tuple[int, ...],
) -> Array:
    """Return function(h[i], x[i], place) for every leading index i, stacked."""
    lead = h.shape[:-1]
    if not lead:
        return function(h, x, "")
    x = np.broadcast_to(x, (*lead, x.shape[-1]))
    values = [function(h[i], x[i], f" at index {i}") for i in np.ndindex(lead)]
    return np.reshape(values, (*lead, *shape))


def _called(
    function: Function, h: Array, x: Array, shape: tuple[int, ...], place: str
) -> Array:
    """Return function(h, x) as an array of its own, its arguments kept unwritable."""
    name = getattr(function, "__name__", type(function).__name__)
    try:
        value = np.array(function(_read_only(h), _read_only(x)))
    except Exception as error:
        remedy = " A step must not change its arguments." * ("read-only" in str(error))
        cause = f"{type(error).__name__}: {error}".rstrip(".: ")
        message = f"`{name}` raised {cause}{place}.{remedy}"
        raise InputError(message) from error
    if value.shape != shape:
        called = f"{name}(h, x)"
        raise ShapeError(called, f"{shape}", f"{value.shape}{place}")
    if value.dtype.kind in "biu":
        return value.astype(float)
    allowed = "fcO" if "c" in (h.dtype.kind, x.dtype.kind) else "fO"
    if value.dtype.kind not in allowed:
        message = f"`{name}(h, x)` must be real; got dtype {value.dtype}{place}."
        raise InputTypeError(message)
    return value


def _read_only(array: Array) -> Array:
    view = array.view()
    view.setflags(write=False)
    return view


def _complex_step(f: Callable[[Array], Array], z: Array, rows: int) -> Array:
    """Return ∂f/∂z (rows, len(z)) as Im f(z + iε e_j) / ε."""
    J = np.empty((rows, z.size))
    with warnings.catch_warnings():
        # A discarded imaginary part is a discarded derivative.
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for j in range(z.size):
            moved = z.astype(complex)
            moved[j] += 1j * _EPSILON
            J[:, j] = f(moved).imag / _EPSILON
    return J


def _central_differences(f: Callable[[Array], Array], z: Array, rows: int) -> Array:
    """Return ∂f/∂z (rows, len(z)) as [f(z + δ e_j) − f(z − δ e_j)] / 2δ."""
    J = np.empty((rows, z.size))
    for j in range(z.size):
        ahead, behind = z.copy(), z.copy()
        ahead[j] += _DELTA * max(1.0, abs(z[j]))
        behind[j] -= _DELTA * max(1.0, abs(z[j]))
        # The distance that float64 really stepped, not the one asked for.
        J[:, j] = (f(ahead) - f(behind)) / (ahead[j] - behind[j])
    return J


def _require_callable(name: str, value: object) -> None:
    if not callable(value):
        message = f"`{name}` must be a function of (h, x); got {value!r}."
        raise InputTypeError(message)
