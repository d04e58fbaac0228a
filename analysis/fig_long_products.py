"""What four ways make of the singular values of a long product."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import PALETTE, draw_product_errors, figure, full_width, save
from gradlab.plots.style import BLACK, GREY

NEEDS = ("long_products",)
NAMES = {
    "graded": "graded product",
    "naive": "plain product",
    "rescaled": "rescaled product",
    "qr_diagonal": "QR diagonal",
}
MARKS = ("o", "s", "^", "D")


def main() -> list[pathlib.Path]:
    table, parameters = load_table("long_products")
    with figure(full_width("icml"), 2.0, columns=3) as (fig, axes):
        draw_one_length(axes[0], table)
        lengths = table["lengths"]
        draw_product_errors(axes[1], lengths, errors(table, 0), names=False)
        draw_product_errors(axes[2], lengths, errors(table, None), names=False)
        for ax, text in zip(axes, titles(table), strict=True):
            ax.set_title(text, loc="left")
        for ax in axes[1:]:
            ax.set_ylim(2e-17, 3e5)
            ax.axhline(1.0, color=GREY, lw=0.5, zorder=0)
        axes[2].set_ylabel("")
        name_lines(axes[2])
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "long_products"))


def errors(table: Table, place: int | None) -> dict[str, np.ndarray]:
    """Return |error of ln σ_i| by way, of one i or the worst, at least half an ulp."""
    found = {}
    for way, name in NAMES.items():
        error = np.abs(table[way] - table["exact"])
        error = error.max(axis=1) if place is None else error[:, place]
        # On logarithmic axes an error of exactly 0 has no place.
        found[name] = np.maximum(error, 2.0**-53)
    return found


def titles(table: Table) -> list[str]:
    n = table["exact"].shape[1]
    T = table["lengths"][shown_row(table)]
    return [
        f"a  all $\\sigma_i$ at $T={T}$",
        "b  the largest, $\\sigma_1$",
        f"c  the worst of all {n}",
    ]


def shown_row(table: Table) -> int:
    return int(np.searchsorted(table["lengths"], 120))


def draw_one_length(ax: Axes, table: Table) -> None:
    k = shown_row(table)
    places = np.arange(1, table["exact"].shape[1] + 1)
    ax.plot(places, table["exact"][k], color=BLACK, lw=0.7, zorder=0, label="exact")
    look = {"ms": 3.4, "mew": 0.8, "mfc": "none"}
    for way, color, mark in zip(NAMES, PALETTE, MARKS, strict=False):
        ax.plot(places, table[way][k], mark, color=color, label=NAMES[way], **look)
    ax.legend(loc="lower left", handletextpad=0.3, borderpad=0, labelspacing=0.25)
    ax.set_xticks(places[:: max(len(places) // 4, 1)])
    ax.set_xlabel("place $i$ in the spectrum")
    ax.set_ylabel(r"$\ln\sigma_i$ (nats)")


def name_lines(ax: Axes) -> None:
    """Name the lines of panel c where there is room beside them."""
    graded, naive, _, qr = PALETTE[:4]
    ax.text(0.62, 0.29, "graded", color=graded, transform=ax.transAxes, fontsize=7)
    ax.text(
        0.38, 0.52, "plain, rescaled", color=naive, transform=ax.transAxes, fontsize=7
    )
    ax.text(0.62, 0.66, "QR diagonal", color=qr, transform=ax.transAxes, fontsize=7)


if __name__ == "__main__":
    run_drawing(main)
