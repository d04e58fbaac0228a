"""Covariant Lyapunov vectors v_i(t): J_{t+1} v_i(t) ∝ v_i(t + 1), growing at rate λ_i.

They are what eigenvectors are for a single matrix: not orthogonal, and the angles
between them say how close growing and decaying directions come to each other.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab._results import Origin, Result
from gradlab._words import describe_rate
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.errors import InputError
from gradlab.exponents._blocks import chain_of, require_directions
from gradlab.exponents._caveats import caveats_of_orbit
from gradlab.exponents._covariant_sweep import (
    column_sines,
    frames_held,
    pulled_back,
    settled_frame,
    steps_back,
)
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["CovariantVectors", "covariant_lyapunov_vectors"]

_UNSETTLED = 1e-6  # sine; vectors that are off by more are spoken of
_SHOWN = 10


@final
@dataclass(frozen=True, eq=False, repr=False)
class CovariantVectors(Result):
    """Covariant Lyapunov vectors over a window of time, with their local growth.

    Attributes
    ----------
    vectors : (S, n, k) array
        ``vectors[s, :, i]`` is v_{i+1} at time ``times[s]``, of norm 1.
    times : (S,) array of int
        t, as in ``trajectory.states[t]``: burn_in, burn_in + every, … ≤ T − tail.
    growths : (N, k) array
        Nats per step: row j is ln‖J_t v_i(t − 1)‖ for t = burn_in + j + 1, the local
        exponents, at every step of the window.
    errors : (k,) array
        Sines by which v_i still depends on the frame at the start, as measured at the
        first time, or on the end, at the last; smaller in between.
    steps, burn_in, tail : int
        T, and what of it is left out in front and behind.
    caveats : tuple of str
        What a reader should know before believing the vectors; empty if nothing.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("ginelli2007characterizing"),)

    vectors: Array
    times: Vector
    growths: Array
    errors: Vector
    steps: int
    burn_in: int
    tail: int
    caveats: tuple[str, ...]

    @property
    def exponents(self) -> Vector:
        """The mean of the local exponents over the window (k,)."""
        return self.growths.mean(axis=0)

    def angles(self, i: int, j: int) -> Vector:
        """Return the angles between the lines of v_i and v_j, i, j = 1 … k: (S,).

        Radians, in [0, π/2]; as accurate for tiny angles as for large ones.

        Raises
        ------
        InputError
            If i or j is not in 1 … k.
        """
        a, b = (self.vectors[:, :, self._place(p, q)] for p, q in (("i", i), ("j", j)))
        signs = np.copysign(1.0, (a * b).sum(axis=1))[:, None]
        # Kahan: tan(θ/2) = ‖a − b‖ / ‖a + b‖, which cancels nowhere.
        apart = np.linalg.norm(a - signs * b, axis=1)
        return 2 * np.arctan2(apart, np.linalg.norm(a + signs * b, axis=1))

    def principal_angles(self, split: int) -> Array:
        """Return the angles between the spans of v_1 … v_split and of the others.

        Parameters
        ----------
        split : int
            1 … k − 1.

        Returns
        -------
        (S, min(split, k − split)) array
            Radians, ascending along the last axis.

        Raises
        ------
        InputError
            If `split` is not in 1 … k − 1.
        """
        k = self.vectors.shape[2]
        split = require_count("split", split)
        if split >= k:
            message = f"`split` must be in 1 … k − 1 = {k - 1}; got {split}."
            raise InputError(message)
        # In coordinates of the first span and its complement the others are (A; B).
        C: Any = np.linalg.qr(self.vectors, mode="r")
        Y = np.linalg.qr(C[:, :, split:])[0]
        count = min(split, k - split)
        sines = np.linalg.svd(Y[:, split:], compute_uv=False)[:, ::-1][:, :count]
        cosines = np.linalg.svd(Y[:, :split], compute_uv=False)[:, :count]
        return np.arctan2(sines, cosines)

    def minimal_angles(self, split: int | None = None) -> Vector:
        """Return the smallest of the principal angles at each time (S,), in radians.

        By default the split is between growing and decaying vectors.  Where the minimum
        over time stays away from 0 the dynamics is hyperbolic there.

        Raises
        ------
        InputError
            If `split` is not in 1 … k − 1; by default, if all vectors grow or decay.
        """
        if split is None:
            split = int(np.count_nonzero(self.exponents > 0))
            if split in (0, len(self.exponents)):
                kind = "grow" if split else "decay"
                message = f"all {len(self.exponents)} vectors {kind}; give a `split`."
                raise InputError(message)
        return self.principal_angles(split)[:, 0]

    def columns(self) -> dict[str, Array]:
        """Return the table: index, mean growth, its spread over steps, error."""
        return {
            "index": np.arange(1, len(self.errors) + 1),
            "exponent": self.exponents,
            "spread": self.growths.std(axis=0),
            "error": self.errors,
        }

    def describe(self) -> str:
        """Say the growth of the vectors and the least angle in words."""
        k = len(self.exponents)
        head = f"{k} covariant vectors at {len(self.times)} times"
        head += f", {len(self.growths)} of {self.steps} steps"
        lines = [
            f"v_{i + 1}  {describe_rate(float(self.exponents[i]))}"
            for i in range(min(k, _SHOWN))
        ]
        if 0 < np.count_nonzero(self.exponents > 0) < k:
            least = np.degrees(self.minimal_angles().min())
            lines.append(f"least angle of growing to decaying vectors: {least:.3g}°")
        return "\n".join([head, *lines, *(f"note: {note}" for note in self.caveats)])

    __str__ = describe

    def _place(self, name: str, index: object) -> int:
        k = self.vectors.shape[2]
        place = require_count(name, index)
        if place > k:
            message = f"`{name}` must be in 1 … k = {k}; got {place}."
            raise InputError(message)
        return place - 1


def covariant_lyapunov_vectors(
    trajectory_or_chain: Trajectory | JacobianChain | ArrayLike,
    *,
    burn_in: int,
    tail: int,
    k: int | None = None,
    every: int = 1,
) -> CovariantVectors:
    """Return the covariant Lyapunov vectors of a run between burn-in and tail.

    Parameters
    ----------
    trajectory_or_chain : Trajectory, JacobianChain or (T, n, n) array_like
        In time order.
    burn_in : int
        Steps in front over which an orthonormal frame finds the directions that grow
        most; errors fall as e^(−burn_in · gap), for the gap of neighbouring exponents.
    tail : int
        Steps at the end over which the way back finds the directions themselves.
    k : int, optional
        How many, 1 … n; all n of them by default.
    every : int
        Vectors are kept at every so many steps; growths at all of them.

    Returns
    -------
    CovariantVectors

    Raises
    ------
    InputError, InputTypeError
        If the arguments do not fit the chain, or memory does not hold the vectors; or a
        Jacobian annihilates one of the k directions, so that the way back is lost.

    Notes
    -----
    The method of [ginelli2007characterizing]: J_t Q_{t−1} = Q_t R_t forwards, then
    C_{t−1} = R_t⁻¹ C_t backwards with unit columns, and v_i(t) is column i of Q_t C_t.
    J_t v_i(t − 1) is parallel to v_i(t) by construction, to rounding times the
    condition of J_t.  The local exponents add up to Σ ln|r_ii| but for ln(c_ii) at both
    ends, so their mean is λ_i to O(1/N).  Memory holds one segment of frames at a time.
    A caveat says if the orbit of a trajectory repeats bit by bit although λ_1 > 0:
    rounding closed it, and an exact orbit goes elsewhere.

    Examples
    --------
    For the powers of one matrix they are its eigenvectors, (1, 0) and (−1, 3)/√10:

    >>> found = covariant_lyapunov_vectors([[[2.0, 0.5], [0.0, 0.5]]] * 90,
    ...                                    burn_in=40, tail=40)
    >>> np.abs(found.vectors[0]).round(6).tolist()
    [[1.0, 0.316228], [0.0, 0.948683]]
    >>> np.degrees(found.minimal_angles()[:2]).round(4).tolist()
    [71.5651, 71.5651]
    """
    chain = chain_of(trajectory_or_chain)
    k = require_directions(k, chain.size)
    burn_in = require_count("burn_in", burn_in, minimum=0)
    tail = require_count("tail", tail, minimum=0)
    every = require_count("every", every)
    window = len(chain) - burn_in - tail
    if window < 1:
        message = (
            f"`burn_in` + `tail` must be less than T = {len(chain)}; "
            f"got {burn_in} + {tail}."
        )
        raise InputError(message)
    held = (window // every + 1) * chain.size * k + window * k
    require_memory("every", every, held)
    frames = frames_held(window + tail, chain.size, k)
    require_memory("T", len(chain), frames * chain.size * k)
    Q, start_errors = settled_frame(chain, burn_in, k)
    vectors, growths, end_errors = _window(chain, Q, burn_in, window, every)
    errors = np.maximum(start_errors, end_errors)
    caveats = _caveats(start_errors, end_errors)
    top = float(growths.mean(axis=0).max())
    caveats += caveats_of_orbit(trajectory_or_chain, top, "vectors from there on")
    return CovariantVectors(
        vectors=vectors,
        times=burn_in + every * np.arange(len(vectors)),
        growths=growths,
        errors=errors,
        steps=len(chain),
        burn_in=burn_in,
        tail=tail,
        caveats=caveats,
        origin=Origin(parameters={"burn_in": burn_in, "tail": tail, "every": every}),
    )


def _window(
    chain: JacobianChain, Q: Array, burn_in: int, window: int, every: int
) -> tuple[Array, Array, Vector]:
    """Return vectors, growths, and how well the vectors at the last time settled."""
    n, k = Q.shape
    vectors, growths = np.empty((window // every + 1, n, k)), np.empty((window, k))
    # Two upper triangles with which to end; what is left of their difference tells.
    C = np.eye(k)
    other = np.triu(np.ones((k, k))) / np.sqrt(np.arange(1, k + 1))
    end_errors = column_sines(C, other)
    for t, frame, R in steps_back(chain, burn_in, Q):
        place = t - burn_in
        if place <= window:
            if place % every == 0:
                vectors[place // every] = frame @ C
            C, growths[place - 1] = pulled_back(R, C)
        else:
            C, _ = pulled_back(R, C)
            other, _ = pulled_back(R, other)
            end_errors = column_sines(C, other)
    vectors[0] = Q @ C
    return vectors, growths, end_errors


def _caveats(start_errors: Vector, end_errors: Vector) -> tuple[str, ...]:
    notes = []
    for name, errors in (("burn_in", start_errors), ("tail", end_errors)):
        off = np.flatnonzero(errors > _UNSETTLED) + 1
        if len(off):
            named = ", ".join(f"v_{i}" for i in off[:_SHOWN])
            more = f" and {len(off) - _SHOWN} more" if len(off) > _SHOWN else ""
            notes.append(
                f"not settled (sines up to {errors.max():.1g}): {named}{more}. Raise "
                f"`{name}`; but where exponents are equal nothing helps, and only the "
                "span of their vectors means something."
            )
    return tuple(notes)
