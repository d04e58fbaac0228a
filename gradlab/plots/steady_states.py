"""Steady states against a parameter: full marks attract, hollow ones repel."""

from typing import Any

from matplotlib.axes import Axes

from gradlab._checks import require_count
from gradlab.errors import InputError
from gradlab.plots.style import BLUE, VERMILLION, drawable, say_no_data
from gradlab.studies import SteadyStates

__all__ = ["draw_steady_states"]

_LOOKS = {1: ("o", BLUE), 2: ("s", VERMILLION)}  # by period: marker and colour


def draw_steady_states(
    ax: Axes, found: SteadyStates, *, unit: int = 0, parameter: str = "parameter"
) -> Axes:
    """Draw one entry of every steady state against the parameter.

    Round blue marks are fixed points, square red ones are states of 2-cycles; full ones
    are stable, hollow ones are not, or not decided.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    found : SteadyStates
        From `gradlab.studies.steady_states`.
    unit : int
        Which entry of the state, from 0.
    parameter : str
        The name of the parameter, as matplotlib shows it.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If the states have no such entry.

    Examples
    --------
    >>> from gradlab.cells import Logistic
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import steady_states
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_steady_states(ax, steady_states(Logistic, [3.2], [], rng=0))
    >>> [line.get_label() for line in ax.lines]
    ['fixed point, unstable', '2-cycle, stable']
    """
    n = found.states.shape[1]
    if require_count("unit", unit, minimum=0) >= n:
        message = f"`unit` must be in 0 … {n - 1}; got {unit}."
        raise InputError(message)
    ax.set_xlabel(parameter)
    ax.set_ylabel(f"steady state $h_{{{unit + 1}}}$")
    x, h = drawable(found.parameter), drawable(found.states[:, unit])
    if say_no_data(ax, h):
        return ax
    for period, (marker, color) in _LOOKS.items():
        kind = {1: "fixed point", 2: "2-cycle"}[period]
        for stable in (False, True):
            chosen = (found.period == period) & ((found.stability == 1) == stable)
            look: Any = {"ms": 2.6, "mew": 0.7, "mfc": color if stable else "white"}
            look["label"] = f"{kind}, {'stable' if stable else 'unstable'}"
            if chosen.any():
                ax.plot(x[chosen], h[chosen], marker, color=color, **look)
    ax.margins(x=0.02)
    return ax
