"""‖A‖₂ of one real matrix rounded outward, in a dozen products and sums.

With V near an eigenbasis of SᵀS, and B ≈ SV, C ≈ BᵀB and G ≈ VᵀV as computed,

    ‖Sv‖/‖v‖ ≤ ‖S‖₂ ≤ (√‖BᵀB‖_∞ + ‖B − SV‖_F)/σ_min(V),
    2 min (VᵀV)_ii − ‖VᵀV‖_∞ ≤ σ_min(V)² ≤ ‖V‖₂² ≤ ‖VᵀV‖_∞,

the last by Gershgorin; v is the column of V whose image is longest.  Products err by
|fl(XY) − XY| ≤ γ |X||Y| + k η, and where `gradlab.linalg.outward` forms |X||Y|, as it
must for stacks and complex numbers, here lengths of columns bound it:

    ‖|B|ᵀ|B|‖_∞ ≤ √n ‖B‖_F max‖b‖,  ‖|V|ᵀ|V|‖_∞ ≤ n max‖v‖²,  ‖|S||V|‖_F ≤ ‖S‖_F ‖V‖_F.

That is 1.5 to 2 times as wide for matrices without zeros, and up to √n times where the
basis is one of axes, within 4 n² u all the same; small matrices take a fifth of the
time.  Two by two have a closed form.
"""

import functools
import math
from typing import NamedTuple, TypeAlias

import numpy as np

from gradlab.linalg.arithmetic import ETA, Arithmetic
from gradlab.linalg.powers_of_two import times_power
from gradlab.linalg.scalar_rounding import (
    down_add,
    down_div,
    down_mul,
    down_sqrt,
    down_sub,
    up_add,
    up_div,
    up_mul,
    up_sqrt,
    up_sub,
)
from gradlab.typing import Matrix

__all__ = ["scaled_norm_between"]

Pair: TypeAlias = tuple[float, float]


def scaled_norm_between(A: Matrix, arithmetic: Arithmetic) -> tuple[float, float, int]:
    """Return l, u and e with l 2^e ≤ ‖A‖₂ ≤ u 2^e for a real A that is not empty.

    For A = 0 they are 0; where V is no basis l is 0 and u is inf.
    """
    m, n = max(A.shape), min(A.shape)
    largest, exponent = math.frexp(np.abs(A).max())
    if not largest:
        return 0.0, 0.0, 0
    if m == 1:
        return largest, largest, exponent
    tall = A if len(A) == m else A.T
    S = times_power(tall.astype(float, copy=False), -exponent)
    if m == 2 == n:
        low, high = _closed_form(*S.tolist())
    else:
        V = np.real(arithmetic.eigh(arithmetic.matmul(S.T, S)))
        B = arithmetic.matmul(S, V)
        C, G = arithmetic.matmul(B.T, B), arithmetic.matmul(V.T, V)
        low, high = _between(C, G, _Terms.of(m, n, arithmetic.unit), arithmetic)
    return low if low > 0 else 0.0, high if high >= 0 else math.inf, exponent


def _closed_form(one: Pair, other: Pair) -> Pair:
    """Return ends for ‖S + D‖₂, |D| ≤ η, S having the rows (a, b) and (c, d).

    As a map of the complex plane S is z ↦ (y z + x z̄)/2, y = a + d + (c − b) i and
    x = a − d + (b + c) i, and its norm is (|y| + |x|)/2.
    """
    (a, b), (c, d) = one, other
    turning = _length_between(_sum_between(a, d), _sum_between(c, -b))
    turned = _length_between(_sum_between(a, -d), _sum_between(b, c))
    low = down_mul(0.5, down_add(turning[0], turned[0]))
    high = up_mul(0.5, up_add(turning[1], turned[1]))
    lack = up_mul(2.0, ETA)
    return down_sub(low, lack), up_add(high, lack)


def _sum_between(a: float, b: float) -> Pair:
    """Return float64s ≤ and ≥ |a + b|."""
    low, high = down_add(a, b), up_add(a, b)
    return max(low, -high, 0.0), max(high, -low)


def _length_between(p: Pair, q: Pair) -> Pair:
    """Return float64s ≤ and ≥ |p + q i| for p and q in between."""
    low = down_add(down_mul(p[0], p[0]), down_mul(q[0], q[0]))
    high = up_add(up_mul(p[1], p[1]), up_mul(q[1], q[1]))
    return down_sqrt(max(low, 0.0)), up_sqrt(high)


class _Terms(NamedTuple):
    """What is allowed to products of m and n terms and to sums of n, γ_k for k terms.

    `tiny` is m n η, as much as underflow takes from a product in the Frobenius norm or
    from the sum of a row, and as S lacks of A.
    """

    inner: float  # γ_n
    spread: float  # √n γ_n
    gram: float  # √n γ_m
    gap: float  # n γ_n/(1 − γ_n)
    sums: float  # 1/(1 − γ_(n−1)): Σ|x| over what it comes out as
    lengths: float  # 1/(1 − γ_n): ‖v‖² over what it comes out as
    images: float  # 1/(1 − γ_m): ‖b‖² over the same
    images_over: float  # 1 + γ_m: the same the other way
    tiny: float

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(cls, m: int, n: int, unit: float) -> "_Terms":
        """Return them for a unit roundoff, each rounded up."""
        some, all_ = _gamma(n, unit), _gamma(m, unit)
        return cls(
            inner=some,
            spread=up_mul(up_sqrt(n), some),
            gram=up_mul(up_sqrt(n), all_),
            gap=up_mul(n, up_div(some, down_sub(1.0, some))),
            sums=up_div(1.0, down_sub(1.0, _gamma(n - 1, unit))),
            lengths=up_div(1.0, down_sub(1.0, some)),
            images=up_div(1.0, down_sub(1.0, all_)),
            images_over=up_add(1.0, all_),
            tiny=up_mul(up_mul(m, n), ETA),
        )


def _gamma(k: int, unit: float) -> float:
    """Return a float64 ≥ k u/(1 − k u), NaN where that is no bound."""
    share = up_mul(k, unit)
    return up_div(share, down_sub(1.0, share)) if share < 1 else math.nan


def _between(C: Matrix, G: Matrix, terms: _Terms, arithmetic: Arithmetic) -> Pair:
    """Return ends for ‖S + D‖₂, |D| ≤ η, from BᵀB and VᵀV; NaN where there are none."""
    sizes = np.abs(C)
    squares, tiny = sizes.diagonal(), terms.tiny
    j = int(squares.argmax())
    square = float(squares[j])
    column = up_sqrt(up_mul(terms.images, up_add(square, tiny)))
    total = up_mul(terms.sums, float(arithmetic.total(squares)))
    frobenius = up_sqrt(up_mul(terms.images, up_add(total, tiny)))

    greatest, least = _singular_values(G, terms, arithmetic)
    lost = up_mul(terms.spread, greatest)  # ‖B − SV‖_F for ‖S‖_F = 1
    room = down_sub(least, lost)
    if not room > 0:
        return math.nan, math.nan
    size = up_div(up_add(frobenius, tiny), room)  # of S

    error = up_add(up_mul(terms.gram, up_mul(frobenius, column)), tiny)
    gram = up_add(up_mul(terms.sums, float(arithmetic.total(sizes).max())), error)
    image = up_add(up_sqrt(gram), up_add(up_mul(lost, size), tiny))
    high = up_add(up_div(image, least), tiny)

    image = down_sqrt(down_div(down_sub(square, tiny), terms.images_over))
    length = up_sqrt(up_mul(terms.lengths, up_add(float(G[j, j]), tiny)))
    error = up_add(up_mul(terms.inner, up_mul(size, length)), tiny)
    return down_sub(down_div(down_sub(image, error), length), tiny), high


def _singular_values(G: Matrix, terms: _Terms, arithmetic: Arithmetic) -> Pair:
    """Return a float64 ≥ ‖V‖₂ and one ≤ σ_min(V), by Gershgorin's discs of VᵀV."""
    row = up_mul(terms.sums, float(arithmetic.total(np.abs(G)).max()))
    error = up_add(up_mul(terms.gap, up_add(row, terms.tiny)), terms.tiny)
    diagonal = float(G.diagonal().min())
    inside = down_sub(diagonal, up_add(up_sub(row, diagonal), error))
    return up_sqrt(up_add(row, error)), down_sqrt(inside)
