"""Long products without loss: P = J_T ⋯ J_1 = F diag(e^s) V, s in nats.

F and V are well conditioned and s carries all the size, so that the smallest singular
value is as accurate as the largest, however far apart they are; the plain product in
float64 keeps only those within 16 digits of the largest.
"""

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_count
from gradlab.errors import InputError, ShapeError
from gradlab.linalg._engines import Engine, choose_sweep, count_steps
from gradlab.linalg._graded_svd import graded_log_singular_values
from gradlab.linalg._rounding_loss import warn_of_lost_digits
from gradlab.linalg._running import Running
from gradlab.linalg._stacks import read_stacks
from gradlab.linalg._weighted import log_magnitude, weighted_triangle
from gradlab.linalg.scaled import Scaled
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["GradedProduct", "graded_product", "running_log_singular_values"]

# ln 2 in two parts; a whole number below 2^20 times the first is exact.
_LN2_HIGH = float.fromhex("0x1.62e42feep-1")
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")


@final
@dataclass(frozen=True, eq=False)
class GradedProduct:
    """A product P = J_T ⋯ J_1, kept as F diag(e^s) V; made by `graded_product`.

    Attributes
    ----------
    n : int
        Size of the factors.
    """

    n: int
    _running: Running

    def after(self, factors: Iterable[Array]) -> "GradedProduct":
        """Return the product of further `factors` with this one; self is unchanged.

        Examples
        --------
        >>> once = graded_product([np.diag([2.0, 0.5])])
        >>> round(once.after([np.diag([4.0, 1.0])]).log_norm, 12)
        2.07944154168
        """
        stacks = read_stacks(factors)
        if stacks.n != self.n:
            got = (stacks.n, stacks.n)
            raise ShapeError("factors", f"(T, n, n) with n = {self.n}", ("T", *got))
        running = self._running.copy()
        for stack in stacks.parts:
            running.advance(stack)
        return GradedProduct(self.n, running)

    @property
    def steps(self) -> int:
        """T, the number of factors."""
        return self._running.steps

    @property
    def rank(self) -> int:
        """Rank of the product: n unless a factor is exactly singular."""
        return len(self._running.high)

    @property
    def log_norm(self) -> float:
        """Return ln ‖P‖₂ in nats: −inf for a zero product, 0 for n = 0."""
        if not self.n:
            return 0.0
        return float(self.log_singular_values()[0])

    @property
    def log_abs_det(self) -> float:
        """Return ln |det P| in nats; −inf for a singular product."""
        if self.rank < self.n:
            return -math.inf
        # |det F| = |det V| = 1: each is a product of permuted unit triangles.
        return math.fsum([*self._running.high, *self._running.low])

    @property
    def uncertainty(self) -> float:
        """How many nats rounding may have moved ln σ by, those of the smallest σ most.

        An estimate, 8 n eps Σ_t ‖|J_t⁻¹||J_t|‖_∞ from a few of the factors; inf beyond
        1e-5 nats a step, which later ones may make any number.  Real factors of size 2
        do not count: of two directions a step in whole numbers loses neither.
        """
        return self._running.loss.nats

    def log_singular_values(self) -> Vector:
        """Return ln σ_1 >= … >= ln σ_n in nats, −inf beyond the rank."""
        return self._log_singular_values.copy()

    @functools.cached_property
    def _log_singular_values(self) -> Vector:
        return _log_singular_values(self._running, self.n)

    def parts(self) -> tuple[Matrix, Vector, Matrix]:
        """Return F (n, r), s (r,) in nats and V (r, n) of P = F diag(e^s) V.

        F and V are well conditioned; the order of the weights means nothing.

        Examples
        --------
        >>> F, s, V = graded_product([[[0.0, 3.0], [2.0, 0.0]]]).parts()
        >>> (F @ np.diag(np.exp(s)) @ V).round(12).tolist()
        [[0.0, 3.0], [2.0, 0.0]]
        """
        running = self._running
        return running.frame.copy(), running.weights, running.right.copy()

    def scaled(self) -> Scaled:
        """Return the dense product as mantissa · 2^exponent.

        Its entries have an error of about eps (1 + |log_norm|) relative to the largest.
        """
        running = self._running
        if not self.rank:
            return Scaled.of(np.zeros((self.n, self.n)))
        power = round(float(running.high.max()) / math.log(2.0))
        relative = (running.high - power * _LN2_HIGH) + (running.low - power * _LN2_LOW)
        P = (running.frame * np.exp(relative)) @ running.right
        return Scaled.of(P, power)


def graded_product(
    factors: Iterable[Array], *, engine: Engine = "auto"
) -> GradedProduct:
    """Return the product J_T ⋯ J_1 of `factors`, every singular value of it kept.

    Parameters
    ----------
    factors : (T, n, n) array_like, or an iterable of (n, n) arrays
        Real or complex, finite, in time order: ``factors[0]`` acts first.  An iterable
        is read once, some thousand steps at a time.  With T = 0 the product is the
        identity.
    engine : {"auto", "numpy", "numba"}
        Which code runs the steps: calls to LAPACK, or a compiled loop (extra ``jit``).
        "auto" takes numba where it is installed and the chain long enough.  The results
        agree to rounding.

    Returns
    -------
    GradedProduct

    Raises
    ------
    InputError, InputTypeError
        If the factors are not finite square matrices of numbers of one size; the
        message names the step.

    Notes
    -----
    Every step is one LU factorisation with partial pivoting (Rutishauser's
    triangularising iteration); the order of the weights is watched, and the columns are
    pivoted where it breaks.  Every ln σ is then right to about 1e-10, for rows and
    columns of any size; measured against ball arithmetic on saturated, graded, mildly
    non-normal and orthogonal chains of a few hundred steps.

    What float64 cannot do is said by `uncertainty`.  With rows of one size a factor of
    condition κ costs some κ eps, and more once later factors have spread it.  For
    n <= 16 single real steps of κ > 10^7 are taken in whole numbers, but between steps
    the frame has 53 bits.  Twenty factors with 0.9 on the diagonal and c times Gaussian
    numbers above it leave errors of up to 1e-9 nats at n = 16, c = 3, and of nats at
    c = 30, or at n = 8, c = 1000.  `gradlab.verified.enclosed_log_singular_values`
    multiplies in balls and is right.

    A pivot that all but vanishes is tested in finite fields
    (`gradlab.linalg.exact_rank`), so ln σ = −inf means that the product of the given
    floats is singular, not that it looks so.

    Examples
    --------
    >>> product = graded_product([[[1.0, 2.0], [3.0, 4.0]]] * 100)
    >>> product.log_singular_values().round(8).tolist()
    [168.14019105, -98.825473]
    """
    stacks = read_stacks(factors)
    sweep = choose_sweep(engine, stacks.n, count_steps(factors))
    running = Running.identity(stacks.n, sweep)
    for stack in stacks.parts:
        running.advance(stack)
    return GradedProduct(stacks.n, running)


def running_log_singular_values(
    factors: Iterable[Array], at: Sequence[int], *, engine: Engine = "auto"
) -> Array:
    """Return the log singular values of J_t ⋯ J_1 at every t in `at`, in one pass.

    Parameters
    ----------
    factors : (T, n, n) array_like, or an iterable of (n, n) arrays
        As for `graded_product`.
    at : sequence of int
        Checkpoints 0 <= t <= T, in any order; t = 0 is the identity.

    Returns
    -------
    (len(at), n) ndarray
        Nats, descending along the last axis.

    Warns
    -----
    LostDigitsWarning
        As `log_singular_values`.

    Examples
    --------
    >>> running_log_singular_values([np.diag([2.0, 1.0])] * 5, [0, 5]).round(8).tolist()
    [[0.0, 0.0], [3.4657359, 0.0]]
    """
    times = [require_count("at", t, minimum=0) for t in at]
    stacks = read_stacks(factors)
    sweep = choose_sweep(engine, stacks.n, count_steps(factors))
    running = Running.identity(stacks.n, sweep)
    found: dict[int, Vector] = {}
    for t in _stops(running, stacks.parts, set(times)):
        found[t] = _log_singular_values(running, stacks.n)
    missing = [t for t in times if t not in found]
    if missing:
        message = f"`at` must be at most T = {running.steps}; got {missing[0]}."
        raise InputError(message)
    warn_of_lost_digits(running.loss.nats, running.steps)
    return np.array([found[t] for t in times]).reshape(len(times), stacks.n)


def _stops(
    running: Running, parts: Iterator[Factors], wanted: set[int]
) -> Iterator[int]:
    """Advance `running` through the stacks, yielding at each wanted step."""
    if 0 in wanted:
        yield 0
    for stack in parts:
        start = running.steps
        end = start + len(stack)
        inside = sorted(t for t in wanted if start < t <= end)
        for t in inside:
            running.advance(stack[running.steps - start : t - start])
            yield t
        running.advance(stack[running.steps - start :])


def _log_singular_values(running: Running, n: int) -> Vector:
    missing = np.full(n - len(running.high), -np.inf)
    if not len(running.high):
        return missing
    # F = QR, and R diag(e^s) = diag(e^{s'}) W: what is left is diag(e^{s'}) (W V).
    R = np.linalg.qr(running.frame)[1]
    logs = log_magnitude(R.diagonal())
    W = weighted_triangle(R, running.weights, logs)
    found = graded_log_singular_values(running.weights + logs, W @ running.right)
    return np.concatenate([found, missing])
