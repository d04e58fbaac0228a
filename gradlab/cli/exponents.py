"""``gradlab exponents``: how fast a small change of the state grows or dies."""

import argparse

import numpy as np

from gradlab._words import describe_rate
from gradlab.cells import Henon, Logistic
from gradlab.cli.arguments import (
    add_model,
    add_table,
    count,
    describe_run,
    number,
    require_place,
    run_on_text,
    whole,
)
from gradlab.cli.terminal import say, show_table
from gradlab.dynamics import Trajectory, run
from gradlab.exponents import LyapunovSpectrum, lyapunov_spectrum

__all__ = ["configure", "execute"]

_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_model(parser, steps=1000)
    parser.add_argument(
        "--system",
        choices=("text", "henon", "logistic"),
        default="text",
        help="a cell reading a text, the Hénon map, or the logistic map x → r x(1 − x)",
    )
    parser.add_argument("--r", type=number, default=4.0, help="of the logistic map")
    parser.add_argument("--leading", type=count, help="compute only so many exponents")
    parser.add_argument(
        "--burn-in", type=whole, default=100, help="first steps left out; default: 100"
    )
    add_table(parser)
    parser.epilog = (
        "An exponent is the mean growth per step of a small change of the state, in\n"
        "nats (natural logarithms); the largest decides. Above 0, gradients explode\n"
        "and a butterfly matters; below 0 they vanish.\n\n"
        "examples:\n"
        "  gradlab exponents --cell rnn --gain 2\n"
        "  gradlab exponents --system henon --steps 100000"
    )


def execute(options: argparse.Namespace) -> int:
    """Print the leading exponents and say what they mean."""
    if options.csv:
        require_place("--csv", options.csv)
    trajectory = _trajectory(options)
    found = lyapunov_spectrum(trajectory, k=options.leading, burn_in=options.burn_in)
    print()
    show_table(
        ("exponent", "nats per step", "standard error", "per step"),
        [_row(found, i) for i in range(min(_SHOWN, len(found.exponents)))],
    )
    rest = len(found.exponents) - _SHOWN
    if rest > 0:
        print(f"… and {rest} more (--csv writes all)")
    print()
    say(f"A small change is multiplied by {describe_rate(found.top)}.")
    say(_verdict(found))
    for caveat in found.caveats:
        say(f"Note: {caveat}")
    if options.csv:
        found.to_csv(options.csv)
        say(f"The table is in {options.csv}.")
    return 0


def _trajectory(options: argparse.Namespace) -> Trajectory:
    nothing = np.zeros((options.steps, 0))
    if options.system == "henon":
        say(f"The Hénon map (a = 1.4, b = 0.3) over {options.steps:,} steps.")
        return run(Henon(), np.zeros(2), nothing)
    if options.system == "logistic":
        say(f"The logistic map at r = {options.r:g} over {options.steps:,} steps.")
        return run(Logistic(options.r), np.array([0.4]), nothing)
    trajectory, corpus = run_on_text(options)
    say(describe_run(options, corpus))
    return trajectory


def _row(found: LyapunovSpectrum, i: int) -> tuple[str, ...]:
    rate, error = float(found.exponents[i]), float(found.stderr[i])
    meaning = describe_rate(rate).partition(" (")[0].replace(" per step", "")
    scatter = "unknown" if np.isnan(error) else f"{error:.1g}"
    return (f"λ_{i + 1}", f"{rate:.5f}".replace("-", "−"), scatter, meaning)


def _verdict(found: LyapunovSpectrum) -> str:
    top, error = found.top, float(found.stderr[0])
    if top > 3 * error:
        return (
            "Chaos: the largest exponent is above 0 by more than three standard "
            "errors. Gradients explode over long times."
        )
    if top < -3 * error:
        return (
            "Contraction: the largest exponent is below 0 by more than three standard "
            "errors. Gradients vanish over long times."
        )
    return (
        "Undecided: the largest exponent is within three standard errors of 0. "
        "More --steps would tell."
    )
