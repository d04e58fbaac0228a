"""Words of matrices with a bound on every error: ‖A_w − M‖ ≤ e, and ρ(A_w) from below.

For M ≈ A_w and T = fl(A_i), ‖A_i − T‖ ≤ ε,

    ‖A_i A_w − fl(TM)‖ ≤ (‖T‖ + ε) e + ε ‖M‖ + n u/(1 − n u) ‖T‖_F ‖M‖_F + n² η,

so that ‖A_w‖ ≤ ‖M‖ + e is known for thousands of words at the price of their products.
A radius from below needs each entry: the discs of `gradlab.linalg.discs` do the rest.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab.linalg.arithmetic import ETA, FLOAT64, UNIT, Arithmetic
from gradlab.linalg.discs import discs, discs_in, radius_between
from gradlab.linalg.outward import frobenius_above, norm_above
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.linalg.rounding import (
    down_div,
    down_root,
    down_sub,
    mm,
    up_abs,
    up_add,
    up_distance,
    up_div,
    up_log,
    up_mul,
    up_sqrt,
)
from gradlab.linalg.schur_bases import graded_schur_bases
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["Letters", "Nodes", "norms_above", "word_rate_below"]

_NOTHING = 2.0**-40  # entries of a unit vector that are taken for 0


@final
@dataclass(frozen=True, eq=False)
class Nodes:
    """Words of some lengths: products up to an error, and their growth per letter.

    Attributes
    ----------
    matrices : (k, n, n) array
    errors : (k,) array
        ≥ the 2-norm of exact product − computed product.
    sizes : (k,) array
        ≥ the 2-norm of the computed product.
    rates : (k,) array
        ≥ min over prefixes v of ln‖A_v‖/|v|, nats per letter.
    lengths : (k,) integer array
    """

    matrices: Factors
    errors: Vector
    sizes: Vector
    rates: Vector
    lengths: Vector

    def __len__(self) -> int:
        return len(self.rates)

    def __getitem__(self, index: Any) -> "Nodes":
        """Return some of the words."""
        return Nodes(
            self.matrices[index],
            self.errors[index],
            self.sizes[index],
            self.rates[index],
            self.lengths[index],
        )


@final
class Letters:
    """Matrices A_i, |A_i − T_i| ≤ ε_i in the 2-norm, to be multiplied."""

    def __init__(self, matrices: Factors, errors: Vector) -> None:
        n = matrices.shape[-1]
        self.matrices, self.errors = matrices, errors
        self.sizes = norms_above(matrices)
        relative = up_div(up_mul(n, UNIT), down_sub(1.0, up_mul(n, UNIT)))
        # ‖M‖_F ≤ √n ‖M‖.
        share = up_mul(relative, up_mul(up_sqrt(n), frobenius_above(matrices)))
        self._fresh = up_add(share, errors)
        self._grown = up_add(self.sizes, errors)
        self._lost = up_mul(n * n, ETA)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.matrices)

    def words(self) -> Nodes:
        """Return the words of one letter."""
        lengths = np.ones(len(self.matrices), dtype=int)
        rates = up_log(up_add(self.sizes, self.errors))
        return Nodes(self.matrices, self.errors, self.sizes, rates, lengths)

    def after(self, words: Nodes) -> Nodes:
        """Return A_i A_w for every letter i and word w; w runs fastest."""
        products = np.matmul(self.matrices[:, None], words.matrices)
        matrices = products.reshape(-1, *self.matrices.shape[1:])
        carried = up_mul(self._grown[:, None], words.errors)
        fresh = up_mul(self._fresh[:, None], words.sizes)
        errors = up_add(up_add(carried, fresh), self._lost)
        errors, sizes = errors.reshape(len(matrices)), norms_above(matrices)
        lengths = np.concatenate([words.lengths] * len(self.matrices)) + 1
        rates = up_div(up_log(up_add(sizes, errors)), lengths)
        inherited = np.concatenate([words.rates] * len(self.matrices))
        return Nodes(matrices, errors, sizes, np.minimum(rates, inherited), lengths)


def norms_above(A: Array) -> Any:
    """Return float64s ≥ ‖A‖₂ for real matrices (..., n, n) of moderate size.

    For n = 2, 2 σ_1 = |(a + d, b − c)| + |(a − d, b + c)|, in which nothing cancels.

    Examples
    --------
    >>> bool(6 <= norms_above(np.array([[-2.0, -5.0], [-2.0, -2.0]])) < 6 + 1e-14)
    True
    """
    if A.shape[-1] != 2:
        return up_abs(A[..., 0, 0]) if A.shape[-1] == 1 else norm_above(A)
    (a, b), (c, d) = np.moveaxis(A, (-2, -1), (0, 1))
    turn = _length(up_distance(a, -d), up_distance(b, c))
    flip = _length(up_distance(a, d), up_distance(b, -c))
    return up_mul(0.5, up_add(turn, flip))


def _length(x: Array, y: Array) -> Any:
    return up_sqrt(up_add(up_mul(x, x), up_mul(y, y)))


def word_rate_below(
    S: Factors,
    word: tuple[int, ...],
    arithmetic: Arithmetic = FLOAT64,
    *,
    within: float = ETA,
) -> float:
    """Return a float64 ≤ ρ(A_w)^(1/|w|) for matrices that S gives up to `within`.

    Signs are right, those of zeros too.  `word` is in time order: its first letter acts
    first.  It has at most 512 letters.

    Examples
    --------
    >>> pair = np.array([[[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
    >>> golden = (1 + 5**0.5) / 2
    >>> golden - 1e-14 < word_rate_below(pair, (0, 1)) <= golden
    True
    """
    length = len(word)
    P, E, exponent = _product(S, word, within, arithmetic)
    whole, shift = divmod(exponent, length)
    radius = _radius_below(P, E, arithmetic)
    if not np.signbit(S).any():
        least = np.maximum(down_sub(P, E), 0.0)
        radius = max(radius, _perron_below(least, arithmetic))
    low = down_ldexp(radius, shift)
    return float(down_ldexp(down_root(low, length), whole))


def _product(
    S: Factors, word: tuple[int, ...], within: float, arithmetic: Arithmetic
) -> tuple[Matrix, Matrix, int]:
    """Return P, E and e with |A_w − 2^e P| ≤ 2^e E entry by entry."""
    n = S.shape[-1]
    P, E, exponent = S[word[0]], np.full((n, n), within), 0
    for letter in word[1:]:
        T = S[letter]
        # |A_i X − T P| ≤ |A_i| E + ε Σ|P| for |X − P| ≤ E, |A_i − T| ≤ ε.
        carried = up_add(*mm(up_add(up_abs(T), within), E, arithmetic))
        given = up_add(*mm(np.full((n, n), within), up_abs(P), arithmetic))
        C, rounding = mm(T, P, arithmetic)
        P, shift = split_power(C)
        E = up_add(up_add(carried, given), rounding)
        E = up_add(up_ldexp(E, -shift), ETA)
        exponent += int(shift)
    return P, E, exponent


def _radius_below(P: Matrix, E: Matrix, arithmetic: Arithmetic) -> float:
    """Return a float64 ≤ ρ of every matrix within E of P, and ≥ 0."""
    best, high = radius_between(*discs(P, arithmetic, within=E))
    if not best >= down_sub(high, up_mul(high, 2.0**-30)):
        for centres, V, X in graded_schur_bases(P):
            found = discs_in(P, centres, V, X, arithmetic, within=E)
            best = max(best, radius_between(*found)[0])
    return float(best)


def _perron_below(P: Matrix, arithmetic: Arithmetic) -> float:
    """Return a float64 ≤ ρ of every matrix ≥ P ≥ 0: min (Px)_i/x_i where x_i > 0."""
    values, vectors = np.linalg.eig(P)
    x = np.abs(vectors[:, np.abs(values).argmax()])
    x[x < _NOTHING] = 0.0
    Px = down_sub(*mm(P, x[:, None], arithmetic))[:, 0]
    return max(float(down_div(Px[x > 0], x[x > 0]).min()), 0.0)
