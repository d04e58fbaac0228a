"""What strategies add to the noise of a minibatch, before, halfway and after."""

import pathlib

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.plots import column_width, draw_yardstick, figure, save
from gradlab.studies import Comparison, MinibatchVariance

NEEDS = ("yardstick",)
STAGES = ("untrained", "halfway", "trained")


def main() -> list[pathlib.Path]:
    found = {
        stage: (
            Comparison.load(DATA / f"yardstick-rows_{stage}"),
            MinibatchVariance.load(DATA / f"yardstick-noise_{stage}"),
        )
        for stage in STAGES
    }
    with figure(column_width("icml"), 2.9) as (fig, ax):
        draw_yardstick(ax, found)
        ax.annotate(
            "minibatch variance",
            (0.99, 1.0),
            xycoords=("axes fraction", "data"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="right",
            fontsize=7,
            color="#6e6e6e",
        )
        ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.1), ncols=2, borderpad=0)
        note_quick(fig, parameters_of("yardstick-rows_trained"))
    return list(save(fig, FIGURES / "yardstick"))


if __name__ == "__main__":
    run_drawing(main)
