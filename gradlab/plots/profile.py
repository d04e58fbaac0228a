"""Gradients against time: ln σ_i(∂h_T/∂h_t) for i = 1 … n, in nats."""

import math

import numpy as np
from matplotlib.axes import Axes

from gradlab.gradients import GradientProfile
from gradlab.plots.style import (
    BLACK,
    BLUE,
    GREY,
    drawable,
    label_line,
    mark_edge,
    plain,
    say_no_data,
)
from gradlab.typing import Array

__all__ = ["FLOAT_LIMITS", "draw_float_limits", "draw_profile"]

FLOAT_LIMITS = {
    "float32": math.log(np.finfo(np.float32).smallest_subnormal),
    "float64": math.log(np.finfo(np.float64).smallest_subnormal),
}
"""ln of the smallest positive number of each format: below it there is only 0."""


def draw_profile(
    ax: Axes,
    profile: GradientProfile,
    *,
    exponent: float | None = None,
    color: str = BLUE,
    name: str = "",
    names: bool = True,
) -> Axes:
    r"""Draw all singular values of ∂h_T/∂h_t against t, in nats, and ln‖∂L/∂h_t‖.

    The band reaches from the largest to the smallest singular value; the line inside
    it is their geometric mean.  Where the smallest is exactly 0 (−∞ nats) a mark stands
    on the lower edge.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    profile : GradientProfile
        From `gradlab.gradients.profile`.
    exponent : float, optional
        λ_1 in nats per step, drawn as the line λ_1 (T − t).
    color, name : str
        Of the band; the name is the title of the axes.
    names : bool
        Whether to write beside the lines what they are.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import profile
    >>> from gradlab.plots.style import figure
    >>> halving = run(Linear([[0.5]], [[1.0]]), [1.0], np.zeros((2000, 1)))
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_profile(ax, profile(halving))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('step $t$', '$\\ln\\,\\sigma_i(\\partial h_T/\\partial h_t)$ (nats)')
    """
    has_spectrum = len(profile.lags) > 0
    values = drawable(profile.log_singular_values)
    gradient = drawable(profile.log_gradient)
    ax.set_title(plain(name)) if name else None
    ax.set_xlabel("step $t$")
    ax.set_ylabel(_ylabel(has_spectrum, len(gradient) > 0))
    if say_no_data(ax, values, gradient):
        return ax
    if has_spectrum:
        _draw_band(ax, profile, color, names=names)
    if exponent is not None and has_spectrum and np.isfinite(exponent):
        line = exponent * profile.lags
        label = r"$\lambda_1(T-t)$"
        ax.plot(profile.times, line, color=BLACK, lw=0.9, ls=(0, (4, 2)), label=label)
    if len(gradient):
        label = r"$\ln\|\partial L/\partial h_t\|$"
        ax.plot(np.arange(len(gradient)), gradient, color=BLACK, lw=0.8, label=label)
    return ax


def _ylabel(has_spectrum: bool, has_gradient: bool) -> str:
    if has_spectrum and has_gradient:
        return "nats"
    if has_gradient:
        return r"$\ln\,\|\partial L/\partial h_t\|$ (nats)"
    return r"$\ln\,\sigma_i(\partial h_T/\partial h_t)$ (nats)"


def _draw_band(ax: Axes, profile: GradientProfile, color: str, *, names: bool) -> None:
    t = profile.times
    top, mean, bottom = (
        drawable(v) for v in (profile.log_top, profile.log_mean, profile.log_bottom)
    )
    ax.fill_between(t, bottom, top, color=color, alpha=0.18, lw=0)
    ax.plot(t, top, color=color, lw=1.4, label="largest")
    ax.plot(t, mean, color=color, lw=0.8, label="geometric mean")
    ax.plot(t, bottom, color=color, lw=0.8, ls=(0, (1, 1)), label="smallest")
    if names:
        for text, line in [
            ("largest", top),
            ("geometric mean", mean),
            ("smallest", bottom),
        ]:
            _name_start(ax, t, line, text, color)
    mark_edge(ax, t[profile.log_bottom == -np.inf], "v", color, edge=0.0)


def _name_start(ax: Axes, t: Array, line: Array, text: str, color: str) -> None:
    """Write a name at the earliest step of a line, on the side it turns away from."""
    seen = np.flatnonzero(np.isfinite(line))
    if len(seen) > 1:
        first = seen[-1]  # the largest lag is the earliest step
        below = line[seen[0]] > line[first]
        shift = (4.0, -7.0 if below else 7.0)
        start = float(t[first]), float(line[first])
        label_line(ax, *start, text, color=color, shift=shift)


def draw_float_limits(ax: Axes, *, names: bool = True) -> Axes:
    """Draw the levels below which float32 and float64 hold nothing but 0, in nats.

    The names are written to the right of the axes.

    Examples
    --------
    >>> {name: round(level, 2) for name, level in FLOAT_LIMITS.items()}
    {'float32': -103.28, 'float64': -744.44}
    """
    for name, level in FLOAT_LIMITS.items():
        ax.axhline(level, color=GREY, lw=0.6, ls=(0, (1, 1.5)), zorder=0)
        if names:
            across = ax.get_yaxis_transform()
            look = {"fontsize": 7.0, "color": GREY}
            ax.text(1.02, level, name, look, transform=across, va="center")
    return ax
