"""``gradlab profile``: how far back through a text the gradient of a cell reaches."""

import argparse

import numpy as np

from gradlab._words import describe_gain
from gradlab.cli.arguments import (
    add_model,
    add_output,
    add_table,
    describe_run,
    require_place,
    require_writable,
    run_on_text,
)
from gradlab.cli.terminal import say, show_table
from gradlab.gradients import GradientProfile
from gradlab.gradients import profile as gradient_profile
from gradlab.plots import column_width, draw_profile, figure, save

__all__ = ["configure", "execute", "say_reach"]

_LAGS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_CURVE = 64  # lags of the figure
# The smallest positive float32 is 2^-149; half of it rounds to zero.
_FLOAT32_ZERO = -150 * np.log(2)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_model(parser, steps=1000)
    add_output(parser, default="gradient_profile.png")
    add_table(parser)
    parser.epilog = (
        "The cell reads the text one character at a time. The table shows by how\n"
        "much a change of the hidden state, so many steps back, is multiplied on its\n"
        "way to the last state: in the direction kept best, on (geometric) average,\n"
        "and in the direction forgotten first. The gradient is multiplied by the\n"
        "same numbers on its way back.\n\n"
        "examples:\n"
        "  gradlab profile --cell lstm --hidden 64\n"
        "  gradlab profile --cell rnn --gain 2 --text novel.txt --out rnn.pdf"
    )


def execute(options: argparse.Namespace) -> int:
    """Print the table, say what it means, save the figure."""
    target = require_writable(options.out)
    if options.csv:
        require_place("--csv", options.csv)
    trajectory, corpus = run_on_text(options)
    steps = len(trajectory)
    shown = [lag for lag in _LAGS if lag < steps] + [steps]
    curve = np.linspace(1, steps, min(steps, _CURVE)).round().astype(int)
    found = gradient_profile(trajectory, lags={*shown, *curve.tolist()})
    say(describe_run(options, corpus))
    print()
    rows = np.flatnonzero(np.isin(found.lags, shown))
    show_table(
        (
            "steps back",
            "kept best",
            "nats",
            "average",
            "nats",
            "forgotten first",
            "nats",
        ),
        [_row(found, int(i)) for i in rows],
    )
    print()
    say_reach(found)
    with figure(column_width("neurips")) as (fig, ax):
        draw_profile(ax, found)
        save(fig, target)
    say(f"The figure is in {target}.")
    if options.csv:
        found.to_csv(options.csv)
        say(f"The table is in {options.csv}.")
    return 0


def say_reach(found: GradientProfile) -> None:
    """Say in words how the gradient fares on its way back."""
    say(f"The direction kept best is multiplied by {found.describe()} back.")
    lost = np.flatnonzero(found.log_top < _FLOAT32_ZERO)
    if len(lost):
        lag = int(found.lags[lost[0]])
        say(
            f"float32 has no number so small: {lag:,} steps back the gradient of the "
            "last state is exactly zero there, in every direction."
        )
    flat = np.flatnonzero(found.log_bottom == -np.inf)
    if len(flat):
        lag = int(found.lags[flat[0]])
        say(f"Within {lag:,} steps some directions are lost without trace (factor 0).")


def _row(found: GradientProfile, i: int) -> tuple[str, ...]:
    logs = (found.log_top[i], found.log_mean[i], found.log_bottom[i])
    cells = ((describe_gain(float(x)), f"{x:.4g}".replace("-", "−")) for x in logs)
    return (f"{found.lags[i]:,}", *(word for cell in cells for word in cell))
