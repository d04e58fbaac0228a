"""The textbook's picture from real runs: random, regular and no truncation."""

import pathlib

from analysis.paths import FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import load_table
from gradlab.plots import SegmentRow, draw_segments, figure, full_width, save

NEEDS = ("strategies",)
ROWS = ("random", "regular", "full")


def main() -> list[pathlib.Path]:
    table, parameters = load_table("strategies")
    rows = {
        name: SegmentRow(
            table[f"segments_{name}"],
            table[f"states_{name}"],
            f"cos {table[f'cosine_{name}']:.2f}\nsize {table[f'size_{name}']:.2f}",
        )
        for name in ROWS
    }
    with figure(full_width("icml"), 1.8) as (fig, ax):
        draw_segments(ax, parameters["line"], rows)
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "strategies"))


if __name__ == "__main__":
    run_drawing(main)
