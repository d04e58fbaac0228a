"""∂h_T/∂s_t as a whole block in float64, every row kept, for every lag in turn."""

import numpy as np

__all__ = ["log_sizes"]


def log_sizes(trajectory):
    """Return ln σ_i (T + 1, B, n_hidden), ln‖·‖₂ of the hidden columns, and ln‖·‖_F.

    By singular value decompositions, which have no squares to lose digits in.
    """
    states, inputs = trajectory.states, trajectory.inputs
    if not trajectory.batch:
        states, inputs = states[:, None], inputs[:, None]
    J = trajectory.cell.jacobian(states[:-1], inputs)
    hidden = trajectory.cell.hidden
    rows = np.eye(hidden, states.shape[-1])
    M = np.repeat(rows[None], states.shape[1], axis=0)
    exponent = np.zeros(len(M), dtype=int)
    found = [_sizes(M, exponent, hidden)]
    for t in range(len(J))[::-1]:
        M = M @ J[t]
        shift = np.frexp(np.abs(M).max(axis=(1, 2)))[1]
        M, exponent = np.ldexp(M, -shift[:, None, None]), exponent + shift
        found.append(_sizes(M, exponent, hidden))
    return tuple(np.stack(parts) for parts in zip(*found, strict=True))


def _sizes(M, exponent, hidden):
    whole = np.linalg.svd(M, compute_uv=False)
    top = np.linalg.svd(M[..., :hidden], compute_uv=False)[:, 0]
    with np.errstate(divide="ignore"):
        logs = np.log(whole), np.log(top), np.log(np.linalg.norm(whole, axis=1))
    scale = exponent * np.log(2)
    return logs[0] + scale[:, None], logs[1] + scale, logs[2] + scale
