"""The triangle R of a QR, by LAPACK with room for whole panels.

SciPy's wrapper gives three numbers a column unasked, which is no room for a panel: at
500 columns it then takes twice the time.
"""

from typing import Any

import numpy as np
from scipy.linalg.lapack import dgeqrf, zgeqrf

from gradlab.typing import Matrix

__all__ = ["packed_triangle"]

_PANEL = 32  # columns that are taken together


def packed_triangle(X: Matrix) -> Matrix:
    """Return R on and above the diagonal of a matrix (m, n); below is what made it.

    >>> packed_triangle(np.array([[3.0], [4.0]]))[0].round(9).tolist()
    [-5.0]
    """
    geqrf: Any = zgeqrf if np.iscomplexobj(X) else dgeqrf
    return geqrf(X, lwork=_PANEL * max(1, X.shape[1]))[0]
