"""Pictures: each draws one kind of result on given axes and computes nothing."""

from gradlab.plots.gain import draw_gain
from gradlab.plots.influence import draw_flip, draw_influence
from gradlab.plots.products import draw_product_errors
from gradlab.plots.profile import FLOAT_LIMITS, draw_float_limits, draw_profile
from gradlab.plots.reach import draw_reach
from gradlab.plots.spectrum import draw_spectrum
from gradlab.plots.style import (
    PALETTE,
    column_width,
    figure,
    full_width,
    save,
    style,
)
from gradlab.plots.twins import draw_twins

__all__ = [
    "FLOAT_LIMITS",
    "PALETTE",
    "column_width",
    "draw_flip",
    "draw_float_limits",
    "draw_gain",
    "draw_influence",
    "draw_product_errors",
    "draw_profile",
    "draw_reach",
    "draw_spectrum",
    "draw_twins",
    "figure",
    "full_width",
    "save",
    "style",
]
