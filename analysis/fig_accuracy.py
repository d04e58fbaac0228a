"""Errors of exponents along graded chains: one LU a step, QR, sorted, seldom, never."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import PALETTE, draw_product_errors, figure, full_width, save
from gradlab.plots.style import GREY

NEEDS = ("accuracy",)
NAMES = {
    "lu": "LU",
    "qr": "QR",
    "sorted": "QR, rows sorted",
    "seldom": "QR every 10",
    "naive": "one QR at the end",
}
PANELS = {
    "gain": ("a  saturated networks", "gain $g$"),
    "grading": ("b  rows and columns graded", "smallest over largest"),
    "coupling": ("c  triangular, far from normal", "coupling above the diagonal"),
}
MARKS = ("o", "s", "^", "D", "v")


def main() -> list[pathlib.Path]:
    table, parameters = load_table("accuracy")
    with figure(full_width("icml"), 2.1, columns=3) as (fig, axes):
        for ax, (family, words) in zip(axes, PANELS.items(), strict=True):
            draw_family(ax, table, family, *words)
        axes[0].set_ylabel(r"error of $\ln|r_{ii}|$ (nats)")
        axes[1].invert_xaxis()
        name_lines(axes[2])
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "accuracy"))


def draw_family(ax: Axes, table: Table, family: str, title: str, label: str) -> None:
    """Draw the worst of all seeds and all i; at least half an ulp, for the axis."""
    worst = {
        name: np.maximum(table[f"{family}_{way}"].max(axis=1), 2.0**-53)
        for way, name in NAMES.items()
    }
    draw_product_errors(ax, table[family], worst, names=False)
    named = [line for line in ax.get_lines() if line.get_label() in worst]
    for line, mark in zip(named, MARKS, strict=True):
        line.set(marker=mark, markersize=2.8, markerfacecolor="none", linewidth=0.9)
    ax.axhline(1.0, color=GREY, lw=0.5, zorder=0)
    ax.set(ylim=(3e-17, 1e5), xlabel=label, ylabel="")
    ax.set_title(title, loc="left")


def name_lines(ax: Axes) -> None:
    for k, (name, color) in enumerate(zip(NAMES.values(), PALETTE, strict=False)):
        y = 0.72 - 0.075 * k
        ax.text(0.04, y, name, color=color, transform=ax.transAxes, va="top", size=7)


if __name__ == "__main__":
    run_drawing(main)
