"""All bounds that speak of a plain network beside the truth, at three gains."""

import pathlib

from analysis.paths import DATA, FIGURES
from analysis.script import note_quick, run_drawing
from analysis.store import parameters_of
from gradlab.plots import draw_bounds, figure, full_width, save
from gradlab.plots.style import BLUE, GREEN, ORANGE, PINK, SKY, VERMILLION
from gradlab.studies import BoundComparison

NEEDS = ("tightness",)
REGIMES = {
    "rnn_g0p5": r"a  vanishing, $g=0.5$",
    "rnn_g1": "b  near the edge, $g=1$",
    "rnn_g2": "c  exploding, $g=2$",
}
COLORS = {
    "thm:common-lyapunov": VERMILLION,
    "thm:norm-product": BLUE,
    "thm:scaled-norm": GREEN,
    "thm:slope-set": SKY,
    "thm:slope-norm": ORANGE,
    "thm:volume-floor": PINK,
}
LIMITS = (-1.75, 2.25)


def main() -> list[pathlib.Path]:
    look = {"columns": 3, "sharey": True}
    with figure(full_width("icml"), 2.7, **look) as (fig, axes):
        for ax, (name, title) in zip(axes, REGIMES.items(), strict=True):
            found = BoundComparison.load(DATA / f"tightness-{name}_drawn")
            draw_bounds(ax, found, colors=COLORS, limits=LIMITS)
            ax.set_title(title, loc="left")
        for ax in axes[1:]:
            ax.set_ylabel("")
        note_quick(fig, parameters_of("tightness-rnn_g1_drawn"))
    return list(save(fig, FIGURES / "bounds_compared"))


if __name__ == "__main__":
    run_drawing(main)
