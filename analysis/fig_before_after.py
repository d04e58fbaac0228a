"""Remedies that were tried on four networks: the horizon before, and after each."""

import pathlib

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.plots import draw_remedies, figure, full_width, save
from gradlab.studies import Diagnosis

NEEDS = ("diagnosis",)
MODELS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "trained_lstm": "LSTM, trained"}


def main() -> list[pathlib.Path]:
    with figure(full_width("icml"), 1.35, columns=4, sharex=True) as (fig, axes):
        panels = zip("abcd", axes, MODELS.items(), strict=True)
        for letter, ax, (name, title) in panels:
            (layer,) = Diagnosis.load(DATA / f"diagnosis-{name}").layers
            draw_remedies(ax, layer)
            ax.set_title(f"{letter}  {title}", loc="left")
            ax.set_xlabel("")
        fig.supxlabel("horizon (steps back)", fontsize=8)
        note_quick(fig, parameters_of("diagnosis-lstm"))
    return list(save(fig, FIGURES / "before_after"))


if __name__ == "__main__":
    run_drawing(main)
