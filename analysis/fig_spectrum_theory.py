"""Spectra of random RNNs against theory: activations, O(1/n), dimension and entropy."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import PALETTE, figure, full_width, save
from gradlab.plots.style import BLACK, BLUE, GREY, ORANGE, VERMILLION, label_line

NEEDS = ("spectrum_theory",)
SHADES = (ORANGE, VERMILLION, BLUE)
LABELS = {"identity": "linear"}
INNER = 0.95  # beyond it some networks have a λ_i far off the others'


def main() -> list[pathlib.Path]:
    table, parameters = load_table("spectrum_theory")
    with figure(full_width("icml"), 2.2, columns=3) as (fig, axes):
        draw_activations(axes[0], table, parameters["cells"], parameters["units"])
        draw_deviations(axes[1], table, parameters["sizes"])
        draw_attractor(axes[2], table, parameters["extensive"])
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "spectrum_theory"))


def draw_activations(ax: Axes, table: Table, cells: dict[str, float], n: int) -> None:
    places = (np.arange(n) + 0.5) / n
    for name, color in zip(sorted(cells), PALETTE, strict=False):
        mean = table[f"measured_{name}"].mean(axis=0)
        ax.plot(places, mean, color=color, lw=2.2, alpha=0.6)
        ax.plot(places, table[f"theory_{name}"], color=BLACK, lw=0.7)
    for k, (name, color) in enumerate(zip(sorted(cells), PALETTE, strict=False)):
        text = f"{LABELS.get(name, name)}, $g={cells[name]:g}$"
        label_line(ax, 0.03, -4.6 - 1.05 * k, text, color=color)
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=0)
    ax.set_ylim(-8.5, 0.6)
    ax.set_xlabel(r"place $x_i=(i-\frac{1}{2})/n$")
    ax.set_ylabel(r"$\lambda_i$ (nats per step)")
    ax.set_title(f"a  four activations, $n={n}$", loc="left")


def draw_deviations(ax: Axes, table: Table, sizes: list[int]) -> None:
    for n, color in zip(sizes, SHADES, strict=True):
        values = n * table[f"deviation_{n}"]
        mean = values.mean(axis=0)
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        places = (np.arange(n) + 0.5) / n
        band = mean - error, mean + error
        ax.fill_between(places, *band, color=color, alpha=0.3, lw=0)
        ax.plot(places, mean, color=color, lw=0.8)
    for k, (n, color) in enumerate(zip(sizes, SHADES, strict=True)):
        label_line(ax, 0.03, -10.2 - 1.7 * k, f"$n={n}$", color=color)
    ax.axhline(0.0, color=BLACK, lw=0.7, zorder=0)
    ax.set_xlim(0.0, INNER)
    ax.set_ylim(-16, 1)
    ax.set_xlabel(r"place $x_i=(i-\frac{1}{2})/n$")
    ax.set_ylabel(r"$n\,[\lambda_i-\lambda(x_i)]$ (nats per step)")
    ax.set_title("b  what finite size changes", loc="left")


def draw_attractor(ax: Axes, table: Table, sizes: list[int]) -> None:
    exact = table["theory_attractor"]
    for column, (scale, marker) in enumerate(((1.0, "o"), (10.0, "s"))):
        ax.plot(table["fine_gains"], scale * exact[:, column], color=BLACK, lw=0.8)
        for n, color in zip(sizes, (ORANGE, BLUE), strict=True):
            values = scale * table[f"attractor_{n}"][:, :, column]
            errors = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
            look = {"fmt": marker, "ms": 2.6, "color": color}
            if column:
                look["mfc"] = "white"
            ax.errorbar(table["gains"], values.mean(axis=1), errors, **look)
    for k, (n, color) in enumerate(zip(sizes, (ORANGE, BLUE), strict=True)):
        label_line(ax, 3.9, 0.03 + 0.045 * k, f"$n={n}$", color=color)
    label_line(ax, 1.9, 0.31, "dimension")
    label_line(ax, 2.9, 0.38, r"entropy $\times 10$")
    ax.set_xlabel("gain $g$")
    ax.set_ylabel("per unit")
    ax.set_title("c  dimension, entropy (nats)", loc="left")


if __name__ == "__main__":
    run_drawing(main)
