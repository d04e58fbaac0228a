"""ln ‖A^k‖₂ for every k: the transient, its peak, and what Kreiss' theorem says of it.

    K(A) ≤ sup_k ‖A^k‖ ≤ e n K(A),        ρ(A)^k ≤ ‖A^k‖,

the upper bound by Spijker's lemma [spijker1991conjecture].  Powers are formed in
blocks, A^{jb+i} = A^i A^{jb} with i < b ≈ √k, each with a power of two of its own.
What a product loses is carried on by the later ones, so that to first order a power P^k
of P is wrong by at most

    Σ_{l ≤ k} ‖P^{k−l}‖ (e + n u ‖P‖) ‖P^{l−1}‖,        e the error of P itself.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab._results import Origin, Result
from gradlab.linalg._doors import require_square
from gradlab.linalg.kreiss import KreissConstant, kreiss_constant
from gradlab.linalg.scaled import Scaled
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Matrix, Vector

__all__ = ["PowerNorms", "power_norms"]

_UNIT = 2.0**-53
_LN2 = math.log(2.0)
_CANCELLED = 2.0**-40  # of the factors' sizes, both near 1


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PowerNorms(Result):
    """ln ‖A^k‖₂ for k = 0 … k_max, in nats, with the Kreiss constant of A.

    Attributes
    ----------
    log_norms : (k_max + 1,) array
        ln ‖A^k‖₂; −inf from where powers are zero.
    error : (k_max + 1,) array
        Bound on the error of each to first order, in nats; often far above it.
    log_rate : float
        ln ρ(A), nats per step: the rate at which powers decay in the end.
    kreiss : KreissConstant
    size : int
        n.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("spijker1991conjecture"),
        Reference("leveque1984resolvent"),
        Reference("kreiss1962definition"),
    )

    log_norms: Vector
    error: Vector
    log_rate: float
    kreiss: KreissConstant
    size: int

    @property
    def peak(self) -> float:
        """The largest ln ‖A^k‖ among the computed, in nats."""
        return float(self.log_norms.max())

    @property
    def peak_step(self) -> int:
        """The first k at which it is reached."""
        return int(self.log_norms.argmax())

    @property
    def settled(self) -> bool:
        """Whether no later power can exceed the peak: some ‖A^k‖ ≤ 1, k ≥ 1."""
        return bool((self.log_norms[1:] <= 0).any())

    @property
    def log_bounds(self) -> tuple[float, float]:
        """Return ln K and ln(e n K): bounds on sup_k ln ‖A^k‖, in nats."""
        upper = 1 + math.log(self.size) + math.log(self.kreiss.upper)
        return math.log(self.kreiss.lower), upper

    def columns(self) -> dict[str, Array]:
        """Return the table: k, ln ‖A^k‖, error."""
        k = np.arange(len(self.log_norms))
        return {"k": k, "log_norm": self.log_norms, "error": self.error}


def power_norms(A: ArrayLike, k_max: int) -> PowerNorms:
    """Return ln ‖A^k‖₂ for k = 0 … k_max, in nats, and bounds on their supremum.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.
    k_max : int
        At least 1.

    Returns
    -------
    PowerNorms

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or `k_max` is not a count.

    Examples
    --------
    >>> found = power_norms([[0.9, 1.0], [0.0, 0.9]], 50)
    >>> found.peak_step, round(math.exp(found.peak), 9)
    (9, 3.912567078)
    >>> found.log_bounds[0] < found.peak < found.log_bounds[1], found.settled
    (True, True)
    """
    array = require_square("A", A)
    most = require_count("k_max", k_max)
    # Logarithms and errors of all powers, and the powers that they are made of.
    require_memory("k_max", most, 4 * most + 3 * math.isqrt(most) * array.size)
    values = Scaled.of(np.linalg.eigvals(Scaled.of(array).mantissa))
    rate = float(values.log_abs().max()) + Scaled.of(array).exponent * _LN2
    logs, error = _log_norms(array, most)
    return PowerNorms(
        log_norms=logs,
        error=error,
        log_rate=rate,
        kreiss=kreiss_constant(array),
        size=len(array),
        origin=Origin(parameters={"k_max": most}),
    )


def _log_norms(A: Matrix, most: int) -> tuple[Vector, Vector]:
    """Return ln ‖A^k‖ for k = 0 … most, and the errors of the powers relative to it."""
    width = math.isqrt(most) + 1
    inner = _powers(Scaled.of(A), width)
    outer = _powers(inner.pop(), most // width)
    found = np.concatenate([_logs_of_products(inner, power) for power in outer])
    unit = math.log(len(A) * _UNIT)
    # ln of the errors of A^i, i ≤ b, of A^{jb}, and of their products.
    first = _carried(found[: width + 1], -math.inf, unit)
    jumps = found[::width]
    second = _carried(jumps, first[-1] if len(jumps) > 1 else -math.inf, unit)
    rows = np.logaddexp(first[:width], found[:width] + unit)
    error = np.logaddexp(rows + jumps[:, None], found[:width] + second[:, None]).ravel()
    found, error = found[: most + 1], error[: most + 1]
    lost = np.exp(
        np.minimum(error - np.where(np.isfinite(found), found, math.inf), 700)
    )
    return found, lost


def _powers(P: Scaled, count: int) -> list[Scaled]:
    """Return P^0 … P^count."""
    found = [Scaled.of(np.eye(len(P.mantissa), dtype=P.mantissa.dtype))]
    for _ in range(count):
        power = found[-1].after(P.mantissa)
        found.append(Scaled(power.mantissa, power.exponent + P.exponent))
    return found


def _logs_of_products(left: list[Scaled], right: Scaled) -> Vector:
    """Return ln ‖LR‖ for each of the factors L."""
    products = np.array([factor.mantissa for factor in left]) @ right.mantissa
    logs = np.empty(len(left))
    sizes = np.linalg.norm(products, 2, axis=(1, 2))
    for k, (factor, size) in enumerate(zip(left, sizes.tolist(), strict=True)):
        exponent = factor.exponent + right.exponent
        if size > _CANCELLED:
            logs[k] = math.log(size) + exponent * _LN2
        else:  # formed again, exactly where nothing is left
            logs[k] = right.after(factor.mantissa).log_norm() + factor.exponent * _LN2
    return logs


def _carried(logs: Vector, given: float, unit: float) -> Vector:
    """Return ln of the errors of P^0, P^1, … from their norms and the error of P."""
    if len(logs) < 2:
        return np.full(len(logs), -math.inf)
    each = np.logaddexp(given, logs[1] + unit)
    sums = [
        np.logaddexp.reduce(logs[k - 1 :: -1] + logs[:k]) if k else -math.inf
        for k in range(len(logs))
    ]
    return np.array(sums) + each
