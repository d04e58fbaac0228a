"""What is left of the last gradient in six networks, lag by lag, with the verdicts."""

import math
import pathlib

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.plots import (
    draw_diagnosis,
    draw_rounding_levels,
    figure,
    full_width,
    save,
)
from gradlab.plots.style import GREEN, VERMILLION
from gradlab.studies import Diagnosis

NEEDS = ("diagnosis",)
MODELS = {
    "lstm": "LSTM",
    "bias": "LSTM, forget bias 1",
    "trained_lstm": "LSTM, trained",
    "orthogonal": "RNN, orthogonal",
    "loud": "RNN, gain 2",
    "trained_rnn": "RNN, trained",
}


def main() -> list[pathlib.Path]:
    return list(save(gallery(), FIGURES / "diagnosis_gallery"))


def gallery() -> Figure:
    size = full_width("icml"), 3.1
    options = {"rows": 2, "columns": 3, "sharex": True, "sharey": True}
    with figure(*size, **options) as (fig, axes):
        panels = zip("abcdef", axes.flat, MODELS.items(), strict=True)
        for letter, ax, (name, title) in panels:
            draw_model(ax, Diagnosis.load(DATA / f"diagnosis-{name}"))
            ax.set_title(f"{letter}  {title}", loc="left")
            ax.label_outer()
        for ax in axes.flat:
            draw_rounding_levels(ax, names=ax in axes[:, -1])
        note_quick(fig, parameters_of("diagnosis-lstm"))
    return fig


def draw_model(ax: Axes, found: Diagnosis) -> None:
    draw_diagnosis(ax, found)
    (layer,) = found.layers
    words = found.verdict.value
    if math.isfinite(layer.horizon):
        words += f"\nhorizon {layer.horizon:.0f}"
    color = VERMILLION if found.verdict.is_trouble else GREEN
    place = {"transform": ax.transAxes, "va": "bottom", "linespacing": 1.3}
    ax.text(0.04, 0.05, words, color=color, **place)


if __name__ == "__main__":
    run_drawing(main)
