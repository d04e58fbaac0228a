"""Training by several strategies: perplexity e^loss on the way, and at the end."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from gradlab.errors import ShapeError
from gradlab.plots.style import BLUE, GREY, drawable, mark_edge, plain, say_no_data
from gradlab.studies import TrainingStudy
from gradlab.typing import Array, ArrayLike

__all__ = ["draw_losses", "draw_outcomes"]

_LARGEST_LOSS = 690.0  # e to it is still drawable
_APART = 0.2  # between two marks of one strategy; strategies are 1 apart


def draw_losses(
    ax: Axes,
    characters: ArrayLike,
    losses: ArrayLike,
    *,
    every: int = 1,
    color: str = BLUE,
    name: str = "",
) -> Axes:
    """Draw the perplexity of training batches: median over seeds, and their range.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    characters : (K,) array_like
        Symbols seen after each update.
    losses : (S, K) array_like
        Nats per symbol, seed by seed; from where a run ended on, NaN.
    every : int
        Updates whose mean loss is one point of the line.
    color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Raises
    ------
    ShapeError
        If `losses` has not one column per update.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> losses = np.log([[8.0, 4.0], [8.0, 2.0], [8.0, 1.0]])
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_losses(ax, [100, 200], losses, name="full")
    >>> ax.lines[0].get_ydata().round(9).tolist()
    [8.0, 2.0]
    """
    ax.set_xlabel("characters seen")
    ax.set_ylabel("perplexity")
    x, rows = np.asarray(characters, dtype=float), np.asarray(losses, dtype=float)
    if rows.ndim != 2 or rows.shape[1:] != x.shape:
        raise ShapeError("losses", f"(S, {x.size})", rows.shape)
    points = len(x) // every
    means = rows[:, : points * every].reshape(len(rows), points, every).mean(axis=2)
    seen = _perplexity(means)
    known = np.isfinite(seen).any(axis=0)
    if say_no_data(ax, seen[:, known]):
        return ax
    x, seen = x[every - 1 :: every][:points][known], seen[:, known]
    low, high = np.nanmin(seen, axis=0), np.nanmax(seen, axis=0)
    ax.fill_between(x, low, high, color=color, alpha=0.15, lw=0)
    ax.plot(x, np.nanmedian(seen, axis=0), color=color, label=plain(name))
    ax.set_yscale("log")
    return ax


def draw_outcomes(
    ax: Axes,
    study: TrainingStudy,
    pairs: Mapping[str, Sequence[str]],
    colors: Sequence[str],
) -> Axes:
    """Draw held-out perplexity at the end, a mark for every run.

    The first strategy of a pair has full marks, the second hollow ones; a cross on the
    upper edge is a run that diverged.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    study : TrainingStudy
        From `gradlab.studies.training_study`.
    pairs : mapping of str to sequence of str
        Strategies side by side, by the name below them.
    colors : sequence of str
        A colour for each of the pairs.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.datasets import embedded_text
    >>> from gradlab.gradients import Full
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import Adam, Recipe, training_study
    >>> recipe = Recipe(Full(), Adam(1e-2), updates=20, batch=8, length=8)
    >>> study = training_study(
    ...     embedded_text(), {"full": recipe}, kind="rnn", n=8, seeds=[0, 1]
    ... )
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_outcomes(ax, study, {"all": ["full"]}, [BLUE])
    >>> len(ax.lines[0].get_ydata()), ax.get_xticklabels()[0].get_text()
    (2, 'all')
    """
    ax.set_ylabel("held-out perplexity")
    ax.set_xticks(range(len(pairs)), [plain(name) for name in pairs])
    ax.set_xlim(-0.6, len(pairs) - 0.4)
    ends = _perplexity(np.where(study.diverged > 0, np.nan, study.held_out_loss))
    if say_no_data(ax, ends):
        return ax
    spread = np.linspace(-0.12, 0.12, len(study.seeds)) * (len(study.seeds) > 1)
    for place, (names, color) in enumerate(zip(pairs.values(), colors, strict=True)):
        for k, name in enumerate(names):
            row = ends[study.strategies.index(name)]
            x = place + spread + _APART * (2 * k - len(names) + 1)
            face = "white" if k else color
            ax.plot(x, row, "o", ms=3.2, mew=0.7, color=color, mfc=face)
            mark_edge(ax, x[np.isnan(row)], "x", color, edge=1.0)
    ax.set_yscale("log")
    ax.grid(axis="y", color=GREY, lw=0.3, alpha=0.4)
    return ax


def _perplexity(losses: Array) -> Array:
    """Return e^loss, NaN where it is none that can be drawn."""
    kept = np.where(np.abs(losses) < _LARGEST_LOSS, losses, np.nan)
    return drawable(np.exp(kept))
