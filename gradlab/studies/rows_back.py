"""Several rows carried back through one run at once: λ_{t−1} = δ_{t−1} + λ_t J_t.

One product with each Jacobian serves them all, and every row keeps its own exponent.
"""

from collections.abc import Collection

import numpy as np

from gradlab.dynamics import ScaledRows, Trajectory

__all__ = ["rows_back"]

_BLOCK = 64  # steps whose Jacobians are held at once


def rows_back(
    trajectory: Trajectory, sources: ScaledRows, *, cuts: Collection[int] = ()
) -> ScaledRows:
    """Return λ_0 … λ_T (T + 1, B, k, n) of k rows for each of B sequences.

    Parameters
    ----------
    trajectory : Trajectory
        A batch.
    sources : ScaledRows
        δ_1 … δ_T (T, B, k, n).
    cuts : collection of int
        Steps t that nothing passes in row 0, on its way from h_{t+1} to h_t.
    """
    T = len(trajectory)
    nothing = ScaledRows.of(np.zeros((1, *sources.mantissa.shape[1:])))
    mantissa = np.concatenate([nothing.mantissa, sources.mantissa])
    exponent = np.concatenate([nothing.exponent, sources.exponent])
    states, inputs = trajectory.states, trajectory.inputs
    for start in reversed(range(0, T, _BLOCK)):
        stop = min(start + _BLOCK, T)
        J = trajectory.cell.slopes(states[start:stop], inputs[start:stop])
        for t in reversed(range(start, stop)):
            rows = J[t - start].cotangent(mantissa[t + 1])
            if t in cuts:
                rows[:, 0] = 0.0
            back = ScaledRows.of(rows, exponent[t + 1])
            total = back.plus(ScaledRows(mantissa[t], exponent[t]))
            mantissa[t], exponent[t] = total.mantissa, total.exponent
    return ScaledRows(mantissa, exponent)
