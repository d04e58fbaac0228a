"""What a sweep of LUs is guarded against: singular factors, lost digits or frames."""

import enum
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.linalg.lapack import dgecon, zgecon

from gradlab.linalg._factors import Steps, largest
from gradlab.linalg.exact_rank import singular_factors
from gradlab.typing import Array, Matrix, Vector

__all__ = [
    "Findings",
    "Trouble",
    "findings",
    "is_dependent",
    "is_poor",
    "with_sorted_rows",
]

_SUSPECT = 1e-7  # a pivot this far below its row may be the zero of a singular factor
_EXACT_UP_TO = 16  # the size up to which such a real step is worth redoing in integers
_TOGETHER = 8  # factors tested at once; most often the first is singular, or none
_POOR = 2e-2  # n³ times the reciprocal condition of nearly dependent columns
_DEPENDENT = 1e-7  # the same for a unit lower frame; random ones reach 1e-5
_NONE = np.zeros(0, np.intp)
_GROWTH = 2.0**13  # of a pivot over n times the entries; it costs four digits


class Trouble(enum.Enum):
    """Why a step needs more than LU with row pivoting."""

    SINGULAR = "its factor is exactly singular"
    CANCELLED = "its smallest pivots have lost their digits"
    GROWN = "its pivots have outgrown its entries"


@final
@dataclass(frozen=True, eq=False)
class Findings:
    """The first step of a sweep that needs more, and which ones have lost digits.

    Attributes
    ----------
    trouble : (int, Trouble) or None
        The step and why it needs more; None if none does.
    suspects : (s,) ndarray of int
        Steps with a pivot that has lost half its digits or more, not being singular.
    """

    trouble: tuple[int, Trouble] | None
    suspects: Array


def findings(steps: Steps, diagonal: Array, rows: Array) -> Findings:
    """Return what the pivots of a sweep and the rows that they came from show.

    Where a pivot falls far below the row that it came from, the factor may be exactly
    singular (elimination leaves about 1e-16 of the row where the truth is 0); finite
    fields decide.  If it is not, the pivot has lost half its digits or more, and where
    n <= 16, or nothing is left of it, the step is to be taken in whole numbers.  Where
    a pivot rises far above all entries, row pivoting has met one of its rare failures
    (Wilkinson's example).
    """
    pivots = np.abs(diagonal)
    growth = largest(pivots, 1) / (_GROWTH * pivots.shape[1])
    grown = np.flatnonzero(growth > largest(steps.sizes, 1))
    places = rows + steps.n * np.arange(len(rows))[:, None]
    least = steps.sizes.take(places)
    least *= _SUSPECT
    low = pivots <= least
    suspects = np.flatnonzero(low.any(axis=1)) if low.any() else _NONE
    trouble = _lost(steps, pivots, suspects) if len(suspects) else None
    if len(grown) and (trouble is None or grown[0] < trouble[0]):
        trouble = int(grown[0]), Trouble.GROWN
    if trouble is not None and trouble[1] is Trouble.SINGULAR:
        suspects = suspects[suspects < trouble[0]]
    return Findings(trouble, suspects)


def _lost(steps: Steps, pivots: Array, suspects: Array) -> tuple[int, Trouble] | None:
    """Return the first singular step, or the first to be taken in whole numbers."""
    if steps.n <= _EXACT_UP_TO and not np.iscomplexobj(steps.matrices):
        first = int(suspects[0])
        singular = singular_factors(steps.dense(suspects[:1]))[0]
        return first, Trouble.SINGULAR if singular else Trouble.CANCELLED
    for batch in np.split(suspects, range(_TOGETHER, len(suspects), _TOGETHER)):
        singular = singular_factors(steps.dense(batch))
        if singular.any():
            return int(batch[singular.argmax()]), Trouble.SINGULAR
    gone = suspects[(pivots[suspects] == 0).any(axis=1)]
    return (int(gone[0]), Trouble.CANCELLED) if len(gone) else None


def is_poor(R: Matrix) -> bool:
    """Whether columns with upper triangular factor R are close to dependent."""
    return _reciprocal_condition(R) < _POOR / len(R) ** 3


def is_dependent(frame: Matrix, rows: Vector) -> bool:
    """Whether a unit lower frame with the given pivot rows has lost its independence.

    Partial pivoting keeps |L| <= 1 and nearly always L⁻¹ of moderate size as well.
    """
    return _reciprocal_condition(frame[rows]) < _DEPENDENT


def _reciprocal_condition(triangle: Matrix) -> float:
    """Return 1/cond, in the 1-norm, of an upper or a unit lower triangle."""
    # Such a triangle is its own packed LU, the other factor being the identity;
    # LAPACK's trcon came to SciPy only with 1.15.
    condition: Any = zgecon if np.iscomplexobj(triangle) else dgecon
    return float(condition(triangle, np.abs(triangle).sum(axis=0).max())[0])


def with_sorted_rows(moved: Matrix) -> tuple[Matrix, Matrix]:
    """Return Q, R with the largest rows taken first, so that small rows keep digits."""
    order = np.argsort(-np.abs(moved).max(axis=1), kind="stable")
    sorted_Q, R = np.linalg.qr(moved[order])
    Q = np.empty_like(sorted_Q, order="F")
    Q[order] = sorted_Q
    return Q, R
