"""Synthetic tasks whose gradients through time are known in closed form."""

from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import final

import numpy as np

from gradlab._checks import (
    require_count,
    require_length,
    require_memory,
    require_number,
)
from gradlab.errors import InputError
from gradlab.typing import Array, Matrix, Vector

__all__ = ["InfluenceBalancing", "influence_balancing"]


@final
@dataclass(frozen=True, eq=False)
class InfluenceBalancing:
    """x' = A x + θ s, A = ½ I + ½ (superdiagonal), of which one looks at x_0 alone.

    The positive units stand near x_0 and are heard first; the negative ones are more,
    and are heard late.  A gradient that stops early has the wrong sign.

    Attributes
    ----------
    A : (n, n) array
        A_ii = A_{i,i+1} = ½.
    signs : (n,) array
        s = +1 for the first units, −1 for the others.
    theta : float
        The parameter.
    steady_state : (n,) array
        x* = A x* + θ s, exactly: x*_i = 2 θ Σ_{j ≥ i} s_j.
    sensitivity : float
        dx*_0/dθ = 2 Σ_j s_j.

    Examples
    --------
    >>> influence_balancing(n=3, positive=1).lag_terms(4)  # (A^l s)_0, s = +1, −1, −1
    array([ 1.   ,  0.   , -0.5  , -0.625])
    """

    A: Matrix
    signs: Vector
    theta: float

    @property
    def steady_state(self) -> Vector:
        """x*_i = 2 θ Σ_{j ≥ i} s_j."""
        return 2 * self.theta * np.cumsum(self.signs[::-1])[::-1]

    @property
    def sensitivity(self) -> float:
        """dx*_0/dθ = 2 Σ_j s_j."""
        return float(2 * self.signs.sum())

    def inputs(self, T: int) -> Array:
        """Return θ for T steps (T, 1): the inputs of a linear cell with W_hx = s."""
        return np.full((require_length("T", T), 1), self.theta)

    def lag_terms(self, T: int) -> Vector:
        """Return (A^l s)_0 = 2^−l Σ_j C(l, j) s_j for l = 0 … T − 1, rounded once."""
        signs = [int(s) for s in self.signs]
        found = []
        for lag in range(require_count("T", T)):
            total = sum(comb(lag, j) * s for j, s in enumerate(signs) if j <= lag)
            found.append(float(Fraction(total, 2**lag)))
        return np.array(found)

    def truncated(self, window: int) -> float:
        """Return what a window of so many steps takes for dx_0/dθ, rounded once."""
        signs = [int(s) for s in self.signs]
        terms = (
            Fraction(comb(lag, j) * s, 2**lag)
            for lag in range(require_count("window", window))
            for j, s in enumerate(signs[: lag + 1])
        )
        return float(sum(terms, Fraction(0)))


def influence_balancing(
    n: int = 23, positive: int = 10, theta: float = 0.5
) -> InfluenceBalancing:
    """Return the task of n units, `positive` of them with influence +θ, others −θ.

    The task is Tallec and Ollivier's [tallec2017unbiasing]; the signs and their order
    are those of its common implementations.

    Raises
    ------
    InputError, InputTypeError
        If n is not an integer ≥ 1, `positive` not one in 0 … n, θ not finite.

    Examples
    --------
    >>> task = influence_balancing()
    >>> float(task.steady_state[0]), task.sensitivity
    (-3.0, -6.0)
    >>> task.truncated(40), task.truncated(41)  # the sign is wrong up to 40
    (0.5655380394564418, -0.21898715836687188)
    """
    count = require_count("n", n)
    require_memory("n", count, 4 * count * count)
    plus = require_count("positive", positive, minimum=0)
    if plus > count:
        message = f"`positive` must be at most n = {count}; got {plus}."
        raise InputError(message)
    signs = np.where(np.arange(count) < plus, 1.0, -1.0)
    A = np.eye(count) / 2 + np.eye(count, k=1) / 2
    for array in (A, signs):
        array.setflags(write=False)
    return InfluenceBalancing(A, signs, require_number("theta", theta))
