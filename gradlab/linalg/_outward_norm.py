"""‖A‖₂ of one matrix rounded outward, in four products and three sums of squares.

With V near an eigenbasis of SᴴS, and B ≈ SV as computed,

    ‖SV‖₂/σ_max(V) ≤ ‖S‖₂ ≤ ‖SV‖₂/σ_min(V),  |‖SV‖₂ − ‖B‖₂| ≤ ‖B − SV‖_F.

‖B‖₂² and the σ(V)² are eigenvalues of BᴴB and VᴴV, and of a Hermitian H with diagonal D
they lie within ‖H − D‖_F of entries of D, the largest of the largest (Weyl).  So what
the products lack and what is left off their diagonals is all that parts the two ends.
Products err by |fl(XY) − XY| ≤ γ |X||Y| + k η, and where `gradlab.linalg.outward` forms
|X||Y|, as it must for stacks, here

    ‖|X||Y|‖_F ≤ ‖X‖_F ‖Y‖_F,  ‖V‖_F ≤ √n σ_max(V),  ‖SV‖_F ≤ ‖S‖_F σ_max(V)

bound it.  A complex product of k terms is two real ones of 2k, and errs by
√2 γ_2k |X||Y|.  Matrices of two by two have a closed form.
"""

import functools
import math
from typing import NamedTuple, TypeAlias

import numpy as np

from gradlab.linalg.arithmetic import ETA, Arithmetic
from gradlab.linalg.powers_of_two import normalised
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
    """Return l, u and e with l 2^e ≤ ‖A‖₂ ≤ u 2^e for a matrix that is not empty.

    For A = 0 they are 0; where A is not finite, or V no basis, u is inf.
    """
    S, square, exponent = normalised(A, arithmetic.squared_norm)
    if not 0 < square < math.inf:
        return 0.0, math.inf if S.any() else 0.0, 0
    S = S if len(S) >= S.shape[1] else S.T
    if S.size == 1 and S.dtype.char == "d":
        low = high = abs(S.item())
    elif S.shape == (2, 2):
        low, high = _closed_form(S)
    else:
        low, high = _between(S, square, arithmetic)
    # A NaN bounds nothing.
    return low if low > 0 else 0.0, high if high >= 0 else math.inf, exponent


def _closed_form(S: Matrix) -> Pair:
    """Return ends for ‖S + D‖₂, |D| ≤ η in all parts, S being two by two.

    With SᴴS = [[p, r], [r̄, q]], ‖S‖₂² = (p + q + √((p − q)² + |2r|²))/2, and nothing
    in it cancels but what is small beside p + q.
    """
    x, y = np.array(S.T, order="C").view(float).tolist()  # columns, part by part
    p, q = _product_between(x, x), _product_between(y, y)
    sides = [_size((down_sub(p[0], q[1]), up_sub(p[1], q[0])))]
    for z in (y, [y[1], -y[0], y[3], -y[2]]) if len(y) > 2 else (y,):  # Re r and −Im r
        half = _size(_product_between(x, z))
        sides.append((down_add(half[0], half[0]), up_add(half[1], half[1])))
    low = high = 0.0
    for side in sides:
        low = down_add(low, down_mul(side[0], side[0]))
        high = up_add(high, up_mul(side[1], side[1]))
    low = down_add(down_add(p[0], q[0]), down_sqrt(max(low, 0.0)))
    high = up_add(up_add(p[1], q[1]), up_sqrt(high))
    lack = up_mul(4.0, ETA)  # ≥ ‖D‖_F, also for a complex D
    return (
        down_sub(down_sqrt(down_mul(0.5, low)), lack),
        up_add(up_sqrt(up_mul(0.5, high)), lack),
    )


def _product_between(x: list[float], y: list[float]) -> Pair:
    """Return float64s ≤ and ≥ Σ x y."""
    low = high = 0.0
    for a, b in zip(x, y, strict=True):
        low, high = down_add(low, down_mul(a, b)), up_add(high, up_mul(a, b))
    return low, high


def _size(x: Pair) -> Pair:
    """Return float64s ≤ and ≥ |x| for x in between."""
    low, high = x
    return max(low, -high, 0.0), max(high, -low)


class _Terms(NamedTuple):
    """What is allowed to products of m and n terms and to sums of squares.

    `tiny` is 4 m n η, as much as underflow takes from a product in the Frobenius norm
    or from a sum of squares, and as S lacks of A.
    """

    squares: float  # 1/(1 − γ_(mn + 1)): Σ|x|² over what it comes out as, and underflow
    image: float  # √n γ_n
    gram: float  # γ_m
    basis: float  # n γ_n
    stretch: float  # 1/(1 − n γ_n)
    tiny: float

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def of(cls, m: int, n: int, parts: int, unit: float) -> "_Terms":
        """Return them, each rounded up, for numbers of 1 or 2 `parts`."""
        some, all_ = (_product_error(k, parts, unit) for k in (n, m))
        basis = up_mul(n, some)
        terms = up_add(up_mul(parts, up_mul(m, n)), 1.0)
        return cls(
            squares=up_div(1.0, down_sub(1.0, _gamma(terms, unit))),
            image=up_mul(up_sqrt(n), some),
            gram=all_,
            basis=basis,
            stretch=up_div(1.0, down_sub(1.0, basis)) if basis < 1 else math.nan,
            tiny=up_mul(up_mul(up_mul(4.0, m), n), ETA),
        )


def _product_error(k: int, parts: int, unit: float) -> float:
    """Return γ_k, or √2 γ_2k for complex products, rounded up."""
    error = _gamma(up_mul(parts, k), unit)
    return up_mul(up_sqrt(parts), error) if parts > 1 else error


def _gamma(k: float, unit: float) -> float:
    """Return a float64 ≥ k u/(1 − k u), NaN where that is no bound."""
    share = up_mul(k, unit)
    return up_div(share, down_sub(1.0, share)) if share < 1 else math.nan


def _between(S: Matrix, square: float, arithmetic: Arithmetic) -> Pair:
    """Return ends for ‖S + D‖₂, `square` being ‖S‖_F² as computed."""
    terms = _Terms.of(*S.shape, 1 if S.dtype.char == "d" else 2, arithmetic.unit)
    tiny = terms.tiny
    # SᴴS.  OpenBLAS leaves vector registers after a complex product as if in use, and
    # LAPACK then takes up to three times as long; a pass of NumPy's frees them.
    V = arithmetic.eigh(arithmetic.matmul(S.T, S.conj()).conj())
    # The errors allowed are those of n columns in float64, real ones if S is real.
    if V.shape != S.shape[1:] * 2 or V.dtype != S.dtype:
        return math.nan, math.nan
    B = arithmetic.matmul(S, V)

    shrink, stretch = _singular_values(V, terms, arithmetic)
    size = up_mul(up_sqrt(up_mul(terms.squares, square)), stretch)  # ≥ ‖SV‖_F
    lost = up_add(up_mul(terms.image, size), tiny)  # ≥ ‖B − SV‖_F
    size = up_add(size, lost)
    C = arithmetic.matmul(B.conj().T, B)
    _, greatest, off = _diagonal(C, terms, arithmetic)
    error = up_add(off, up_add(up_mul(terms.gram, up_mul(size, size)), tiny))

    low = down_sub(down_sqrt(down_sub(greatest, error)), lost)
    high = up_add(up_sqrt(up_add(greatest, error)), lost)
    return down_sub(down_div(low, stretch), tiny), up_add(up_div(high, shrink), tiny)


def _singular_values(V: Matrix, terms: _Terms, arithmetic: Arithmetic) -> Pair:
    """Return a float64 ≤ σ_min(V) and one ≥ σ_max(V)."""
    G = arithmetic.matmul(V.conj().T, V)
    least, greatest, off = _diagonal(G, terms, arithmetic)
    # σ_max² ≤ greatest + off + n γ_n σ_max² + tiny.
    square = up_mul(terms.stretch, up_add(up_add(greatest, off), terms.tiny))
    error = up_add(off, up_add(up_mul(terms.basis, square), terms.tiny))
    return down_sqrt(down_sub(least, error)), up_sqrt(square)


def _diagonal(
    H: Matrix, terms: _Terms, arithmetic: Arithmetic
) -> tuple[float, float, float]:
    """Return the ends of the real diagonal D of H and a float64 ≥ ‖H − D‖_F.

    H is overwritten.  Being some XᴴX, it has no NaN on D alone; infinite entries of D
    stand for any, and give NaN.
    """
    n = len(H)
    entries = H.reshape(-1)
    diagonal = entries[:: n + 1].real.tolist()
    entries[:: n + 1] = 0.0
    square = up_add(arithmetic.squared_norm(entries), terms.tiny)
    greatest = max(diagonal)
    off = up_sqrt(up_mul(terms.squares, square)) if greatest < math.inf else math.nan
    return min(diagonal), greatest, off
