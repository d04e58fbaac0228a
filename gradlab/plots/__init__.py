"""Pictures: each draws one kind of result on given axes and computes nothing."""

from gradlab.plots.bounds import draw_bounds, draw_tightness
from gradlab.plots.comparison import draw_comparison
from gradlab.plots.diagnosis import (
    by_gravity,
    draw_diagnosis,
    draw_jacobians,
    draw_rounding_levels,
    draw_signal,
    drawn_layers,
    plot_diagnosis,
)
from gradlab.plots.error_surface import draw_error_surface, draw_gradient_cut
from gradlab.plots.gain import draw_gain
from gradlab.plots.horizons import draw_horizons, draw_weight_limits
from gradlab.plots.influence import draw_flip, draw_influence
from gradlab.plots.inline import svg_element
from gradlab.plots.lags import draw_lag_share, draw_window_bias
from gradlab.plots.monitor import draw_monitor, plot_monitor
from gradlab.plots.precision import draw_precision_budget
from gradlab.plots.products import draw_product_errors
from gradlab.plots.profile import FLOAT_LIMITS, draw_float_limits, draw_profile
from gradlab.plots.pseudospectra import draw_power_norms, draw_pseudospectra
from gradlab.plots.reach import draw_reach
from gradlab.plots.remedies import draw_remedies
from gradlab.plots.segments import SegmentRow, draw_segments
from gradlab.plots.spectrum import draw_spectrum
from gradlab.plots.steady_states import draw_steady_states
from gradlab.plots.style import (
    PALETTE,
    column_width,
    figure,
    full_width,
    save,
    style,
    thinned,
)
from gradlab.plots.training import draw_losses, draw_outcomes
from gradlab.plots.twins import draw_twins
from gradlab.plots.yardstick import draw_yardstick

__all__ = [
    "FLOAT_LIMITS",
    "PALETTE",
    "SegmentRow",
    "by_gravity",
    "column_width",
    "draw_bounds",
    "draw_comparison",
    "draw_diagnosis",
    "draw_error_surface",
    "draw_flip",
    "draw_float_limits",
    "draw_gain",
    "draw_gradient_cut",
    "draw_horizons",
    "draw_influence",
    "draw_jacobians",
    "draw_lag_share",
    "draw_losses",
    "draw_monitor",
    "draw_outcomes",
    "draw_power_norms",
    "draw_precision_budget",
    "draw_product_errors",
    "draw_profile",
    "draw_pseudospectra",
    "draw_reach",
    "draw_remedies",
    "draw_rounding_levels",
    "draw_segments",
    "draw_signal",
    "draw_spectrum",
    "draw_steady_states",
    "draw_tightness",
    "draw_twins",
    "draw_weight_limits",
    "draw_window_bias",
    "draw_yardstick",
    "drawn_layers",
    "figure",
    "full_width",
    "plot_diagnosis",
    "plot_monitor",
    "save",
    "style",
    "svg_element",
    "thinned",
]
