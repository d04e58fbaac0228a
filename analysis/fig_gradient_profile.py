"""Gradients of five cells on a text: every singular value, all the way down."""

import pathlib

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.exponents import LyapunovSpectrum
from gradlab.gradients import GradientProfile
from gradlab.plots import (
    draw_float_limits,
    draw_profile,
    figure,
    full_width,
    save,
)
from gradlab.plots.style import BLACK, BLUE, GREEN, GREY, VERMILLION

NEEDS = ("gradient_profile",)
CELLS = {
    "rnn_g0p5": (r"RNN, $g=0.5$", BLUE),
    "rnn_g1": (r"RNN, $g=1$", BLUE),
    "rnn_g2": (r"RNN, $g=2$", BLUE),
    "lstm": ("LSTM", VERMILLION),
    "gru": ("GRU", GREEN),
}
LOWEST, HIGHEST = -2600.0, 250.0  # nats: both limits of floats and the slopes are seen


def main() -> list[pathlib.Path]:
    size = full_width("icml"), 2.3
    with figure(*size, columns=len(CELLS), sharex=True, sharey=True) as (fig, axes):
        panels = zip("abcde", axes, CELLS.items(), strict=True)
        for letter, ax, (name, (title, color)) in panels:
            draw_cell(ax, name, color)
            ax.set_title(f"{letter}  {title}", loc="left")
            ax.set_ylabel("")
        axes[0].set_ylim(LOWEST, HIGHEST)
        axes[0].set_ylabel(r"$\ln\sigma_i(\partial h_T/\partial h_t)$ (nats)")
        draw_float_limits(axes[-1])
        explain(axes[-1])
        note_quick(fig, parameters_of("gradient_profile-profile_lstm"))
    return list(save(fig, FIGURES / "gradient_profile"))


def draw_cell(ax: Axes, name: str, color: str) -> None:
    profile = GradientProfile.load(DATA / f"gradient_profile-profile_{name}")
    spectrum = LyapunovSpectrum.load(DATA / f"gradient_profile-spectrum_{name}")
    draw_profile(ax, profile, exponent=spectrum.top, color=color, names=False)
    draw_float_limits(ax, names=False)
    end = float(profile.log_bottom[-1])
    if end < LOWEST:
        text = f"to {end:,.0f}".replace("-", "−")
        ax.text(0.98, 0.02, text, transform=ax.transAxes, ha="right", fontsize=7)


def explain(ax: Axes) -> None:
    """Say what the lines are in the panel that has the room, and in no colour."""
    looks = {
        "largest": {"lw": 1.4, "color": GREY},
        "geom. mean": {"lw": 0.8, "color": GREY},
        "smallest": {"lw": 0.8, "color": GREY, "ls": (0, (1, 1))},
        r"$\lambda_1(T-t)$": {"lw": 0.9, "color": BLACK, "ls": (0, (4, 2))},
    }
    handles = [Line2D([], [], label=name, **look) for name, look in looks.items()]
    ax.legend(handles=handles, loc="lower left", handlelength=1.6, borderpad=0)


if __name__ == "__main__":
    run_drawing(main)
