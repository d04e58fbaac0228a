"""Bases in which all of some matrices may have small norms at once, to be tried.

An ellipsoid from linear matrix inequalities; and a graded Schur basis of one generic
combination, in which commuting matrices, and others that have one triangular form, are
nearly diagonal.  Nothing here is proved or has to be: what is made of a basis is.
"""

from collections.abc import Iterator

import numpy as np
from scipy import linalg

from gradlab.linalg.lmi import common_form
from gradlab.linalg.schur_bases import graded_schur_bases
from gradlab.typing import Factors, Matrix

__all__ = ["ellipsoidal_basis", "form_basis", "triangular_bases"]

_LARGEST = 16  # rows for which a form is looked for, and
_ENTRIES = 6144  # entries of all matrices: seconds beyond
_GOLDEN = (5**0.5 - 1) / 2


def ellipsoidal_basis(S: Factors, lower: float) -> tuple[Matrix, Matrix] | None:
    """Return V and V⁻¹ of nearly the best ellipsoid, None where it costs too much."""
    if S.shape[-1] > _LARGEST or S.size > _ENTRIES:
        return None
    size = float(np.linalg.norm(S, 2, axis=(1, 2)).max())
    # Not far below what a form can reach: ρ is at least 1/√n of it.
    least = max(lower / size, 2.0**-20)
    return form_basis(common_form(S / size, least=least))


def form_basis(P: Matrix) -> tuple[Matrix, Matrix]:
    """Return V and V⁻¹ with P = V⁻ᵀV⁻¹, so that ‖x‖ = ‖V⁻¹x‖₂.

    Examples
    --------
    >>> V, X = form_basis(np.diag([4.0, 1.0]))
    >>> V.tolist(), X.tolist()
    ([[0.5, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]])
    """
    upper = linalg.cholesky(P)
    return linalg.solve_triangular(upper, np.eye(len(P))), upper


def triangular_bases(S: Factors) -> Iterator[tuple[Matrix, Matrix]]:
    """Yield V and V⁻¹ for steeper and steeper gradings of one Schur basis."""
    weights = 1 + (_GOLDEN * np.arange(1, len(S) + 1)) % 1
    for _, V, X in graded_schur_bases(np.tensordot(weights, S, 1)):
        yield V, X
