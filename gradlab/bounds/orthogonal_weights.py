"""How orthogonal a stored matrix is: δ ≥ ‖WᵀW − I‖₂, with σ(W) ∈ [√(1 − δ), √(1 + δ)].

No stored matrix is orthogonal to the last bit.  What a theorem presumes is therefore
measured, and what the matrix lacks is in the bound.
"""

from gradlab.errors import AssumptionError
from gradlab.linalg.outward import defect
from gradlab.typing import Matrix

__all__ = ["orthogonality_defect"]

_LIMIT = 1e-4  # what float32 makes of an orthogonal matrix of some hundred rows


def orthogonality_defect(W: Matrix, label: str) -> float:
    """Return a float64 ≥ ‖WᵀW − I‖₂.

    Raises
    ------
    AssumptionError
        If it is above 10⁻⁴.
    """
    found = float(defect(W))
    if not found <= _LIMIT:
        raise AssumptionError(label, "W_hh orthogonal, ‖WᵀW − I‖ ≤ 1e-4", found)
    return found
