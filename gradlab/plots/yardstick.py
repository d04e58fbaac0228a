"""Strategies against the minibatch: (bias² + variance)/Var(ḡ), stage by stage."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gradlab.errors import InputError
from gradlab.plots.style import (
    BLACK,
    GREY,
    PALETTE,
    drawable,
    plain,
    say_no_data,
)
from gradlab.studies import Comparison, MinibatchVariance

__all__ = ["draw_yardstick"]

_MARKERS = "osD^vp"
_SPREAD = 0.3  # of the distance of two stages, so that equal values stay apart


def draw_yardstick(
    ax: Axes, stages: Mapping[str, tuple[Comparison, MinibatchVariance]]
) -> Axes:
    """Draw squared errors in units of the minibatch variance, one column per stage.

    Full marks: all of the error is bias; hollow ones: all or part is variance.  The
    grey level at 1 is the noise that training has whatever the estimator.  Errors of 0
    are not drawn.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    stages : mapping
        By name, in order: the estimators of one gradient and the noise of that
        gradient.  All stages have the same estimators.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If there is no stage, or stages differ in their estimators.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import Truncated
    >>> from gradlab.objectives import SquaredError
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import compare_truncations, minibatch_variance
    >>> cell = Linear([[0.5]], [[1.0]])
    >>> pair = run(cell, [[0.0], [0.0]], [[[1.0], [3.0]]] * 2)
    >>> loss = SquaredError(pair, np.zeros((2, 2, 1)), [[1.0]])
    >>> both = compare_truncations(loss, [Truncated(1)]), minibatch_variance(loss)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_yardstick(ax, {"untrained": both})
    >>> [text.get_text() for text in ax.get_xticklabels()]
    ['untrained']
    """
    kinds = {rows.names for rows, _ in stages.values()}
    if len(kinds) != 1:
        message = (
            f"`stages` must share their estimators; got {len(kinds)} sets of them."
        )
        raise InputError(message)
    (names,) = kinds
    places = np.arange(len(stages))
    ax.set_xticks(places, [plain(name) for name in stages])
    ax.set_xlim(-0.5, len(stages) - 0.5)
    ax.set_ylabel("squared error / minibatch variance")
    units = drawable(
        [
            [noise.in_units(error**2) for error in rows.error]
            for rows, noise in stages.values()
        ]
    )
    units[~(units > 0)] = np.nan
    if say_no_data(ax, units):
        return ax
    ax.axhline(1.0, color=GREY, lw=0.5, zorder=0)
    shifts = _SPREAD * np.linspace(-1, 1, len(names)) if len(names) > 1 else np.zeros(1)
    scatters = np.max([rows.std > 0 for rows, _ in stages.values()], axis=0)
    for k, name in enumerate(names):
        color = (*PALETTE, BLACK)[k % (len(PALETTE) + 1)]
        look: Any = {"ms": 4.0, "mew": 0.8, "lw": 0.4, "color": color}
        look["mfc"] = "white" if scatters[k] else color
        look["marker"] = _MARKERS[k % len(_MARKERS)]
        ax.plot(places + shifts[k], units[:, k], label=plain(name), **look)
    ax.set_yscale("log")
    return ax
