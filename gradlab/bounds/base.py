"""A theorem is an object: label, statement, source, hypotheses that raise, a value."""

import abc
from typing import ClassVar, Literal

from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import InputError
from gradlab.references import Reference

__all__ = ["AbstractBound", "AbstractTheorem", "require_single"]


class AbstractTheorem(abc.ABC):
    r"""A statement of the literature, tied by its label to the paper and to its tests.

    Attributes
    ----------
    label : str
        The ``\label`` of the statement in the paper.
    statement : str
        The statement in LaTeX, without dollars.
    source : Reference
        Where it comes from.
    assumptions : str
        The hypotheses in words; `AssumptionError` is raised where one fails.
    quantity : str
        What is bounded, in LaTeX.
    direction : "above" or "below"
        From where.
    """

    label: ClassVar[str]
    statement: ClassVar[str]
    source: ClassVar[Reference]
    assumptions: ClassVar[str]
    quantity: ClassVar[str]
    direction: ClassVar[Literal["above", "below"]]


class AbstractBound(AbstractTheorem):
    """A theorem that bounds the gain ln‖J_T ⋯ J_1‖₂ of a trajectory, in nats."""

    quantity = r"\ln\|J_T\cdots J_1\|_2"

    @abc.abstractmethod
    def log_bound(self, trajectory: Trajectory) -> float:
        """Return the bound on ln‖J_T ⋯ J_1‖₂ in nats, rounded outward.

        The J_t are the float64 Jacobians of the stored run, taken as exact numbers.
        The value is an estimate: it is widened by a derived bound on its rounding
        errors, which presumes that the BLAS multiplies matrices as IEEE 754 asks.

        Raises
        ------
        AssumptionError
            If the run breaks a hypothesis; the error carries the measured value.
        InputError
            If the trajectory is a batch.
        """


def require_single(trajectory: Trajectory) -> Trajectory:
    """Return `trajectory`, or raise if it is a batch: a gain belongs to one run."""
    if trajectory.batch:
        message = "a bound is about one run; take one with trajectory.sequence(b)."
        raise InputError(message)
    return trajectory
