"""A Lyapunov spectrum: λ_1 ≥ … ≥ λ_k against their place, with standard errors."""

import numpy as np
from matplotlib.axes import Axes

from gradlab.exponents import LyapunovSpectrum
from gradlab.plots.style import BLUE, GREY, drawable, mark_edge, plain, say_no_data

__all__ = ["draw_spectrum"]


def draw_spectrum(
    ax: Axes, spectrum: LyapunovSpectrum, *, color: str = BLUE, name: str = "measured"
) -> Axes:
    """Draw the exponents of a spectrum against their place i, in nats per step.

    Exponents that are −∞ (a direction that one step erases) are marked on the lower
    edge.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    spectrum : LyapunovSpectrum
        From `gradlab.exponents.lyapunov_spectrum`.
    color, name : str
        Of the points; the name is their label.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.exponents import lyapunov_spectrum
    >>> from gradlab.plots.style import figure
    >>> spectrum = lyapunov_spectrum([np.diag([2.0, 0.5])] * 50)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_spectrum(ax, spectrum)
    >>> [float(y) for y in ax.lines[1].get_ydata().round(3)]
    [0.693, -0.693]
    """
    exponents, errors = drawable(spectrum.exponents), drawable(spectrum.stderr)
    places = np.arange(1, len(exponents) + 1)
    ax.set_xlabel("place $i$ in the spectrum")
    ax.set_ylabel(r"exponent $\lambda_i$ (nats per step)")
    if say_no_data(ax, exponents):
        return ax
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=0)
    size = 3.0 if len(exponents) <= 32 else 1.2
    # An error that is not known (too few steps) is drawn as none, not as infinite.
    bars = np.nan_to_num(errors)
    label = plain(name)
    ax.errorbar(places, exponents, bars, fmt="o", ms=size, color=color, label=label)
    mark_edge(ax, places[spectrum.exponents == -np.inf], "v", color, edge=0.0)
    return ax
