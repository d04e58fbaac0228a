"""The lag at which number formats lose a gradient, in networks of every λ_1."""

import pathlib

from analysis.data_diagnosis import BIASES, GAINS
from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.plots import column_width, draw_precision_budget, figure, save
from gradlab.studies import Diagnosis

NEEDS = ("diagnosis",)
SWEPT = (
    *(f"lstm{k}" for k in range(len(BIASES))),
    *(f"rnn{k}" for k in range(len(GAINS))),
)


def main() -> list[pathlib.Path]:
    layers = [
        Diagnosis.load(DATA / f"diagnosis-budget_{name}").layers[0] for name in SWEPT
    ]
    with figure(column_width("icml"), 2.1) as (fig, ax):
        draw_precision_budget(ax, layers)
        note_quick(fig, parameters_of("diagnosis-lstm"))
    return list(save(fig, FIGURES / "precision_budget"))


if __name__ == "__main__":
    run_drawing(main)
