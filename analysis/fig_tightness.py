"""How far every bound is from the truth, on networks as drawn and after training."""

import pathlib

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.plots import column_width, draw_tightness, figure, save
from gradlab.studies import BoundComparison

NEEDS = ("tightness",)
NAMES = {
    "rnn_g0p5": "RNN, gain 0.5",
    "rnn_g1": "RNN, gain 1",
    "rnn_g2": "RNN, gain 2",
    "lstm": "LSTM",
    "gru": "GRU",
}


def main() -> list[pathlib.Path]:
    runs = {
        name: [
            BoundComparison.load(DATA / f"tightness-{cell}_{state}")
            for state in ("drawn", "trained")
        ]
        for cell, name in NAMES.items()
    }
    with figure(column_width("icml"), 3.6) as (fig, ax):
        draw_tightness(ax, runs)
        fig.legend(loc="outside upper center", ncols=3, handletextpad=0.1)
        note_quick(fig, parameters_of("tightness-rnn_g1_drawn"))
    return list(save(fig, FIGURES / "tightness"))


if __name__ == "__main__":
    run_drawing(main)
