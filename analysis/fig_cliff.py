"""The error surface of one unit with its cliff, and why and how steeply it falls."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import (
    draw_error_surface,
    draw_gradient_cut,
    figure,
    full_width,
    save,
)
from gradlab.plots.style import BLACK, BLUE, GREY, PALETTE, VERMILLION, label_line
from gradlab.studies import ErrorSurface

NEEDS = ("cliff",)
DASHED = (0, (4, 2))


def main() -> list[pathlib.Path]:
    table, parameters = load_table("cliff")
    cuts = [
        ErrorSurface.load(DATA / f"cliff-cut{length}") for length in table["lengths"]
    ]
    ratios = {"width_ratios": (1.3, 1.0, 1.0)}
    with figure(full_width("icml"), 2.3, columns=3, **ratios) as (fig, axes):
        draw_map(axes[0], table, parameters["weight"])
        bar = fig.colorbar(axes[0].collections[0], ax=axes[0], pad=0.02)
        bar.set_label("error $E$")
        bar.outline.set_visible(False)
        at = int(np.flatnonzero(table["lengths"] == parameters["steps"])[0])
        draw_states(axes[1], cuts[at], table, parameters)
        draw_gradients(axes[2], cuts, table)
        for ax, title in zip(axes, "abc", strict=True):
            ax.set_title(title, loc="left")
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "cliff"))


def draw_map(ax: Axes, table: Table, weight: float) -> None:
    surface = ErrorSurface.load(DATA / "cliff-surface")
    draw_error_surface(ax, surface)
    ax.plot(*table["fold"], color="white", lw=1.0)
    for name in ("on_fold", "tangent"):
        ax.plot(*table[name], color=VERMILLION, lw=1.3, ls=DASHED)
    ax.plot(*table["cusp"], "o", ms=3, color="white")
    ax.axvline(weight, color="white", lw=0.5, ls=(0, (1, 2)))
    label_line(ax, 6.0, -2.35, "fold", color="white")
    label_line(ax, 4.2, -3.3, "cliff", color=VERMILLION)
    ax.set(xlim=surface.weights[[0, -1]], ylim=surface.biases[[0, -1]])


def draw_states(ax: Axes, cut: ErrorSurface, table: Table, parameters: dict) -> None:
    """Draw the fixed points at one weight, and where fifty steps from x_0 lead."""
    b, h, multiplier = table["states"]
    for stable, style in ((True, "-"), (False, (0, (3, 2)))):
        shown = np.where((multiplier < 1) == stable, h, np.nan)
        ax.plot(b, shown, color=BLACK, ls=style, lw=0.7)
    ax.plot(cut.biases, cut.outputs[:, 0], color=BLUE, lw=1.6, alpha=0.8)
    ax.axhline(float(table["first"]), color=GREY, lw=0.5, ls=(0, (1, 2)))
    ax.axvline(float(table["place"]), color=VERMILLION, lw=0.9, ls=DASHED)
    label_line(ax, -2.38, 0.67, "start", color=GREY, shift=(0, 0))
    ax.set(xlim=(-2.95, -2.15), ylim=(0, 1))
    ax.set_xlabel(f"bias $b$, at $w={parameters['weight']:g}$")
    ax.set_ylabel(rf"output $\sigma(x_{{{parameters['steps']}}})$")


def draw_gradients(ax: Axes, cuts: list[ErrorSurface], table: Table) -> None:
    """Draw the gradient below the cliff against the distance, for several T."""
    place = float(table["place"])
    for cut, length, color in zip(cuts, table["lengths"], PALETTE, strict=False):
        draw_gradient_cut(ax, cut, below=place, color=color)
        x, y = ax.lines[-1].get_data()
        nearest = float(x[-1]), float(y[-1])
        label_line(ax, *nearest, f"$T={length}$", color=color, shift=(2, -6))
    ax.set_xlabel("distance below the cliff, in $b$")


if __name__ == "__main__":
    run_drawing(main)
