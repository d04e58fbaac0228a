"""Bias and standard deviation of every strategy against the steps a loss reaches."""

import pathlib

from matplotlib.axes import Axes

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import load_table
from gradlab.plots import draw_comparison, figure, full_width, save
from gradlab.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PINK, VERMILLION
from gradlab.studies import Comparison

NEEDS = ("bias_variance",)
CELLS = {"rnn_g1": "RNN, $g=1$", "rnn_g1p5": "RNN, $g=1.5$", "lstm": "LSTM"}
# Biased ones, which scatter by nothing, have full marks; unbiased ones hollow ones.
STRATEGIES = {
    "truncated": ("truncated", "o", BLUE),
    "segmented": ("segments", "s", GREEN),
    "random": ("random, nested", "o", VERMILLION),
    "letter": ("random, to the letter", "s", GREY),
    "renewal": ("random, ARTBP", "v", PINK),
    "window": ("random window", "^", ORANGE),
    "optimal": ("random, best $\\pi_t$", "D", BLACK),
}
BIASED = ("truncated", "segmented")
LOWEST, HIGHEST = 1e-4, 1e2


def main() -> list[pathlib.Path]:
    reaches, parameters = load_table("bias_variance-reach")
    size = full_width("icml"), 2.5
    with figure(*size, columns=len(CELLS), sharey=True) as (fig, axes):
        for letter, ax, (cell, title) in zip("abc", axes, CELLS.items(), strict=True):
            draw_cell(ax, cell, reaches)
            ax.set_title(f"{letter}  {title}", loc="left")
            ax.set_xlabel("steps that a loss reaches, mean")
            ax.set_ylim(LOWEST, HIGHEST)
        for ax in axes[1:]:
            ax.set_ylabel("")
        for line, (title, *_) in zip(marked(axes[0]), STRATEGIES.values(), strict=True):
            line.set_label(title)
        axes[0].legend(loc="lower left", handlelength=1.6, borderpad=0)
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "bias_variance"))


def draw_cell(ax: Axes, cell: str, reaches: dict) -> None:
    for name, (title, marker, color) in STRATEGIES.items():
        rows = Comparison.load(DATA / f"bias_variance-{name}_{cell}")
        look = {"marker": marker, "color": color, "name": title}
        draw_comparison(ax, rows, reaches[name], **look)
        if name not in BIASED:
            ax.lines[-1].set_markerfacecolor("white")


def marked(ax: Axes) -> list:
    return [line for line in ax.lines if line.get_marker() != "None"]


if __name__ == "__main__":
    run_drawing(main)
