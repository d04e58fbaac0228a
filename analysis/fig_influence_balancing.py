"""Influence balancing: truncation has the wrong sign, random truncation the scatter."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import figure, full_width, save
from gradlab.plots.style import BLACK, BLUE, GREEN, GREY, VERMILLION, label_line

NEEDS = ("influence_balancing",)
LOWEST = 0.3  # the optimised one falls to nothing once its cuts are beyond the memory


def main() -> list[pathlib.Path]:
    table, parameters = load_table("influence_balancing")
    with figure(full_width("icml"), 2.1, columns=2) as (fig, axes):
        draw_windows(axes[0], table, parameters["full"])
        draw_deviations(axes[1], table, abs(parameters["full"]))
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "influence_balancing"))


def draw_windows(ax: Axes, table: Table, full: float) -> None:
    windows, values = table["windows"], table["truncated"]
    wrong = np.sign(values) != np.sign(full)
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=0)
    ax.axhline(full, color=BLACK, lw=0.8, ls=(0, (4, 2)), zorder=1)
    for chosen, color in ((wrong, VERMILLION), (~wrong, BLUE)):
        ax.plot(windows[chosen], values[chosen], "o", ms=2, color=color)
    label_line(ax, 27, 13.0, "wrong sign", color=VERMILLION)
    label_line(ax, 51, -3.0, "right sign", color=BLUE)
    label_line(ax, 1, full, "full gradient", shift=(0, 6))
    ax.set_xlabel("window $k$ (steps)")
    ax.set_ylabel(r"estimate of $\mathrm{d}x_0/\mathrm{d}\theta$")
    ax.set_title("a  regular truncation", loc="left")


def draw_deviations(ax: Axes, table: Table, size: float) -> None:
    ways = (
        ("geometric", "constant $\\pi$", 9, VERMILLION, (5, 5)),
        ("renewal", "ARTBP", 6, GREEN, (-2, -10)),
        ("optimised", "optimised", 20, BLUE, (-8, -14)),
    )
    for name, title, length, color, shift in ways:
        ax.loglog(table["lengths"], table[name], color=color)
        at = int(np.searchsorted(table["lengths"], length))
        place = float(table["lengths"][at]), float(table[name][at])
        label_line(ax, *place, title, color=color, shift=shift)
    ax.axhline(size, color=BLACK, lw=0.8, ls=(0, (4, 2)), zorder=1)
    label_line(ax, 5, size, "size of the gradient", shift=(0, -6))
    ax.set_ylim(LOWEST, None)
    ax.set_xlabel("mean length (steps)")
    ax.set_ylabel("standard deviation")
    ax.set_title("b  random truncation", loc="left")


if __name__ == "__main__":
    run_drawing(main)
