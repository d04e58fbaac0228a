"""A theorem is an object: label, statement, source, hypotheses that raise, a value.

The value of a bound is an enclosure, and the bound that is promised its outer end.
"""

import abc
from typing import ClassVar, Literal

from gradlab.bounds.certificate import Certificate, certificate
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import InputError
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = [
    "AbstractBound",
    "AbstractRunTheorem",
    "AbstractTheorem",
    "require_single",
]


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


class AbstractRunTheorem(AbstractTheorem):
    """A theorem that bounds a quantity of one run, in nats.

    The J_t are the float64 Jacobians of the stored run, taken as exact numbers.
    """

    @abc.abstractmethod
    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return an enclosure of the bound on the theorem's quantity, in nats.

        Only its outer end, `upper` of a bound from above, has to be sharp: where a
        theorem holds for every choice of something, the other end may be infinite.

        Raises
        ------
        AssumptionError
            If the run breaks a hypothesis; the error carries the measured value.
        InputError
            If the trajectory is a batch.
        """

    def log_bound(self, trajectory: Trajectory) -> float:
        """Return the outer end of `enclosed_bound`, which raises what that raises."""
        found = self.enclosed_bound(trajectory)
        return float(found.upper if self.direction == "above" else found.lower)


class AbstractBound(AbstractRunTheorem):
    """A theorem that bounds the gain ln‖J_T ⋯ J_1‖₂ of a run, in nats."""

    quantity = r"\ln\|J_T\cdots J_1\|_2"

    def certify(self, trajectory: Trajectory, *, atol: float = 1e-3) -> Certificate:
        """Return the bound beside the enclosed gain, and whether it was seen to hold.

        Parameters
        ----------
        trajectory : Trajectory
            A single run.
        atol : float
            How narrowly to enclose the gain, in nats.  It is enclosed more narrowly
            where the verdict takes it.

        Returns
        -------
        Certificate
            PROVED if the gain, by an enclosure of its own, is on the right side of the
            outer end of the bound.

        Raises
        ------
        AssumptionError, InputError
            As `enclosed_bound`.

        Examples
        --------
        >>> from gradlab.bounds import NormProduct
        >>> from gradlab.cells import Henon
        >>> from gradlab.dynamics import run
        >>> orbit = run(Henon(), [0.0, 0.0], [[]] * 100)
        >>> NormProduct().certify(orbit).verdict.name
        'PROVED'
        """
        bound = self.enclosed_bound(trajectory)
        return certificate(
            self.label, self.direction, bound, trajectory.chain.factors(), atol
        )


def require_single(trajectory: Trajectory) -> Trajectory:
    """Return `trajectory`, or raise if it is a batch: a gain belongs to one run."""
    if trajectory.batch:
        message = "a bound is about one run; take one with trajectory.sequence(b)."
        raise InputError(message)
    return trajectory
