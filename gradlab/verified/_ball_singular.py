"""All singular values in balls: with B = PV, ln σ_i(B) = ln‖b_i‖ + ½ ln(1 ± ε).

For columns b_i that are nearly orthogonal, BᵀB = S H S with S = diag(‖b_i‖) and H close
to I, and Ostrowski's theorem puts λ_i(BᵀB) between λ_min(H) and λ_max(H) times the i-th
largest ‖b_i‖² [horn2013matrix, Theorem 4.5.9]: small values are as good as large ones,
and clusters do no harm.  V is a computed eigenbasis of PᵀP; nothing is presumed of it.
"""

from collections.abc import Iterator

from flint import acb_mat, arb, arb_mat, ctx

__all__ = ["norm_in_balls", "singular_values_in_balls"]


def singular_values_in_balls(P: arb_mat) -> list[tuple[arb, arb]]:
    """Return (lower, upper) for σ_1 ≥ … ≥ σ_n of every matrix in P, at ctx.prec bits.

    P has at least as many rows as columns.  Where the columns of PV are too far from
    orthogonal, or P too wide, lower is 0.
    """
    V, B, G = _rotated(P)
    n = B.ncols()
    below, above = _distortion(V)
    order = sorted(range(n), key=lambda i: G[i, i].mid(), reverse=True)
    kept, spread = _independent(G, order)
    rest = sum((G[j, j] for j in order[len(kept) :]), arb(0)).abs_upper()
    sizes = [G[i, i] for i in kept]
    lows = sorted((size.lower() for size in sizes), reverse=True)
    highs = sorted((size.upper() for size in sizes), reverse=True)
    found = [
        (
            (low * (1 - spread)).sqrt() / above,
            (high * (1 + spread) + rest).sqrt() / below,
        )
        for low, high in zip(lows, highs, strict=True)
    ]
    return found + [(arb(0), rest.sqrt() / below)] * (n - len(kept))


def norm_in_balls(P: arb_mat) -> tuple[arb, arb]:
    """Return (lower, upper) for ‖P‖₂, at ctx.prec bits."""
    V, B, G = _rotated(P)
    below, above = _distortion(V)
    n = B.ncols()
    largest = max(G[i, i].lower() for i in range(n))
    rows = (sum((abs(G[i, j]) for j in range(n)), arb(0)) for i in range(n))
    lower = largest.sqrt() / above if largest > 0 else arb(0)
    return lower, max(row.upper() for row in rows).sqrt() / below


def _distortion(V: arb_mat) -> tuple[arb, arb]:
    """Return bounds on σ_min(V) from below and on ‖V‖ from above; NaN for no basis."""
    n = V.ncols()
    D = V.transpose() * V
    gaps = [sum((abs(D[i, j] - (i == j)) for j in range(n)), arb(0)) for i in range(n)]
    d = max(gap.upper() for gap in gaps)
    return (1 - d).sqrt().lower(), (1 + d).sqrt().upper()


def _independent(G: arb_mat, order: list[int]) -> tuple[list[int], arb]:
    """Return the first columns with ‖H − I‖_∞ ≤ ¼, and that norm, from BᵀB = G."""
    kept = []
    for i in order:
        if not G[i, i] > 0:
            break
        kept.append(i)
    roots = {i: G[i, i].sqrt() for i in kept}
    angle = {
        (i, j): abs(G[i, j] / (roots[i] * roots[j])).upper()
        for i in kept
        for j in kept
        if i != j
    }
    while kept:
        sums = (sum((angle[i, j] for j in kept if j != i), arb(0)) for i in kept)
        spread = max(total.upper() for total in sums)
        if spread < 0.25:
            return kept, spread
        kept.pop()
    return [], arb(0)


def _rotated(P: arb_mat) -> tuple[arb_mat, arb_mat, arb_mat]:
    """Return V, PV and (PV)ᵀ(PV)."""
    V = _basis(P)
    B = P * V
    return V, B, B.transpose() * B


def _basis(P: arb_mat) -> arb_mat:
    """Return approximate right singular vectors as exact balls, the largest first."""
    n = P.ncols()
    basis, filled = arb_mat(n, n), 0
    least = arb(2) ** (-(ctx.prec // 4))
    for vector in _directions((P.transpose() * P).mid()):
        # Twice is enough (Kahan): what is left is orthogonal to working precision.
        for _ in range(2):
            size = _length(vector)
            vector = (vector - basis.transpose() * (basis * vector)).mid()
        if size > 0 and _length(vector) > least * size:
            scale = 1 / _length(vector)
            for j in range(n):
                basis[filled, j] = (vector[j, 0] * scale).mid()
            filled += 1
        if filled == n:
            break
    return basis.transpose()


def _directions(M: arb_mat) -> Iterator[arb_mat]:
    """Yield real, then imaginary parts of computed eigenvectors, then unit vectors."""
    n = M.ncols()
    values, vectors = acb_mat(M).eig(right=True, algorithm="approx", nonstop=True)
    order = sorted(range(n), key=lambda k: values[k].real.mid(), reverse=True)
    for part in ("real", "imag"):
        for k in order:
            entries = [getattr(vectors[i, k], part).mid() for i in range(n)]
            if all(entry.is_finite() for entry in entries):
                yield arb_mat(n, 1, entries)
    for k in range(n):
        yield arb_mat(n, 1, [int(i == k) for i in range(n)])


def _length(vector: arb_mat) -> arb:
    return (vector.transpose() * vector)[0, 0].sqrt().mid()
