"""The length ⟨G_l, g⟩/‖g‖ that lag l adds to a gradient whose norm is clipped."""

import numpy as np

from gradlab.errors import InputError
from gradlab.gradients import LagDecomposition
from gradlab.typing import Vector

__all__ = ["lag_lengths"]

_MISSING = 1e-8  # of ‖g‖: a tail that rounding does not make


def lag_lengths(found: LagDecomposition) -> Vector:
    """Return ⟨G_l, g⟩/‖g‖ (T,), the readout counted to lag 0: they sum to ‖g‖.

    Clipping looks at all parameters together, and the readout's gradient reaches no
    step but its own.  Rows of these are what `gradlab.remedies.clipped_lags` takes.

    Parameters
    ----------
    found : LagDecomposition
        Of all lags, from `gradlab.gradients.lag_decomposition`.

    Raises
    ------
    InputError
        If later lags were left out.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import lag_decomposition
    >>> from gradlab.objectives import SquaredError
    >>> still = run(Linear([[0.0]], [[1.0]]), [1.0], [[2.0]])  # h = 2, L = 2
    >>> loss = SquaredError(still, [[0.0]], [[1.0]])  # by W_hh 2, W_hx 4, W_qh 4
    >>> lag_lengths(lag_decomposition(loss))
    array([6.])
    """
    norm = found.gradient_norm
    if norm == 0.0:
        return np.zeros(len(found.lags))
    if found.tails[-1] > _MISSING * norm:
        message = (
            f"`found` must hold all lags: {found.tails[-1]:.3g} of the gradient's norm "
            f"{norm:.3g} is beyond the last of {len(found.lags)}."
        )
        raise InputError(message)
    lengths = found.projections / norm
    lengths[0] += max(norm - lengths.sum(), 0.0)
    return lengths
