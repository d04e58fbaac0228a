"""A certificate: the outer end of a bound beside the gain, each enclosed by itself."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab.references import Reference
from gradlab.typing import Factors, Vector
from gradlab.verified.compare import Verdict
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.products import enclosed_log_gain

__all__ = ["Certificate", "certificate"]

MODEL = "the float64 Jacobians of the stored run, taken as exact numbers"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Certificate(Result):
    """What a theorem says of a run, and what was seen of it; nats.

    Attributes
    ----------
    label : str
        The theorem.
    direction : str
        "above" or "below".
    log_gain : Enclosure
        ln‖J_T ⋯ J_1‖₂.
    log_bound : Enclosure
        The theorem's value; what it promises is the outer end.
    arithmetic : str
        What the gain was enclosed in.
    verdict : Verdict
        PROVED: the gain keeps to the outer end of the bound.  REFUTED: it does not, so
        the theorem or its code is wrong.  UNDECIDED: nothing is certified, for the
        `reason` of one of the enclosures.
    model : str
        Which matrices the certificate speaks of.  Weights given in float32 enter as
        the numbers they are; what float64 rounded on the way to a Jacobian is in it.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("rump2010verification"),
        Reference("johansson2017arb"),
    )

    label: str
    direction: str
    log_gain: Enclosure
    log_bound: Enclosure
    arithmetic: str
    verdict: Verdict
    model: str = MODEL

    def columns(self) -> dict[str, Vector]:
        """Return the ends of the gain and the bound that is promised, in one row."""
        row = {
            "log_gain_lower": self.log_gain.lower,
            "log_gain_upper": self.log_gain.upper,
            "log_bound": _outer_end(self.log_bound, self.direction),
        }
        return {name: np.array([value]) for name, value in row.items()}


def certificate(
    label: str, direction: str, bound: Enclosure, factors: Factors, atol: float
) -> Certificate:
    """Return the certificate of a bound; the gain is enclosed until the two compare."""
    end, trouble = _outer_end(bound, direction), "" if bound.certified else bound.reason
    outer = Enclosure.between(end, end, arithmetic=bound.arithmetic, fault=trouble)

    def verdict(gain: Enclosure) -> Verdict:
        return gain.at_most(outer) if direction == "above" else gain.at_least(outer)

    def decided(gain: Enclosure) -> bool:
        return not outer.certified or verdict(gain) is not Verdict.UNDECIDED

    gain = enclosed_log_gain(factors, atol=atol, until=decided)
    return Certificate(
        label=label,
        direction=direction,
        log_gain=gain,
        log_bound=bound,
        arithmetic=gain.arithmetic,
        verdict=verdict(gain),
    )


def _outer_end(bound: Enclosure, direction: str) -> float:
    return float(bound.upper if direction == "above" else bound.lower)
