"""Tightness of a bound: its slack against the gain that was there, in nats per step."""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._results import Origin, Result
from gradlab.bounds import AbstractBound
from gradlab.dynamics import Trajectory
from gradlab.linalg import graded_product
from gradlab.references import Reference
from gradlab.typing import Vector

__all__ = ["Tightness", "signed_slack", "tightness"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Tightness(Result):
    """How far a bound is from the truth on one run.

    Attributes
    ----------
    label : str
        The theorem.
    source : str
        Its key in the bibliography.
    direction : str
        "above" or "below".
    log_bound, log_gain : float
        Bound and measured ln‖J_T ⋯ J_1‖₂, in nats.
    slack : float
        bound − gain from above, gain − bound from below: not negative but for the
        rounding of the measured gain, and 0 where the bound is sharp.
    per_step : float
        The slack in nats per step.
    """

    label: str
    source: str
    direction: str
    log_bound: float
    log_gain: float
    slack: float
    per_step: float

    def columns(self) -> dict[str, Vector]:
        """Return the four numbers, in one row."""
        names = ("log_bound", "log_gain", "slack", "per_step")
        return {name: np.array([getattr(self, name)]) for name in names}

    @property
    def sources(self) -> tuple[Reference, ...]:  # type: ignore[override]
        """The theorem's source."""
        return (Reference(self.source),)


def tightness(bound: AbstractBound, trajectory: Trajectory) -> Tightness:
    """Return the slack of a bound on a run.

    Parameters
    ----------
    bound : AbstractBound
        Such as ``NormProduct()``.
    trajectory : Trajectory
        A single run.

    Returns
    -------
    Tightness
        The gain is measured by `gradlab.linalg.graded_product`, to about 1e-13 per
        decade of T.

    Raises
    ------
    AssumptionError
        If the run breaks a hypothesis of the theorem.
    InputError
        If the trajectory is a batch.

    Examples
    --------
    >>> from gradlab.bounds import NormProduct
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> shear = Linear([[1.0, 1.0], [0.0, 1.0]], np.zeros((2, 1)))
    >>> found = tightness(NormProduct(), run(shear, np.zeros(2), np.zeros((10, 1))))
    >>> round(found.log_bound, 6), round(found.log_gain, 6)  # 10 ln φ and arsinh 5
    (4.812118, 2.312438)
    """
    log_bound = bound.log_bound(trajectory)
    log_gain = graded_product(trajectory.chain).log_norm
    slack = signed_slack(bound.direction, log_bound, log_gain)
    steps = len(trajectory)
    return Tightness(
        label=bound.label,
        source=bound.source.key,
        direction=bound.direction,
        log_bound=log_bound,
        log_gain=log_gain,
        slack=slack,
        per_step=slack / steps,
        origin=Origin(parameters={"steps": steps}),
    )


def signed_slack(direction: str, log_bound: float, log_gain: float) -> float:
    """Return bound − gain from above, gain − bound from below; 0 if both are infinite.

    Examples
    --------
    >>> signed_slack("below", 1.0, 3.0), signed_slack("above", -np.inf, -np.inf)
    (2.0, 0.0)
    """
    if log_bound == log_gain:
        return 0.0
    return log_bound - log_gain if direction == "above" else log_gain - log_bound
