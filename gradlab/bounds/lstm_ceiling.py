"""An LSTM from above: ‖J_T ⋯ J_1‖₂ ≤ ‖N_T ⋯ N_1‖₂, N_t the 2 × 2 norms of its blocks.

The state is (h, c), and J_t has four blocks.  From c only what the forget gate lets
pass goes on; from h everything comes through gates and weights:

    N_t = [[θ κ + π, θ f], [κ, f]],    f = max σ(f),  θ = max σ(o) sech² c',
    κ = max|tanh g σ'(i)|‖W_i‖ + max|c σ'(f)|‖W_f‖ + max|σ(i) sech² g|‖W_g‖,
    π = max|tanh c' σ'(o)|‖W_o‖,

but with the maxima of products in the place of products of maxima.  Norms of products
of blocks are bounded by the product of their norms, and so are 2 × 2 matrices of them.
"""

from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.bounds.gated_norms import block_norms_above
from gradlab.cells.lstm import LSTM
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.products import enclosed_log_gain

__all__ = ["LSTMCeiling"]


@final
class LSTMCeiling(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ln‖N_T ⋯ N_1‖₂ for an LSTM, N_t (2, 2) the norms of blocks.

    It is sharper than the product of norms where c and h have different sizes, because
    it keeps apart what passes through the cells and what passes through the weights:
    with W_hh small the rate is that of the forget gates alone.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import LSTM
    >>> from gradlab.dynamics import run
    >>> cell = LSTM(np.zeros((4, 1)), np.zeros((4, 1)), [0.0, 0.0, 0.0, -800.0])
    >>> rest = run(cell, [0.0, 1.0], np.zeros((10, 1)))
    >>> round(LSTMCeiling().log_bound(rest), 12)  # c halves, h is closed: 10 ln ½
    -6.931471805599
    """

    label = "thm:lstm-ceiling"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\le\ln\|N_T\cdots N_1\|_2,\qquad"
        r"N_t=\begin{pmatrix}\|\partial h_t/\partial h_{t-1}\|&"
        r"\|\partial h_t/\partial c_{t-1}\|\\"
        r"\|\partial c_t/\partial h_{t-1}\|&"
        r"\|\partial c_t/\partial c_{t-1}\|\end{pmatrix}"
    )
    source = Reference("hochreiter1997long")
    assumptions = "the cell is an LSTM"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return ln‖N_T ⋯ N_1‖₂ in nats, with the norms of blocks bounded by gates.

        Raises
        ------
        AssumptionError
            If the cell is not an LSTM.
        InputError
            If the trajectory is a batch.
        """
        cell = require_single(trajectory).cell
        if not isinstance(cell, LSTM):
            raise AssumptionError(self.label, "an LSTM", type(cell).__name__)
        slopes = cell.slopes(trajectory.states[:-1], trajectory.inputs)
        return enclosed_log_gain(block_norms_above(slopes), atol=1e-9)
