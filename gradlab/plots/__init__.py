"""Pictures: each draws one kind of result on given axes and computes nothing."""

from gradlab.plots.gain import draw_gain
from gradlab.plots.products import draw_product_errors
from gradlab.plots.style import (
    PALETTE,
    column_width,
    figure,
    full_width,
    save,
    style,
)

__all__ = [
    "PALETTE",
    "column_width",
    "draw_gain",
    "draw_product_errors",
    "figure",
    "full_width",
    "save",
    "style",
]
