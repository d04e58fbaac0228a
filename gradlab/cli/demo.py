"""``gradlab demo``: one telling figure and ten lines of plain words, in seconds."""

import argparse

import numpy as np

from gradlab._words import describe_gain, describe_rate
from gradlab.cells import LSTM, RNN, AbstractCell
from gradlab.cli.arguments import add_output, require_writable
from gradlab.cli.terminal import say
from gradlab.datasets import default_text
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.gradients import GradientProfile, profile
from gradlab.plots import draw_reach, figure, full_width, save

__all__ = ["configure", "execute"]

_UNITS, _STEPS, _SEED = 64, 1000, 0
_BURN_IN = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_output(parser, default="gradlab-demo.png")
    parser.epilog = (
        "Four networks read the same thousand characters; how much of a change of the\n"
        "state is left, step by step back in time? Everything is computed on the spot."
    )


def execute(options: argparse.Namespace) -> int:
    """Run four networks over a text, draw their gradients, say what is seen."""
    target = require_writable(options.out)
    corpus = default_text()
    inputs = corpus.one_hot(0, _STEPS)
    say(
        f"Four networks of {_UNITS} units read {_STEPS:,} characters of {corpus.title}."
    )
    profiles: dict[str, GradientProfile] = {}
    for name, cell in _networks(corpus.q).items():
        trajectory = run(cell, np.zeros(cell.sizes[0]), inputs)
        profiles[name] = profile(trajectory)
        spectrum = lyapunov_spectrum(trajectory, k=1, burn_in=_BURN_IN)
        print()
        say(f"{name}: {_story(profiles[name], spectrum.top)}")
    print()
    say(
        "A gradient is multiplied by the same factors on its way back: it explodes, or "
        "vanishes, or neither, exactly as a change of the state does."
    )
    with figure(full_width("neurips")) as (fig, ax):
        draw_reach(ax, profiles)
        save(fig, target)
    say(f"The figure is in {target}. Next: gradlab profile --help")
    return 0


def _networks(q: int) -> dict[str, AbstractCell]:
    def plain(gain: float) -> RNN:
        return RNN.random(_UNITS, q, gain=gain, rng=_SEED)

    return {
        "tanh RNN, gain 0.5": plain(0.5),
        "tanh RNN, gain 1": plain(1.0),
        "tanh RNN, gain 2": plain(2.0),
        "LSTM, forget bias 2": LSTM.random(
            _UNITS, q, gain=1.0, rng=_SEED, forget_bias=2.0
        ),
    }


def _story(found: GradientProfile, exponent: float) -> str:
    last = int(found.lags[-1])
    kept = describe_gain(float(found.log_top[-1]))
    return (
        f"a small change of the state is multiplied by {describe_rate(exponent)}; "
        f"over {last:,} steps by {kept} at most."
    )
