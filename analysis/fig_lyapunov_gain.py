"""λ_1 against gain and whole spectra of random tanh RNNs, beside mean-field theory."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import PALETTE, draw_gain, figure, full_width, save
from gradlab.plots.style import BLACK, BLUE, GREY, ORANGE, label_line

NEEDS = ("lyapunov_gain",)


def main() -> list[pathlib.Path]:
    table, parameters = load_table("lyapunov_gain")
    with figure(full_width("icml"), 2.4, columns=2) as (fig, axes):
        draw_leading(axes[0], table, parameters["sizes"])
        draw_spectra(axes[1], table, parameters["sizes"][-1])
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "lyapunov_gain"))


def draw_leading(ax: Axes, table: Table, sizes: list[int]) -> None:
    gains, theory = table["theory_gains"], table["theory"]
    ax.plot(gains, theory, color=BLACK, lw=0.8, zorder=1)
    for n, color in zip(sizes, (ORANGE, BLUE), strict=True):
        values = table[f"leading_{n}"]
        errors = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        means = values.mean(axis=1)
        draw_gain(ax, table["gains"], means, errors, color=color)
        end = float(table["gains"][-1]), float(means[-1])
        label_line(ax, *end, f"$n={n}$", color=color, shift=(5, -5))
    look = {"shift": (-3, 7), "ha": "right"}
    height = float(np.interp(2.5, gains, theory))
    label_line(ax, 2.5, height, r"mean field, $n\to\infty$", **look)
    ax.set_ylabel(r"$\lambda_1$ (nats per step)")
    ax.set_title("a  largest exponent", loc="left")


def draw_spectra(ax: Axes, table: Table, n: int) -> None:
    places = (np.arange(n) + 0.5) / n
    shifts = [(3, 3), (3, -4), (3, 0), (3, 0)]
    ends = zip(table["spectrum_gains"], shifts, PALETTE, strict=False)
    for k, (gain, shift, color) in enumerate(ends):
        mean = table["spectra"][k].mean(axis=0)
        ax.plot(places, mean, color=color, lw=2.2, alpha=0.6)
        ax.plot(table["places"], table["theory_spectra"][k], color=BLACK, lw=0.7)
        text = f"$g={gain:g}$"
        label_line(ax, 1.0, float(mean[-1]), text, color=color, shift=shift)
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=0)
    ax.set_xlabel(r"place in the spectrum, $(i-\frac{1}{2})/n$")
    ax.set_ylabel(r"$\lambda_i$ (nats per step)")
    ax.set_title(f"b  all exponents, $n={n}$", loc="left")


if __name__ == "__main__":
    run_drawing(main)
