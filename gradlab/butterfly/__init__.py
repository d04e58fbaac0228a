"""The butterfly effect: what a small change early on becomes later."""

from gradlab.butterfly.flip import Flip, flip
from gradlab.butterfly.horizon import Horizon, predictability_horizon
from gradlab.butterfly.influence import Influence, influence
from gradlab.butterfly.twins import Ending, Twins, twins

__all__ = [
    "Ending",
    "Flip",
    "Horizon",
    "Influence",
    "Twins",
    "flip",
    "influence",
    "predictability_horizon",
    "twins",
]
