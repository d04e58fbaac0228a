"""Exponents against the gain of the weights: λ(g), measured beside theory."""

import numpy as np
from matplotlib.axes import Axes

from gradlab.errors import ShapeError
from gradlab.plots.style import BLUE, GREY, drawable, plain, say_no_data
from gradlab.typing import ArrayLike

__all__ = ["draw_gain"]


def draw_gain(
    ax: Axes,
    gains: ArrayLike,
    exponents: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    theory: ArrayLike | None = None,
    color: str = BLUE,
    name: str = "measured",
) -> Axes:
    """Draw exponents against the gain g, with error bars and a theory's curve.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    gains : (k,) array_like
        g, dimensionless.
    exponents, errors : (k,) array_like
        Nats per step, and their standard errors.
    theory : (k,) array_like, optional
        What a theory says at the same gains, nats per step; a grey line.
    color, name : str
        Of the measured points; the name is their label.

    Returns
    -------
    Axes

    Raises
    ------
    ShapeError
        If the arrays differ in length.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_gain(ax, [0.5, 2.0], [-0.7, 0.15], theory=[-0.69, 0.155])
    >>> ax.get_ylabel()
    'exponent (nats per step)'
    """
    g, values = drawable(gains), drawable(exponents)
    bars = np.zeros_like(values) if errors is None else drawable(errors)
    curve = np.full_like(values, np.nan) if theory is None else drawable(theory)
    for label, row in [("exponents", values), ("errors", bars), ("theory", curve)]:
        if row.shape != g.shape:
            raise ShapeError(label, f"({g.size},)", row.shape)
    if say_no_data(ax, values, curve):
        return ax
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=0)
    if theory is not None:
        ax.plot(g, curve, color=GREY, lw=1.0, label="theory", zorder=1)
    ax.errorbar(g, values, bars, fmt="o", ms=2.5, color=color, label=plain(name))
    ax.set_xlabel("gain $g$")
    ax.set_ylabel("exponent (nats per step)")
    return ax
