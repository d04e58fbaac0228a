"""Training by every strategy: perplexity on the way, and what clipping changes."""

import pathlib

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import load_table
from gradlab.plots import draw_losses, draw_outcomes, figure, full_width, save
from gradlab.plots.style import BLACK, BLUE, GREEN, VERMILLION
from gradlab.studies import TrainingStudy

NEEDS = ("training",)
WAYS = {
    "full": ("full", BLACK),
    "segments": ("segments", GREEN),
    "window": ("window", BLUE),
    "random": ("random", VERMILLION),
}
MODELS = {"rnn": "a  RNN, clipped", "lstm": "b  LSTM, clipped"}
POINTS = 20  # of a line
LEVELS = (6, 7, 8, 9, 10, 12, 15, 20, 27)


def main() -> list[pathlib.Path]:
    _, parameters = load_table("training-losses_rnn")
    with figure(full_width("icml"), 2.2, columns=3) as (fig, axes):
        for ax, (name, title) in zip(axes, MODELS.items(), strict=False):
            draw_model(ax, name)
            ax.set_title(title, loc="left")
        axes[0].legend(loc="upper right", handlelength=1.4, borderpad=0)
        draw_clipping(axes[2])
        axes[2].set_title("c  RNN, at the end", loc="left")
        for ax in axes:
            ax.yaxis.set_major_locator(FixedLocator(LEVELS))
            ax.yaxis.set_major_formatter(ScalarFormatter())
            ax.yaxis.set_minor_formatter(NullFormatter())
            ax.minorticks_off()
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "training"))


def draw_model(ax: Axes, model: str) -> None:
    table, sizes = load_table(f"training-losses_{model}")
    study = TrainingStudy.load(DATA / f"training-study_{model}")
    each = sizes["batch"] * sizes["length"]
    seen = each * np.arange(1, sizes["updates"] + 1) / 1000
    for way, (name, color) in WAYS.items():
        if f"{way}, clipped" in study.strategies:
            losses = table["losses"][study.strategies.index(f"{way}, clipped")]
            every = max(sizes["updates"] // POINTS, 1)
            draw_losses(ax, seen, losses, every=every, color=color, name=name)
    ax.set_xlabel("characters seen (thousands)")


def draw_clipping(ax: Axes) -> None:
    study = TrainingStudy.load(DATA / "training-study_rnn")
    pairs = {name: (f"{way}, clipped", way) for way, (name, _) in WAYS.items()}
    pairs["window*"] = ("window, equal steps",)
    draw_outcomes(ax, study, pairs, [c for _, c in WAYS.values()] + [BLUE])
    ax.tick_params(axis="x", labelrotation=25)


if __name__ == "__main__":
    run_drawing(main)
