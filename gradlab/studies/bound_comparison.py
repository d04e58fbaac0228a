"""Bounds beside the truth, ln‖J_T ⋯ J_{T−k+1}‖₂ at lags k, and who decides first."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_number
from gradlab._results import Origin, Result
from gradlab.bounds import AbstractBound, Certificate, Verdict, all_bounds
from gradlab.dynamics import Trajectory
from gradlab.errors import AssumptionError, InputError
from gradlab.gradients import profile
from gradlab.references import Reference
from gradlab.studies.tightness import signed_slack
from gradlab.typing import Array, Vector

__all__ = ["BoundComparison", "compare_bounds"]

_POINTS = 16  # lags looked at unless told


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BoundComparison(Result):
    """One row per theorem that speaks of a run, beside the gain that was there; nats.

    Attributes
    ----------
    labels, keys : tuple of str
        The theorems, and their sources in the bibliography.
    directions : tuple of str
        "above" or "below".
    lags : (L,) array of int
        Lengths k of the products, ascending; each is the last k steps of the run.
    log_gain : (L,) array
        Measured ln‖J_T ⋯ J_{T−k+1}‖₂.
    log_bounds : (R, L) array
        What the theorems promise; NaN at lags at which a hypothesis fails.
    verdicts : tuple of Verdict
        PROVED if the gain, enclosed by itself, keeps to the bound at every lag.
    arithmetics : tuple of str
        What bound and gain were enclosed in, at the largest lag.
    unmet : mapping
        Theorems that do not speak of this run, by label: the hypothesis that fails.
    small : float
        A gradient below this has vanished, one above its reciprocal has exploded.
    """

    labels: tuple[str, ...]
    keys: tuple[str, ...]
    directions: tuple[str, ...]
    lags: Array
    log_gain: Vector
    log_bounds: Array
    verdicts: tuple[Verdict, ...]
    arithmetics: tuple[str, ...]
    unmet: Mapping[str, str]
    small: float

    @property
    def sources(self) -> tuple[Reference, ...]:  # type: ignore[override]
        """The theorems' sources."""
        return tuple(map(Reference, self.keys))

    @property
    def slack(self) -> Vector:
        """Bound − gain from above, gain − bound from below, at the largest lag (R,).

        Not negative but for the rounding of the measured gain; inf where the bound is
        infinite, or does not see that the gain is 0.
        """
        return np.array(
            [
                signed_slack(direction, float(bounds[-1]), float(self.log_gain[-1]))
                for direction, bounds in zip(
                    self.directions, self.log_bounds, strict=True
                )
            ]
        )

    @property
    def per_step(self) -> Vector:
        """The slack in nats per step (R,)."""
        return self.slack / self.lags[-1]

    @property
    def decided_at(self) -> Vector:
        """Steps after which a theorem decides what becomes of gradients (R,).

        The first lag looked at from which on a bound from above stays below ln small,
        so that gradients vanish, or one from below above −ln small, so that they
        explode; inf if none.
        """
        rows = zip(self.directions, self.log_bounds, strict=True)
        limit = math.log(self.small)
        return np.array(
            [
                self._from_then_on(
                    bounds <= limit if direction == "above" else bounds >= -limit
                )
                for direction, bounds in rows
            ]
        )

    @property
    def happens_at(self) -> float:
        """The first lag looked at from which on the gain itself is so small, or large.

        inf if it is neither in the end.
        """
        limit = math.log(self.small)
        gone = self._from_then_on(self.log_gain <= limit)
        return min(gone, self._from_then_on(self.log_gain >= -limit))

    @property
    def first(self) -> str:
        """The theorem that decides first, of two the tighter one; "" if none."""
        if not np.isfinite(self.decided_at).any():
            return ""
        return self.labels[int(np.lexsort((self.slack, self.decided_at))[0])]

    def tightest(self, direction: str) -> str:
        """Return the label of the least slack from "above" or "below"; "" if none."""
        rows = zip(self.directions, self.slack, self.labels, strict=True)
        found = [(slack, label) for way, slack, label in rows if way == direction]
        return min(found)[1] if found else ""

    def columns(self) -> dict[str, Array]:
        """Return the table at the largest lag, one row per theorem."""
        return {
            "bound": np.array(self.labels, dtype=str),
            "direction": np.array(self.directions, dtype=str),
            "log_bound": self.log_bounds[:, -1],
            "log_gain": np.full(len(self.labels), self.log_gain[-1]),
            "slack_per_step": self.per_step,
            "decided_at": self.decided_at,
            "verdict": np.array([one.name for one in self.verdicts], dtype=str),
            "arithmetic": np.array(self.arithmetics, dtype=str),
            "source": np.array(self.keys, dtype=str),
        }

    def _from_then_on(self, holds: Array) -> float:
        fails = np.flatnonzero(~holds)
        start = int(fails[-1]) + 1 if len(fails) else 0
        return float(self.lags[start]) if start < len(self.lags) else math.inf


def compare_bounds(
    trajectory: Trajectory,
    bounds: Iterable[AbstractBound] | None = None,
    *,
    lags: Iterable[int] | None = None,
    small: float = 1e-3,
) -> BoundComparison:
    """Return what theorems promise of the last k steps of a run, beside what happened.

    Every bound is certified at every lag: it and the gain are enclosed, each by itself.

    Parameters
    ----------
    trajectory : Trajectory
        A single run.
    bounds : iterable of AbstractBound, optional
        All of `gradlab.bounds.all_bounds` unless told.
    lags : iterable of int, optional
        Each in 1 … T; sixteen, evenly in the logarithm, unless told.
    small : float
        In (0, 1]: see `BoundComparison.decided_at`.

    Returns
    -------
    BoundComparison
        The gain is that of `gradlab.gradients.profile`.

    Raises
    ------
    InputError
        If the trajectory is a batch or has no step, a lag is not in it, or `small` is
        out of range.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.bounds import LinearRadius, NormProduct
    >>> W = [[0.5, 4.0], [0.0, -0.5]]  # ρ = ½, ‖W‖₂ = 4.06 and ‖W^k‖₂ = 2^−k for even k
    >>> rest = run(Linear(W, [[0.0]] * 2), [0.0] * 2, [[0.0]] * 64)
    >>> chosen = [NormProduct(), LinearRadius()]
    >>> found = compare_bounds(rest, chosen, lags=range(2, 65, 2))  # κ(V) = 8.1
    >>> found.happens_at, found.first, found.decided_at.tolist()
    (10.0, 'thm:linear-radius', [inf, 14.0])
    """
    small = require_number("small", small, above=0.0, maximum=1.0)
    if trajectory.batch:
        message = "a bound is about one run; take one with trajectory.sequence(b)."
        raise InputError(message)
    T = len(trajectory)
    even = np.unique(np.geomspace(1, max(T, 1), _POINTS).round().astype(int)).tolist()
    seen = profile(trajectory, lags=even if lags is None else lags)
    chosen = [bound() for bound in all_bounds()] if bounds is None else list(bounds)
    pieces = [_last(trajectory, int(lag)) for lag in seen.lags]
    found = {bound: [_certified(bound, piece) for piece in pieces] for bound in chosen}
    spoken = {
        bound: row for bound, row in found.items() if not isinstance(row[-1], str)
    }
    logs = [[_outer_end(one) for one in row] for row in spoken.values()]
    return BoundComparison(
        labels=tuple(bound.label for bound in spoken),
        keys=tuple(bound.source.key for bound in spoken),
        directions=tuple(bound.direction for bound in spoken),
        lags=seen.lags,
        log_gain=seen.log_top,
        log_bounds=np.array(logs, dtype=float).reshape(len(spoken), len(pieces)),
        verdicts=tuple(map(_together, spoken.values())),
        arithmetics=tuple(_arithmetic(row[-1]) for row in spoken.values()),
        unmet={b.label: str(r[-1]) for b, r in found.items() if b not in spoken},
        small=small,
        origin=Origin(parameters={"steps": T}),
    )


def _last(trajectory: Trajectory, k: int) -> Trajectory:
    states, inputs = trajectory.states[-k - 1 :], trajectory.inputs[-k:]
    return Trajectory(trajectory.cell, states, inputs)


def _certified(bound: AbstractBound, piece: Trajectory) -> Certificate | str:
    """Return the certificate, or which hypothesis fails."""
    try:
        return bound.certify(piece)
    except AssumptionError as error:
        return str(error)


def _outer_end(found: Certificate | str) -> float:
    if isinstance(found, str):
        return math.nan
    bound = found.log_bound
    return float(bound.upper if found.direction == "above" else bound.lower)


def _together(row: list[Certificate | str]) -> Verdict:
    """Return the worst verdict: what is refuted once is wrong."""
    found = {one.verdict for one in row if not isinstance(one, str)}
    worst = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.PROVED)
    return next(verdict for verdict in worst if verdict in found)


def _arithmetic(found: Certificate | str) -> str:
    if isinstance(found, str):
        return ""
    return ", ".join(dict.fromkeys((found.log_bound.arithmetic, found.arithmetic)))
