"""Kaplan–Yorke dimension j + (λ_1 + … + λ_j)/|λ_(j+1)| and entropy Σ_{λ_i > 0} λ_i.

j is the last place up to which the exponents add up to at least 0: volumes of j
dimensions still grow, those of j + 1 shrink.
"""

import numpy as np

from gradlab._checks import require_array
from gradlab.errors import InputError
from gradlab.typing import ArrayLike, Vector

__all__ = [
    "entropy_with_gradient",
    "kaplan_yorke_dimension",
    "kaplan_yorke_with_gradient",
]


def kaplan_yorke_dimension(exponents: ArrayLike, *, complete: bool = True) -> float:
    """Return the Kaplan–Yorke dimension that belongs to a spectrum of exponents.

    Parameters
    ----------
    exponents : (k,) array_like
        In any order; −inf is allowed.
    complete : bool
        Whether these are all n exponents.  Then a spectrum whose sum is not negative
        has dimension n; the k largest of more would only say "at least k", and are
        refused.

    Returns
    -------
    float
        0 where λ_1 < 0.  By the conjecture of [kaplan1979chaotic] it is the information
        dimension of typical attractors.

    Raises
    ------
    InputError
        If an exponent is NaN or +inf, or there are too few of them.

    Examples
    --------
    >>> kaplan_yorke_dimension([0.0, -2.0, 1.0])
    2.5
    >>> baker = np.log([2.0, 1 / 3])
    >>> round(kaplan_yorke_dimension(baker), 12)  # 1 + ln 2 / ln 3
    1.630929753571
    """
    row = np.sort(_as_exponents(exponents))[::-1]
    return kaplan_yorke_with_gradient(row, complete=complete)[0]


def _as_exponents(exponents: ArrayLike) -> Vector:
    given = np.asarray(exponents)
    if given.dtype.kind != "f":
        return require_array("exponents", given, "(k,)")
    gone = np.isneginf(given)
    finite = require_array("exponents", np.where(gone, 0.0, given), "(k,)")
    return np.where(gone, -np.inf, finite)


def kaplan_yorke_with_gradient(row: Vector, *, complete: bool) -> tuple[float, Vector]:
    """Return the dimension of descending exponents and its derivatives by each."""
    sums = np.cumsum(row)
    j = int(np.count_nonzero(sums >= 0))
    gradient = np.zeros(len(row))
    if j == len(row):
        _require_all(complete, "add up to more than 0, so the dimension is larger")
        return float(j), gradient
    if j == 0 or np.isneginf(row[j]):
        return float(j), gradient
    share = -sums[j - 1] / row[j]
    with np.errstate(over="ignore"):  # at a subnormal λ_j the slope is beyond 1e308
        gradient[:j] = -1 / row[j]
        gradient[j] = -share / row[j]
    return float(j + share), gradient


def entropy_with_gradient(row: Vector, *, complete: bool) -> tuple[float, Vector]:
    """Return the sum of the positive of descending exponents, and which they are."""
    positive = row > 0
    if positive.all():
        _require_all(complete, "are positive, so there may be more")
    return float(row[positive].sum()), positive.astype(float)


def _require_all(complete: bool, why: str) -> None:
    if not complete:
        message = f"the exponents computed {why}; take a larger `k`."
        raise InputError(message)
