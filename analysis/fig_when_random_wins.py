"""Where random truncation beats regular truncation: the ratio of errors as a map."""

import pathlib

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import figure, full_width, save
from gradlab.plots.style import BLACK

NEEDS = ("when_random_wins",)
PANELS = {"constant": "a  constant $\\pi$", "best": "b  best $\\pi_t$"}
LIMIT = 2.0  # decades on either side; what is beyond has the last colour
USEFUL = 0.5  # an error below half of the gradient


def main() -> list[pathlib.Path]:
    table, parameters = load_table("when_random_wins")
    with figure(full_width("icml"), 2.3, columns=2, sharey=True) as (fig, axes):
        for ax, (name, title) in zip(axes, PANELS.items(), strict=True):
            image = draw_ratio(ax, table, name)
            mark_useful(ax, table, name)
            ax.set_title(title, loc="left")
        axes[0].set_ylabel("mean reach (steps)")
        bar = fig.colorbar(image, ax=axes, extend="both")
        bar.set_label("error, random : regular")
        bar.set_ticks(range(-2, 3), labels=["1:100", "1:10", "1:1", "10:1", "100:1"])
        bar.outline.set_visible(False)
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "when_random_wins"))


def draw_ratio(ax: Axes, table: Table, name: str) -> object:
    """Draw the median over networks of log10 of the ratio, one cell a pair."""
    logs = np.median(np.log10(table[name] / table["regular"]), axis=-1).T
    rows, columns = logs.shape
    norm = TwoSlopeNorm(0.0, -LIMIT, LIMIT)
    look = {"cmap": "RdBu_r", "norm": norm, "edgecolors": "white", "linewidth": 0.5}
    image = ax.pcolormesh(np.arange(columns), np.arange(rows), logs, **look)
    ax.set_xticks(range(0, columns, 2), [f"{g:g}" for g in table["gains"][::2]])
    ax.set_yticks(range(rows), [f"{r:.3g}" for r in table["reach"]])
    ax.set_xlabel("gain $g$")
    return image


def mark_useful(ax: Axes, table: Table, name: str) -> None:
    """Put a dot where the better of the two errs by less than half of the gradient."""
    better = np.minimum(table[name], table["regular"])
    i, j = np.nonzero(np.median(better, axis=-1) < USEFUL)
    ax.plot(i, j, ".", ms=3, color=BLACK)


if __name__ == "__main__":
    run_drawing(main)
