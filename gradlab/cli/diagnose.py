"""``gradlab diagnose``: a model and a text in, verdict, cause and remedies out."""

import argparse
import pathlib
from typing import Any

import numpy as np

from gradlab.cells import AbstractCell
from gradlab.cli.arguments import (
    add_model,
    count,
    describe_cell,
    make_cell,
    require_writable,
    whole,
)
from gradlab.cli.inputs import load_inputs, stretches
from gradlab.cli.terminal import bar, busy, say
from gradlab.cli.weights import (
    add_inputs,
    add_weights,
    reading_of,
    refuse_mixture,
)
from gradlab.datasets import default_text, load_text, one_hot
from gradlab.dynamics import Trajectory, run
from gradlab.objectives import AbstractObjective, CrossEntropy
from gradlab.report import REPORTS, diagnose

__all__ = ["configure", "execute"]

_LOSSES = ("last", "every", "none")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_model(parser, steps=200)
    add_weights(parser)
    parser.add_argument(
        "--sequences", type=count, default=8, help="stretches of the text; default: 8"
    )
    add_inputs(parser)
    about = parser.add_argument_group("the diagnosis")
    about.add_argument(
        "--loss",
        choices=_LOSSES,
        help="cross-entropy of the next character at the last step or at every step, "
        "or the Jacobians alone, as for --inputs; default: last, where the model has a "
        "readout",
    )
    about.add_argument(
        "--required-lag",
        type=whole,
        metavar="STEPS",
        help="how far back the task needs the gradient; default: to the next loss",
    )
    about.add_argument(
        "--mode",
        choices=("quick", "exact"),
        default="quick",
        help="exact: all sequences, windows and clipping; default: quick",
    )
    about.add_argument(
        "--out",
        type=pathlib.Path,
        metavar="FILE",
        help=f"write the report there too ({', '.join(REPORTS)})",
    )
    about.add_argument(
        "--json", action="store_true", help="print one JSON object instead of words"
    )
    parser.set_defaults(refuse=parser.error)
    parser.epilog = (
        "How much of the gradient is left, lag by lag; whether that is enough for the\n"
        "loss; why; and what remedies did to a copy.\n\n"
        "examples:\n"
        "  gradlab diagnose model.safetensors --text book.txt --out report.html\n"
        "  gradlab diagnose --cell lstm --init torch --out report.html\n"
        "  gradlab diagnose --cell rnn --gain 2 --loss every --mode exact\n"
        "  gradlab diagnose --cell gru --inputs signals.npy --json"
    )


def execute(options: argparse.Namespace) -> int:
    """Diagnose the model, print what was found, write the report."""
    refuse_mixture(options)
    if options.inputs is not None:
        _refuse_with_inputs(options)
    if options.out is not None:
        require_writable(options.out, REPORTS)
    with busy("reading"):
        words, subject = _reading(options)
    with bar() as progress:
        limits = {"required_lag": options.required_lag, "mode": options.mode}
        report = diagnose(**subject, **limits, progress=progress)
    if options.out is not None:
        with busy("writing the report"):
            report.save(options.out)
    if options.json:
        print(report.to_json())
        return 0
    say(words)
    print()
    print(report)
    if options.out is not None:
        print()
        say(f"The report is in {options.out}.")
    return 0


def _refuse_with_inputs(options: argparse.Namespace) -> None:
    if options.loss in ("last", "every"):
        options.refuse("--inputs come without targets: there is no loss but 'none'")


def _reading(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Return words on the model and what it reads, and what to diagnose."""
    if options.model is not None:
        return reading_of(options)
    words, run = _text(options) if options.inputs is None else _inputs(options)
    return words, {"model": run}


def _inputs(options: argparse.Namespace) -> tuple[str, Trajectory]:
    inputs = load_inputs(options.inputs)
    cell = make_cell(options, inputs.shape[-1])
    sizes = f"{inputs.shape[1]:,} sequences of {len(inputs):,} steps"
    words = f"{describe_cell(options)}, reading {sizes} of {options.inputs.name}."
    return words, _run(cell, inputs)


def _text(options: argparse.Namespace) -> tuple[str, Trajectory | AbstractObjective]:
    corpus = default_text() if options.text is None else load_text(options.text)
    tokens = stretches(corpus, options.steps, options.sequences)
    cell = make_cell(options, corpus.q)
    trajectory = _run(cell, one_hot(tokens[:-1], corpus.q))
    words = (
        f"{describe_cell(options)}, reading {options.sequences} stretches of "
        f"{options.steps:,} characters of {corpus.title}."
    )
    if options.loss == "none":
        return words, trajectory
    rng = np.random.default_rng([options.seed, 1])
    W_qh = rng.normal(size=(corpus.q, cell.hidden)) / np.sqrt(cell.hidden)
    last = np.arange(options.steps) == options.steps - 1
    weights = None if options.loss == "every" else last.astype(float)
    return words, CrossEntropy(trajectory, tokens[1:], W_qh, weights=weights)


def _run(cell: AbstractCell, inputs: np.ndarray) -> Trajectory:
    return run(cell, np.zeros((inputs.shape[1], cell.sizes[0])), inputs)
