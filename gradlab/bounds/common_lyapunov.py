"""One ellipsoid for all Jacobians: ‖J_T ⋯ J_1‖₂ ≤ κ(P)^½ Π_t r_t if J_tᵀPJ_t ⪯ r_t²P.

With P⁻¹ = VVᵀ the condition says ‖V⁻¹J_tV‖₂ ≤ r_t.  Which V is good is a matter of
search; that the condition holds is verified for the V that was found, with the rounding
of V⁻¹J_tV in it, and never read off a solver.
"""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds._shapes import shapes
from gradlab.bounds.base import AbstractBound, require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import frobenius_above, log_norm_above, norm_above
from gradlab.linalg.powers_of_two import split_power
from gradlab.linalg.rounding import down_log, down_sub, up_add, up_div, up_log, up_sum
from gradlab.linalg.similar import similar
from gradlab.references import Reference
from gradlab.typing import Factors, Matrix
from gradlab.verified.enclosure import Enclosure

__all__ = ["CommonLyapunov"]


@final
class CommonLyapunov(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ½ ln κ(P) + Σ_t ln r_t for every P ≻ 0 with J_tᵀPJ_t ⪯ r_t²P.

    For every cell and every run.  P = I gives the product of norms; another P pays
    where all Jacobians are stretched in the same directions, as those of an LSTM are,
    or those of a network near a fixed point.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.5, 4.0], [0.0, -0.5]]
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]] * 1000)
    >>> rate = CommonLyapunov().log_bound(rest) / 1000
    >>> -0.7 < rate < -0.6  # ρ = ½, ‖W‖₂ = 4.06
    True
    """

    label = "thm:common-lyapunov"
    statement = (
        r"P\succ0,\ J_t^\top PJ_t\preceq r_t^2P\ (t=1,\dots,T)\ \Rightarrow\ "
        r"\ln\|J_T\cdots J_1\|_2\le\tfrac12\ln\bigl(\|P\|_2\|P^{-1}\|_2\bigr)"
        r"+\sum_{t=1}^{T}\ln r_t"
    )
    source = Reference("horn2013matrix", "Sec. 5.6")
    assumptions = "none"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the least of the bounds for some P in nats, rounded up.

        The theorem holds for every P, and no lower end is given.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        factors = require_single(trajectory).chain.factors()
        if not factors.any(axis=(-2, -1)).all():  # a Jacobian is zero: so is the gain
            return Enclosure.between(-math.inf, -math.inf, fault=fault())
        bounds = (_with_shape(factors, V, R) for V, R in shapes(factors))
        return Enclosure.between(-math.inf, min(bounds), fault=fault())


def _with_shape(factors: Factors, V: Matrix, R: Matrix) -> float:
    """Return ln κ(V) + Σ_t ln‖V⁻¹J_tV‖₂ rounded up, with R ≈ V⁻¹, or else inf."""
    logs = []
    for J in factors:
        S, exponent = split_power(J)
        found = similar(S, V, R)
        if not found.residual < 0.5:
            return math.inf
        # V⁻¹SV = (I − E)⁻¹ RSV with E = I − RV, and ‖E‖ below the residual.
        rest = down_sub(1.0, found.residual)
        size = up_add(norm_above(found.matrix), frobenius_above(found.error))
        logs.append(up_log(up_div(size, rest), exponent))
    condition = (log_norm_above(V), log_norm_above(R), -down_log(rest))
    bound = up_sum([*condition, *logs])
    return bound if bound < math.inf else math.inf
