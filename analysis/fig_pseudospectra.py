"""Pseudospectra of a trained recurrent matrix, and the transient of its powers."""

import pathlib

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.linalg import PowerNorms, Pseudospectrum
from gradlab.plots import (
    draw_power_norms,
    draw_pseudospectra,
    figure,
    full_width,
    save,
)
from gradlab.plots.style import BLACK, BLUE, label_line

NEEDS = ("pseudospectra",)


def main() -> list[pathlib.Path]:
    grid = Pseudospectrum.load(DATA / "pseudospectra-grid_trained")
    powers = {
        stage: PowerNorms.load(DATA / f"pseudospectra-powers_{stage}")
        for stage in ("trained", "untrained")
    }
    with figure(full_width("icml"), 2.7, columns=2, width_ratios=(1.15, 1)) as made:
        fig, axes = made
        draw_pseudospectra(axes[0], grid)
        axes[0].set_title("a  pseudospectra of $W$", loc="left")
        draw_power_norms(axes[1], powers["trained"], color=BLUE, name="trained")
        # In the frame of the trained matrix: before training, powers fall out of it.
        frame = axes[1].get_ylim()
        draw_power_norms(axes[1], powers["untrained"], color=BLACK, bounds=False)
        axes[1].set_ylim(frame)
        slope = powers["untrained"].log_norms[1:]
        last = int((slope > frame[0]).sum())
        label_line(axes[1], last, slope[last - 1], "untrained", color=BLACK)
        axes[1].set_ylabel(r"$\ln\|W^k\|$ (nats)")
        axes[1].set_title("b  powers of $W$", loc="left")
        note_quick(fig, parameters_of("pseudospectra-grid_trained"))
    return list(save(fig, FIGURES / "pseudospectra"))


if __name__ == "__main__":
    run_drawing(main)
