"""The butterfly: twins part at λ_1; the first character fades, or rules the end."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.butterfly import Flip, Influence, Twins
from gradlab.exponents import LyapunovSpectrum
from gradlab.plots import (
    draw_flip,
    draw_influence,
    draw_twins,
    figure,
    full_width,
    save,
)
from gradlab.plots.style import BLACK, BLUE, GREEN, GREY, VERMILLION, label_line

NEEDS = ("butterfly",)
GAINS = {"g0p5": ("$g=0.5$", GREEN), "g1": ("$g=1$", BLUE), "g2": ("$g=2$", VERMILLION)}
CHAOTIC = "g2"
LABEL_AT = {"g0p5": -27.0, "g1": -16.0, "g2": -np.inf}  # nats, where lines are apart


def main() -> list[pathlib.Path]:
    parameters = parameters_of(f"butterfly-spectrum_{CHAOTIC}")
    with figure(full_width("icml"), 2.1, columns=3) as (fig, axes):
        draw_pairs(axes[0], parameters["pairs"])
        for name in GAINS:
            draw_reach(axes[1], name)
            draw_change(axes[2], name)
        axes[1].set_title("b  influence on the last output", loc="left")
        label_rounding(axes[2])
        axes[2].set_title("c  first character changed", loc="left")
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "butterfly"))


def draw_pairs(ax: Axes, pairs: int) -> None:
    label, color = GAINS[CHAOTIC]
    for seed in range(pairs):
        pair = Twins.load(DATA / f"butterfly-twins{seed}_{CHAOTIC}")
        rate = exponent(CHAOTIC) if seed == pairs - 1 else None
        draw_twins(ax, pair, exponent=rate, color=color)
    ax.set_title(f"a  {pairs} pairs of twins, {label}", loc="left")
    middle = pair.linear_until // 2
    height = float(pair.log_separation[0] + exponent(CHAOTIC) * middle)
    label_line(ax, middle, height, r"slope $\lambda_1$", color=BLACK, shift=(12, -4))
    if pair.log_saturation == pair.log_saturation:
        end = len(pair.log_separation) - 1
        look = {"color": GREY, "shift": (0, -9), "ha": "right"}
        label_line(ax, end, pair.log_saturation, "saturation", **look)


def draw_reach(ax: Axes, name: str) -> None:
    label, color = GAINS[name]
    found = Influence.load(DATA / f"butterfly-influence_{name}")
    draw_influence(ax, found, exponent=exponent(name), color=color, name=label)
    t = len(found.log_norms) // 4
    rising = exponent(name) < 0
    look = {"shift": (-4, 6), "ha": "right"} if rising else {"shift": (2, 6)}
    label_line(ax, t, float(found.log_norms[t]), label, color=color, **look)


def draw_change(ax: Axes, name: str) -> None:
    label, color = GAINS[name]
    changed = Flip.load(DATA / f"butterfly-flip_{name}")
    draw_flip(ax, changed, color=color, name=label)
    below = np.flatnonzero(changed.log_output < LABEL_AT[name])
    if name == CHAOTIC:
        middle = len(changed.log_output) // 2
        height = float(changed.log_output[middle])
        label_line(ax, middle, height, label, color=color, shift=(0, -9))
    elif len(below):
        t = int(below[0])
        height = float(changed.log_output[t])
        label_line(ax, t, height, label, color=color, shift=(4, 3))


def label_rounding(ax: Axes) -> None:
    changed = Flip.load(DATA / "butterfly-flip_g1")
    end = len(changed.log_output)
    height = float(changed.log_output[-1])
    look = {"color": GREY, "shift": (0, 9), "ha": "right"}
    label_line(ax, end, height, "rounding of float64", **look)


def exponent(name: str) -> float:
    found = LyapunovSpectrum.load(DATA / f"butterfly-spectrum_{name}")
    return float(found.exponents[0])


if __name__ == "__main__":
    run_drawing(main)
