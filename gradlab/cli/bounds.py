"""``gradlab bounds``: what theorems promise about a run, beside what happens."""

import argparse

from gradlab._words import describe_gain
from gradlab.bounds import AbstractBound, all_bounds
from gradlab.cli.arguments import add_model, describe_run, run_on_text
from gradlab.cli.terminal import say, show_table
from gradlab.dynamics import Trajectory
from gradlab.errors import AssumptionError
from gradlab.studies import Tightness, tightness

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_model(parser, steps=200)
    parser.epilog = (
        "Each line is a theorem on the gain ‖J_T ⋯ J_1‖: by how much a change of\n"
        "the first state can be multiplied on its way to the last, at worst.\n\n"
        "examples:\n"
        "  gradlab bounds --cell rnn --gain 1.5\n"
        "  gradlab bounds --cell linear --hidden 32 --init orthogonal"
    )


def execute(options: argparse.Namespace) -> int:
    """Print every bound beside the measured gain."""
    trajectory, corpus = run_on_text(options)
    say(describe_run(options, corpus))
    print()
    outcomes = {bound: _outcome(bound(), trajectory) for bound in all_bounds()}
    held = {b: o for b, o in outcomes.items() if isinstance(o, Tightness)}
    show_table(
        ("theorem", "promises", "measured", "slack per step", "source"),
        [_row(bound, found) for bound, found in held.items()],
    )
    refused = {b: o for b, o in outcomes.items() if isinstance(o, AssumptionError)}
    if refused:
        print()
        say("These say nothing here, because a hypothesis does not hold:")
        for error in refused.values():
            say(f"  {error}")
    return 0


def _outcome(
    bound: AbstractBound, trajectory: Trajectory
) -> Tightness | AssumptionError:
    try:
        return tightness(bound, trajectory)
    except AssumptionError as error:
        return error


def _row(bound: type[AbstractBound], found: Tightness) -> tuple[str, ...]:
    limit = {"above": "≤", "below": "≥"}[found.direction]
    return (
        bound.label.removeprefix("thm:"),
        f"{limit} {describe_gain(found.log_bound)}",
        describe_gain(found.log_gain),
        f"{found.per_step:.3g} nats",
        found.source,
    )
