"""What eigenvalues do not say: the curves σ_min(zI − A) = ε, and ‖A^k‖ against k."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from gradlab.linalg import PowerNorms, Pseudospectrum
from gradlab.plots.style import (
    BLACK,
    BLUE,
    GREY,
    VERMILLION,
    drawable,
    label_line,
    plain,
    say_no_data,
)

__all__ = ["draw_power_norms", "draw_pseudospectra"]

_SHADES = "Blues"  # light far out, dark inside: ordered also in grey
_LIGHTEST, _DARKEST = 0.25, 0.95


def draw_pseudospectra(
    ax: Axes, result: Pseudospectrum, *, circle: bool = True
) -> Axes:
    """Draw the level curves of a pseudospectrum, the eigenvalues and the unit circle.

    Within the curves of ε are the eigenvalues of all A + E with ‖E‖₂ ≤ ε.  They are
    darker for smaller ε; a legend beside the axes says which is which.

    Parameters
    ----------
    ax : Axes
        Where to draw; both directions get one scale.
    result : Pseudospectrum
        From `gradlab.linalg.pseudospectrum`; its `levels` are drawn.
    circle : bool
        Whether to draw |z| = 1, dashed.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.linalg import pseudospectrum
    >>> from gradlab.plots.style import figure
    >>> found = pseudospectrum([[0.9, 1.0], [0.0, 0.9]], points=20, levels=[0.1, 0.3])
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_pseudospectra(ax, found)
    >>> ax.lines[0].get_xdata().round(6).tolist()  # the eigenvalues
    [0.9, 0.9]
    """
    logs = drawable(result.log_sigma)
    ax.set_xlabel("real part")
    ax.set_ylabel("imaginary part")
    if say_no_data(ax, logs):
        return ax
    values = result.eigenvalues
    ax.plot(values.real, values.imag, "o", ms=1.6, mew=0.0, color=BLACK, zorder=3)
    _draw_levels(ax, result, logs)
    if circle:
        angles = np.linspace(0, 2 * np.pi, 361)
        dashed: Any = {"ls": (0, (4, 2)), "lw": 0.8, "color": VERMILLION, "zorder": 2}
        ax.plot(np.cos(angles), np.sin(angles), **dashed)
    ax.set_aspect("equal")
    ax.set_xlim(result.x[0], result.x[-1])
    ax.set_ylim(result.y[0], result.y[-1])
    return ax


def _draw_levels(ax: Axes, result: Pseudospectrum, logs: np.ndarray) -> None:
    shades = mpl.colormaps[_SHADES](
        np.linspace(_DARKEST, _LIGHTEST, max(len(result.levels), 1))
    )
    look: Any = {"linewidths": 0.9, "linestyles": "solid", "colors": list(shades)}
    levels = np.log(result.levels)
    ax.contour(result.x, result.y, logs, levels=levels, **look)
    for eps, shade in list(zip(result.levels.tolist(), shades, strict=True))[::-1]:
        ax.plot([], [], color=shade, lw=1.5, label=f"{eps:.3g}")
    place: Any = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
    ax.legend(title=r"$\varepsilon$", handlelength=1.0, **place)


def draw_power_norms(
    ax: Axes,
    result: PowerNorms,
    *,
    color: str = BLUE,
    name: str = "",
    bounds: bool = True,
) -> Axes:
    r"""Draw ln ‖A^k‖ against k, with ρ^k and the band of Kreiss' theorem.

    The largest norm is in the band: it is at least K and at most e n K.  A bound that
    is infinite is not drawn, and neither are norms of zero.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    result : PowerNorms
        From `gradlab.linalg.power_norms`.
    color, name : str
        Of the line; the name stands at its end.
    bounds : bool
        Whether to draw ρ^k and the band.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.linalg import power_norms
    >>> from gradlab.plots.style import figure
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_power_norms(ax, power_norms([[0.9, 1.0], [0.0, 0.9]], 30))
    >>> ax.get_ylabel()
    '$\\ln\\|A^k\\|$ (nats)'
    """
    logs = drawable(result.log_norms)
    k = np.arange(len(logs))
    ax.set_xlabel("power $k$")
    ax.set_ylabel(r"$\ln\|A^k\|$ (nats)")
    if say_no_data(ax, logs):
        return ax
    if bounds:
        _draw_bounds(ax, result, k)
    ax.plot(k, logs, "-", color=color, marker="o", ms=1.8, lw=0.9, label=plain(name))
    if name:
        last = np.flatnonzero(np.isfinite(logs))[-1]
        label_line(ax, float(k[last]), float(logs[last]), plain(name), color=color)
    return ax


def _draw_bounds(ax: Axes, result: PowerNorms, k: np.ndarray) -> None:
    rate = drawable([result.log_rate])[0]
    if np.isfinite(rate):
        ax.plot(k, k * rate, color=GREY, lw=0.8, ls=(0, (1, 1.5)), zorder=1)
        label_line(ax, float(k[-1]), float(k[-1] * rate), r"$\rho^k$", color=GREY)
    low, high = drawable(result.log_bounds)
    if np.isfinite(low) and np.isfinite(high):
        ax.axhspan(low, high, color=VERMILLION, alpha=0.08, lw=0, zorder=0)
    edge = ("axes fraction", "data")
    for level, text in ((low, "$K$"), (high, r"$\mathrm{e}nK$")):
        if np.isfinite(level):
            ax.axhline(level, color=VERMILLION, lw=0.8, zorder=1)
            label_line(ax, 1.0, level, text, color=VERMILLION, xycoords=edge)
