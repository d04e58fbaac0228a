"""Pseudospectra of a trained recurrent matrix, and the transient of its powers."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

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
        draw_untrained(axes[1], powers["untrained"])
        axes[1].set_ylabel(r"$\ln\|W^k\|$ (nats)")
        axes[1].set_title("b  powers of $W$", loc="left")
        note_quick(fig, parameters_of("pseudospectra-grid_trained"))
    return list(save(fig, FIGURES / "pseudospectra"))


def draw_untrained(ax: Axes, powers: PowerNorms) -> None:
    """Draw norms in the frame of the trained matrix, as far as they are in it."""
    frame = ax.get_ylim()
    draw_power_norms(ax, powers, color=BLACK, bounds=False)
    ax.set_ylim(frame)
    last = int(np.flatnonzero(powers.log_norms > frame[0])[-1])
    label_line(ax, last, float(powers.log_norms[last]), "untrained", color=BLACK)


if __name__ == "__main__":
    run_drawing(main)
