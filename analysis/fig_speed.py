"""Time of all Lyapunov exponents a step, by way; ratios beside those to be reached."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import FIGURES, KEPT
from analysis.script import run_drawing
from analysis.store import Table, load_table
from gradlab.plots import figure, full_width, save
from gradlab.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    SKY,
    VERMILLION,
)

NEEDS = ("speed",)
LOOK = {
    "torch.func": (PINK, "v"),
    "pynamicalsys": (SKY, "<"),
    "lyapynov": (GREY, ">"),
    "NumPy QR": (VERMILLION, "s"),
    "LAPACK QR": (ORANGE, "^"),
    "JAX scan": (GREEN, "D"),
    "gradlab without numba": (BLUE, "o"),
    "gradlab": (BLUE, "o"),
    "bare product": (BLACK, ""),
}
OPEN = "gradlab without numba"


def main() -> list[pathlib.Path]:
    table, parameters = load_table("speed", KEPT)
    with figure(full_width("icml"), 3.7, columns=2) as (fig, axes):
        draw_times(axes[0], table, sorted(map(int, parameters["steps"])))
        draw_ratios(axes[1], table)
    return list(save(fig, FIGURES / "speed"))


def draw_times(ax: Axes, table: Table, sizes: list[int]) -> None:
    names = ("work", "way", "seconds")
    rows = zip(*(table[name] for name in names), strict=True)
    seconds = {(work, way): spent for work, way, spent in rows}
    for way, (color, mark) in LOOK.items():
        works = [(f"spectrum, n = {n}", way) for n in sizes]
        times = [seconds.get(work, np.nan) for work in works]
        line = "-" if mark else "--"
        face = "white" if way == OPEN else color
        look = {"marker": mark, "mfc": face, "ms": 3.2, "lw": 0.9, "mew": 0.8}
        ax.plot(sizes, times, line, color=color, label=way, **look)
    ax.set(xscale="log", yscale="log", xlabel="units $n$", ylabel="seconds per step")
    ax.set_ylim(1e-7, 1e-1)
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.minorticks_off()
    ax.legend(loc="upper left", ncols=2, fontsize=6.5, handlelength=1.6)
    ax.set_title("a  all exponents of a tanh network", loc="left")


def draw_ratios(ax: Axes, table: Table) -> None:
    """Draw how many times as long the others take, beside what is to be reached."""
    names = ("claim_work", "claim_way", "claim_against", "at_least", "ratio")
    rows = list(zip(*(table[name] for name in names), strict=True))[::-1]
    for y, (*_, least, ratio) in enumerate(rows):
        color = BLUE if ratio >= least else VERMILLION
        ax.plot([least, ratio], [y, y], color=color, lw=0.9)
        ax.plot(least, y, "|", color=BLACK, ms=6)
        ax.plot(ratio, y, "o", color=color, ms=3.4)
    ax.set_yticks(range(len(rows)), [words(*row[:3]) for row in rows], fontsize=6.5)
    ax.axvline(1.0, color=GREY, lw=0.5, zorder=0)
    ax.set(xscale="log", xlabel="time of the other / time of gradlab")
    ax.tick_params(axis="y", length=0)
    ax.set_title("b  reached, and missed", loc="left")


def words(work: str, way: str, against: str) -> str:
    short = work.replace("spectrum, ", "").replace(" of n = 2", ", n = 2")
    plain = " (no numba)" if way == OPEN else ""
    return f"{short}: {against}{plain}"


if __name__ == "__main__":
    run_drawing(main)
