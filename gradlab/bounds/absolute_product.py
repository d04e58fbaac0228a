"""Signs forgotten: ‖J_T ⋯ J_1‖₂ ≤ ‖|J_T| ⋯ |J_1|‖₂, |J| being entrywise."""

from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.products import enclosed_log_gain

__all__ = ["AbsoluteProduct"]


@final
class AbsoluteProduct(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ln‖|J_T| ⋯ |J_1|‖₂, for every cell and every run.

    It is what is left of the gain if no two ways through the network cancel, and sharp
    where no two can: where all entries of every J_t have one sign.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> shear = Linear([[1.0, -1.0], [0.0, 1.0]], [[0.0], [0.0]])
    >>> rest = run(shear, [0.0, 0.0], [[0.0]] * 10)
    >>> round(AbsoluteProduct().log_bound(rest), 12)  # arsinh 5: the signs do nothing
    2.312438341273
    """

    label = "thm:absolute-product"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\le\ln\bigl\||J_T|\cdots|J_1|\bigr\|_2,"
        r"\qquad|J|_{ij}=|J_{ij}|"
    )
    source = Reference("horn2013matrix", "Sec. 8.1")
    assumptions = "none"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return ln‖|J_T| ⋯ |J_1|‖₂ in nats, some 10⁻⁹ wide.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        sizes = np.abs(require_single(trajectory).chain.factors())
        return enclosed_log_gain(sizes, atol=1e-9)
