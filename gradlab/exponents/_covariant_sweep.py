"""Frames J_t Q_{t−1} = Q_t R_t forwards, coefficients C_{t−1} ∝ R_t⁻¹ C_t backwards.

The columns of Q_t C_t are covariant: J_{t+1} takes each to a multiple of itself at
t + 1.  Forwards Q_t forgets where it began; backwards C_t, upper triangular, forgets
where it ended.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from scipy.linalg import lu, solve_triangular

from gradlab.dynamics import JacobianChain
from gradlab.errors import InputError
from gradlab.linalg import orthogonal
from gradlab.typing import Matrix, Vector

__all__ = [
    "column_sines",
    "frames_held",
    "pulled_back",
    "settled_frame",
    "steps_back",
]

_ROOM = 2**24  # numbers: 128 MiB of frames and triangles of one segment
_SEEDS = 20, 21  # of two frames in general position


def settled_frame(chain: JacobianChain, burn_in: int, k: int) -> tuple[Matrix, Vector]:
    """Return the frame (n, k) after the burn-in, and how well it has settled (k,).

    The latter are the sines between the spans of the first 1 … k columns of it and of a
    frame that began elsewhere.
    """
    frames = [orthogonal(chain.size, gain=1.0, rng=seed)[:, :k] for seed in _SEEDS]
    first, other = (_carried(chain, 0, burn_in, frame) for frame in frames)
    overlap = first.T @ other
    beyond = other - first @ overlap
    # ‖(I − F_i F_iᵀ) G_i‖ for F_i, G_i the first i columns.
    sines = [
        np.hypot(
            np.linalg.norm(beyond[:, : i + 1], 2),
            np.linalg.norm(overlap[i + 1 :, : i + 1], 2) if i + 1 < k else 0.0,
        )
        for i in range(k)
    ]
    return first, np.minimum(sines, 1.0)


def frames_held(steps: int, n: int, k: int) -> int:
    """Return how many frames `steps_back` holds beside those of one segment."""
    return -(-steps // _segment(n, k))


def steps_back(
    chain: JacobianChain, start: int, Q: Matrix
) -> Iterator[tuple[int, Matrix, Matrix]]:
    """Yield t, Q_t and R_t for t = T, T − 1, …, start + 1, from Q at `start`.

    On the way there only the frames at the starts of segments are kept, and on the way
    back a segment is gone through again.
    """
    n, k = Q.shape
    length = _segment(n, k)
    edges = [*range(start, len(chain), length), len(chain)]
    segments = list(itertools.pairwise(edges))
    frames = [Q]
    for a, b in segments[:-1]:
        frames.append(_carried(chain, a, b, frames[-1]))
    for (a, b), frame in zip(reversed(segments), reversed(frames), strict=True):
        made = list(_factored(chain, a, b, frame))
        for t in range(b, a, -1):
            yield t, *made[t - a - 1]


def _segment(n: int, k: int) -> int:
    return max(1, _ROOM // ((n + k) * k))


def pulled_back(R: Matrix, C: Matrix) -> tuple[Matrix, Vector]:
    """Return R⁻¹ C with unit columns, and ln of what R multiplies each of them by."""
    moved = solve_triangular(R, C, check_finite=False)
    sizes = np.linalg.norm(moved, axis=0)
    return moved / sizes, -np.log(sizes)


def column_sines(A: Matrix, B: Matrix) -> Vector:
    """Return the sines between the unit columns of two matrices (k,)."""
    cosines = (A * B).sum(axis=0)
    return np.minimum(np.linalg.norm(A - B * cosines, axis=0), 1.0)


def _carried(chain: JacobianChain, start: int, stop: int, Q: Matrix) -> Matrix:
    """Return what the frame has become at `stop`."""
    for frame, _ in _factored(chain, start, stop, Q):
        Q = frame
    return Q


def _factored(
    chain: JacobianChain, start: int, stop: int, Q: Matrix
) -> Iterator[tuple[Matrix, Matrix]]:
    """Yield Q_t and R_t, diag R_t > 0, for t = start + 1 … stop."""
    for t, J in enumerate(chain[start:stop] if start < stop else (), start + 1):
        # A QR at once would lose the small rows of a saturated Jacobian.
        L, U = lu(J @ Q, permute_l=True, check_finite=False)
        Q, R = np.linalg.qr(L)
        R = R @ U
        dead = np.flatnonzero(R.diagonal() == 0.0)
        if len(dead):
            message = (
                f"Jacobian {t} annihilates a direction, which then has no past: `k` "
                f"must be at most {dead[0]}."
            )
            raise InputError(message)
        signs = np.copysign(1.0, R.diagonal())
        Q = Q * signs
        yield Q, signs[:, None] * R
