"""λ_1 against gain and whole spectra of random tanh RNNs, beside mean-field theory."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import PALETTE, draw_gain, figure, full_width, save
from gradlab.plots.style import BLACK, BLUE, GREY, ORANGE

NEEDS = ("lyapunov_gain",)


def main() -> list[pathlib.Path]:
    table, parameters = load_table("lyapunov_gain")
    with figure(full_width("icml"), 2.4, columns=2) as (fig, axes):
        draw_leading(axes[0], table, parameters["sizes"])
        draw_spectra(axes[1], table, parameters["sizes"][-1])
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "lyapunov_gain"))


def draw_leading(ax: Axes, table: Table, sizes: list[int]) -> None:
    ax.plot(table["theory_gains"], table["theory"], color=BLACK, lw=0.8, zorder=1)
    for n, color in zip(sizes, (ORANGE, BLUE), strict=True):
        values = table[f"leading_{n}"]
        errors = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        draw_gain(ax, table["gains"], values.mean(axis=1), errors, color=color)
    ax.set_ylabel(r"$\lambda_1$ (nats per step)")


def draw_spectra(ax: Axes, table: Table, n: int) -> None:
    places = (np.arange(n) + 0.5) / n
    for k, gain in enumerate(table["spectrum_gains"]):
        mean = table["spectra"][k].mean(axis=0)
        ax.plot(places, mean, color=PALETTE[k], lw=2.0, alpha=0.7)
        ax.plot(table["places"], table["theory_spectra"][k], color=BLACK, lw=0.8)
        ax.text(places[n // 2], mean[n // 2], f"$g={gain:g}$", color=PALETTE[k])
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=0)
    ax.set_xlabel(r"place in the spectrum, $(i-\frac{1}{2})/n$")
    ax.set_ylabel(r"$\lambda_i$ (nats per step)")


if __name__ == "__main__":
    run_drawing(main)
