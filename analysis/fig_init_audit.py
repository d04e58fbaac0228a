r"""Weights of torch's default beside what gradients meet, and horizons of all defaults.

The table of the paper is written here as well: ``paper/generated/horizons.tex``.
"""

import math
import pathlib

import numpy as np

from analysis.paths import FIGURES, GENERATED
from analysis.rounding import rounded
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import (
    draw_horizons,
    draw_weight_limits,
    figure,
    full_width,
    save,
)
from gradlab.plots.style import BLUE, GREEN, GREY, ORANGE, VERMILLION

NEEDS = ("init_audit",)
CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "linear": "linear"}
COLORS = {"rnn": BLUE, "lstm": VERMILLION, "gru": GREEN, "linear": ORANGE}
NAMES = {
    "torch": "torch",
    "keras": "Keras",
    "flax": "Flax",
    "irnn": "IRNN",
    "forget_bias": "forget bias 1",
    "chrono": "chrono",
    "lru": "LRU ring",
}


def main() -> list[pathlib.Path]:
    rows, sizes = load_table("init_audit-rows")
    with figure(full_width("icml"), 2.7, columns=2, width_ratios=[1, 2]) as (fig, axes):
        draw_limits(axes[0], rows)
        draw_rows(axes[1], rows, sizes["steps"] - 1)
        for letter, ax in zip("ab", axes, strict=True):
            ax.set_title(letter, loc="left")
        note_quick(fig, sizes)
        written = save(fig, FIGURES / "init_audit")
    GENERATED.mkdir(parents=True, exist_ok=True)
    table = GENERATED / "horizons.tex"
    table.write_text(tex_table(rows, sizes["steps"] - 1), encoding="utf-8")
    return [*written, table]


def draw_limits(ax, rows: Table) -> None:
    """Draw ρ and ‖W‖₂ of torch's default RNN, and the rate of its gradient."""
    found, _ = load_table("init_audit-limits")
    measured = {
        "‖W‖": (found["norm"], 2 / math.sqrt(3)),
        "ρ(W)": (found["radius"], 1 / math.sqrt(3)),
    }
    draw_weight_limits(ax, found["n"], measured)
    ax.axhline(1.0, color=GREY, lw=0.5, zorder=0)
    rate = math.exp(float(rows["exponent"][0]))
    ax.plot(found["n"][0], rate, "k*", ms=5)
    ax.annotate(
        r"$e^{\lambda_1}$, RNN on the text",
        (found["n"][0], rate),
        (5, -3),
        textcoords="offset points",
        va="top",
        fontsize=7,
    )
    ax.set_ylim(0.4, 1.3)
    ax.set_ylabel("per step")


def draw_rows(ax, rows: Table, beyond: int) -> None:
    """Draw the horizons of the last step's loss, untrained hollow and trained full."""
    pairs = pairs_of(rows, "last")
    named = {f"{CELLS[cell]}, {NAMES[init]}": pairs[cell, init] for cell, init in pairs}
    colors = [COLORS[cell] for cell, _ in pairs]
    draw_horizons(ax, named, beyond=beyond, colors=colors)
    ax.set_xlim(left=5.0)


def pairs_of(rows: Table, column: str) -> dict[tuple[str, str], list[float]]:
    """Return a column by cell and initialisation: untrained, then trained if it is."""
    found: dict[tuple[str, str], list[float]] = {}
    keys = zip(rows["cell"], rows["initialisation"], rows[column], strict=True)
    for cell, init, value in keys:
        found.setdefault((str(cell), str(init)), []).append(float(value))
    return found


def tex_table(rows: Table, beyond: int) -> str:
    """Return the table: horizons for both losses, untrained and trained."""
    columns = {name: pairs_of(rows, name) for name in ("last", "every")}
    radius, norm = (pairs_of(rows, name) for name in ("radius", "norm"))
    lines = [
        r"\begin{tabular}{@{}llrrrrrr@{}}",
        r"\toprule",
        r" & & & & \multicolumn{2}{c}{last-step loss} & "
        r"\multicolumn{2}{c@{}}{every-step loss} \\",
        r"\cmidrule(lr){5-6}\cmidrule(l){7-8}",
        r"cell & initialisation & $\rho(W)$ & $\|W\|_2$ & untrained & trained "
        r"& untrained & trained \\",
        r"\midrule",
    ]
    for key in columns["last"]:
        cell, init = key
        cells = [CELLS[cell], NAMES[init]]
        cells += [tex_number(part[key][0], math.inf) for part in (radius, norm)]
        for name in ("last", "every"):
            shown = [tex_number(value, beyond) for value in columns[name][key]]
            cells += [*shown, "--"][:2]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def tex_number(value: float, beyond: float) -> str:
    if np.isposinf(value):
        return rf"\ensuremath{{>{beyond:.0f}}}"
    return rounded("", value, 3).tex


if __name__ == "__main__":
    run_drawing(main)
