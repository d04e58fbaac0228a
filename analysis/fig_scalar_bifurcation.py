"""One tanh unit: where it bifurcates, its steady states, and two orbits as cobwebs."""

import pathlib

import numpy as np
from matplotlib.axes import Axes

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import Table, load_table
from gradlab.plots import draw_steady_states, figure, full_width, save
from gradlab.plots.style import BLACK, BLUE, GREY, VERMILLION, label_line
from gradlab.studies import SteadyStates

NEEDS = ("scalar_bifurcation",)
LIMIT = 4.0


def main() -> list[pathlib.Path]:
    table, parameters = load_table("scalar_bifurcation")
    found = SteadyStates.load(DATA / "scalar_bifurcation-states")
    ratios = {"width_ratios": (1.25, 1.35, 1.0, 1.0)}
    with figure(full_width("icml"), 1.95, columns=4, **ratios) as (fig, axes):
        draw_plane(axes[0], table, parameters)
        draw_branches(axes[1], table, found, parameters["bias"])
        axes[0].set_title("a", loc="left")
        axes[1].set_title("b", loc="left")
        for i, (ax, weight) in enumerate(
            zip(axes[2:], parameters["cobwebs"], strict=True)
        ):
            draw_cobweb(ax, table[f"orbits{i}"], weight, parameters["bias"])
            ax.set_title(f"{'cd'[i]}  $w={weight:g}$", loc="left")
        note_quick(fig, parameters)
    return list(save(fig, FIGURES / "scalar_bifurcation"))


def draw_plane(ax: Axes, table: Table, parameters: dict) -> None:
    for name, color, style in (("fold", BLUE, "-"), ("flip", VERMILLION, (0, (4, 2)))):
        w, b = table[name]
        ax.fill(w, b, color=color, alpha=0.13, lw=0)
        ax.plot(w, b, color=color, ls=style)
    ax.plot([1, -1], [0, 0], "o", ms=3, color=BLACK)
    bias, weights = parameters["bias"], parameters["cobwebs"]
    ax.axhline(bias, color=GREY, lw=0.5, zorder=0)
    ax.plot(weights, [bias] * len(weights), "+", ms=5, color=BLACK)
    middle = {"ha": "center", "shift": (0, 0)}
    label_line(ax, 2.4, -2.4, "two attract", color=BLUE, **middle)
    label_line(ax, -2.9, -0.7, "2-cycle", color=VERMILLION, **middle)
    label_line(ax, 0.6, 2.6, "one point", **middle)
    ax.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT))
    ax.set_xlabel("weight $w$")
    ax.set_ylabel("bias $b$")


def draw_branches(ax: Axes, table: Table, found: SteadyStates, bias: float) -> None:
    """Draw the theory as lines, solid where stable, and on them what was found."""
    for side in ("upper", "lower"):
        w, h, multiplier = table[side]
        inside = np.abs(w) <= LIMIT
        for stable, style in ((True, "-"), (False, (0, (3, 2)))):
            shown = inside & ((np.abs(multiplier) < 1) == stable)
            ax.plot(w, np.where(shown, h, np.nan), color=BLUE, ls=style, lw=0.8)
    w, low, high = table["cycle"]
    for states in (low, high):
        ax.plot(w, states, color=VERMILLION, lw=0.8)
    draw_steady_states(ax, found, parameter="weight $w$")
    ax.set(xlim=(-LIMIT, LIMIT), ylim=(-1.05, 1.05))
    ax.set_ylabel(f"steady state $h$, at $b={bias:g}$")


def draw_cobweb(ax: Axes, orbits: np.ndarray, weight: float, bias: float) -> None:
    line = np.linspace(-1, 1, 401)
    ax.plot(line, line, color=GREY, lw=0.6)
    ax.plot(line, np.tanh(weight * line + bias), color=BLACK, lw=0.9)
    for states in orbits:
        # (h_0, −1), (h_0, h_1), (h_1, h_1), (h_1, h_2), …
        corners = np.repeat(states, 2)
        heights = np.concatenate([[-1.0], corners[2:], corners[-1:]])
        color = BLUE if weight > 0 else VERMILLION
        ax.plot(corners, heights, color=color, lw=0.7)
    ax.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
    ax.set_xticks([-1, 0, 1])
    ax.set_yticks([-1, 0, 1])
    ax.set_xlabel("$h_{t-1}$")
    ax.set_ylabel("$h_t$", labelpad=-2)


if __name__ == "__main__":
    run_drawing(main)
