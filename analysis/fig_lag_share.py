"""How far back the gradient comes from: what lags carry, and what windows leave out."""

import pathlib

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.gradients import LagDecomposition
from gradlab.plots import draw_lag_share, draw_window_bias, figure, full_width, save
from gradlab.plots.style import BLUE, GREEN, ORANGE, PINK, SKY, VERMILLION

NEEDS = ("lag_share",)
CELLS = {
    "rnn_g0p5": ("RNN, g = 0.5", SKY),
    "rnn_g1": ("RNN, g = 1", BLUE),
    "rnn_g1p2": ("RNN, g = 1.2", ORANGE),
    "rnn_g2": ("RNN, g = 2", VERMILLION),
    "lstm": ("LSTM", PINK),
    "gru": ("GRU", GREEN),
}
LOWEST = 1e-8


def main() -> list[pathlib.Path]:
    steps = parameters_of("lag_share-lstm")["steps"]
    with figure(full_width("icml"), 2.3, columns=2) as (fig, axes):
        for name, (title, color) in CELLS.items():
            found = LagDecomposition.load(DATA / f"lag_share-{name}")
            dashed = name == "gru"  # it would hide the LSTM, which is as short
            for ax, draw in zip(axes, (draw_lag_share, draw_window_bias), strict=True):
                draw(ax, found, color=color, name=title)
                if dashed:
                    ax.lines[-1].set_linestyle((0, (3, 2)))
        axes[0].set_xlim(1, steps)
        axes[1].set_xlim(1, steps)
        axes[0].set_ylim(-0.15, 1.15)
        axes[0].set_title("a  carried by the first $k$ lags", loc="left")
        axes[1].set_ylim(LOWEST, 6.0)
        axes[1].set_title("b  left out by a window of $k$ steps", loc="left")
        axes[1].legend(loc="lower left", handlelength=1.6, borderpad=0)
        note_quick(fig, parameters_of("lag_share-lstm"))
    return list(save(fig, FIGURES / "lag_share"))


if __name__ == "__main__":
    run_drawing(main)
