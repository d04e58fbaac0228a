"""Eigenvalues of J_T ⋯ J_1 that never forms the product: ln|λ_i| and their phases.

Where J_1 … J_T are the Jacobians of a cycle, these are its Floquet multipliers.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Origin, Result
from gradlab._words import describe_gain
from gradlab.errors import InputError
from gradlab.linalg._blocks import strong_components
from gradlab.linalg._cycle_eigenvalues import Eigenvalues, eigenvalues_of_cycle
from gradlab.linalg._engines import Engine, choose_sweep
from gradlab.linalg._stacks import read_stacks
from gradlab.references import Reference
from gradlab.typing import Array, Vector

__all__ = ["PeriodicEigenvalues", "periodic_eigenvalues"]

_SHOWN = 10


@final
@dataclass(frozen=True, eq=False, repr=False)
class PeriodicEigenvalues(Result):
    """Eigenvalues λ_i of a product of T factors, |λ_1| ≥ … ≥ |λ_n|.

    Attributes
    ----------
    log_moduli : (n,) array
        ln|λ_i| in nats; −inf exactly as often as 0 is an eigenvalue.
    phases : (n,) array
        The arguments in (−π, π]; for real factors exactly 0 or π where λ_i is real, and
        ± in turn for pairs.  0 where λ_i = 0.
    errors : (n,) array
        Estimated absolute errors of the logs: four times the difference of two routes
        (to their mean, where moduli are alike), a few ulp, and n ε times a condition
        number at the end of the period; or the distance to the nearest ln λ_j, where
        both may be one eigenvalue that rounding has split.  0 where λ_i = 0; inf where
        λ_i is not 0 and all its digits were lost.
    closing : float
        By how much the frame of invariant subspaces misses itself after one period: the
        largest entry below the blocks of C.
    steps : int
        T.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("bojanczyk1992periodic"),
        Reference("rutishauser1958solution"),
    )

    log_moduli: Vector
    phases: Vector
    errors: Vector
    closing: float
    steps: int

    @property
    def log_radius(self) -> float:
        """The log of the spectral radius of the product, in nats; −inf for n = 0."""
        return float(self.log_moduli.max(initial=-np.inf))

    @property
    def rates(self) -> Vector:
        """The growth rates ln|λ_i| / T in nats per step: the exponents of a cycle.

        Raises
        ------
        InputError
            If T = 0.
        """
        if not self.steps:
            message = "a rate needs T >= 1 steps; got T = 0."
            raise InputError(message)
        return self.log_moduli / self.steps

    @property
    def signs(self) -> Vector:
        """1 or −1 where λ_i is real (0 where it is 0), NaN where it is not (n,)."""
        real = np.where(self.phases == 0.0, 1.0, np.nan)
        real[np.abs(self.phases) == np.pi] = -1.0
        real[np.isneginf(self.log_moduli)] = 0.0
        return real

    def values(self) -> Array:
        """Return the λ_i as complex numbers; inf or 0 where float64 has no such."""
        values = np.zeros(len(self.log_moduli), dtype=np.complex128)
        with np.errstate(over="ignore", under="ignore"):
            moduli = np.exp(self.log_moduli)
        turning = np.isnan(self.signs)
        values.real = moduli * np.where(turning, np.cos(self.phases), self.signs)
        values.imag[turning] = moduli[turning] * np.sin(self.phases[turning])
        return values

    def describe(self) -> str:
        """Say the eigenvalues in words, the first ten and the last."""
        n = len(self.log_moduli)
        shown = [*range(min(n, _SHOWN)), *([n - 1] if n > _SHOWN else [])]
        width = len(f"λ_{n}")
        head = f"{n} eigenvalues of a product of {self.steps} factors"
        lines = [f"{f'λ_{i + 1}':<{width}}  {self._told(i)}" for i in shown]
        return "\n".join([head, *lines])

    __str__ = describe

    def _told(self, i: int) -> str:
        log, sign = float(self.log_moduli[i]), self.signs[i]
        if sign == 0.0:
            return "0"
        kind = {1.0: "positive", -1.0: "negative"}.get(
            float(sign), f"at {math.degrees(self.phases[i]):+.4g}°"
        )
        return (
            f"ln|λ| = {log:+.6f} ± {self.errors[i]:.1g}  {describe_gain(log)}, {kind}"
        )


def periodic_eigenvalues(
    factors: Iterable[Array], *, engine: Engine = "auto"
) -> PeriodicEigenvalues:
    """Return the eigenvalues of the product J_T ⋯ J_1 of `factors`, as logarithms.

    Parameters
    ----------
    factors : (T, n, n) array_like, or an iterable of (n, n) arrays
        Real or complex, finite, in time order: ``factors[0]`` acts first.  They are
        gone through twice, so those of an iterable are kept.
    engine : {"auto", "numpy", "numba"}
        As for `gradlab.linalg.graded_product`.

    Returns
    -------
    PeriodicEigenvalues

    Raises
    ------
    InputError, InputTypeError
        If the factors are not finite square matrices of one size.

    Notes
    -----
    A first pass makes the graded product F diag(e^s) V.  Squaring it up to 2^13 times,
    one small elimination each, tells apart all moduli that differ by 0.6 % or more; the
    frame of invariant subspaces that this gives then goes around once.  Each step is a
    pivoted LU of J_t F, whose backward error is some n ε of every row of J_t, and
    closing the frame adds ``closing`` to the last one, so ln|λ_i| is off by about that
    times its condition number, however small |λ_i| is beside the others.  Eigenvalues
    that were not told apart (pairs, multiple ones) are left to LAPACK, in blocks.  A
    defective eigenvalue of multiplicity k is found to ε^(1/k), as by any method.

    Factors that one common permutation makes block triangular are split first, so that
    triangular ones give the products of their diagonals.  How often 0 is an eigenvalue
    is counted in finite fields.  If the errors are large the factors are balanced, by
    powers of two that cancel around the cycle, and everything is done again.

    The problem and its classical method, the periodic QR algorithm, are those of
    [bojanczyk1992periodic]; a frame carried by triangular factors is due to
    [rutishauser1958solution].

    Examples
    --------
    >>> fibonacci = periodic_eigenvalues([[[1.0, 1.0], [1.0, 0.0]]] * 1001)
    >>> fibonacci.rates.round(12).tolist(), fibonacci.signs.tolist()
    ([0.48121182506, -0.48121182506], [1.0, -1.0])
    >>> turn = [[[0.0, -2.0], [2.0, 0.0]]]
    >>> (periodic_eigenvalues(turn).phases / np.pi).tolist()
    [0.5, -0.5]
    """
    stacks = read_stacks(factors)
    parts = [part for part in stacks.parts if len(part)]
    steps = sum(map(len, parts))
    sweep = choose_sweep(engine, stacks.n, steps)
    pattern = np.zeros((stacks.n, stacks.n), dtype=bool)
    for part in parts:
        pattern |= (part != 0).any(axis=0)
    found = Eigenvalues.joined(
        eigenvalues_of_cycle([part[:, block[:, None], block] for part in parts], sweep)
        for block in strong_components(pattern)
    )
    return PeriodicEigenvalues(
        log_moduli=found.logs,
        phases=found.phases,
        errors=found.errors,
        closing=found.closing,
        steps=steps,
        origin=Origin(parameters={"engine": engine}),
    )
