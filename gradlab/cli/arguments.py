"""What several commands share: strict numbers, the choice of cell, text and seed."""

import argparse
import os
import pathlib
import re
from collections.abc import Sequence

import numpy as np

from gradlab.cells import GRU, LSTM, RNN, AbstractCell, Linear
from gradlab.datasets import Corpus, default_text, load_text
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError

__all__ = [
    "PICTURES",
    "add_model",
    "add_output",
    "add_table",
    "count",
    "describe_cell",
    "describe_run",
    "make_cell",
    "number",
    "require_place",
    "require_writable",
    "run_on_text",
    "whole",
]

PICTURES = (".png", ".pdf", ".svg")
_CELLS = ("rnn", "lstm", "gru", "linear")


def count(text: str) -> int:
    """Read a whole number above 0, written with the digits 0-9 and nothing else."""
    number = whole(text)
    if number == 0:
        message = "at least 1 is wanted; got 0"
        raise argparse.ArgumentTypeError(message)
    return number


def whole(text: str) -> int:
    """Read a whole number, written with the digits 0-9 and nothing else."""
    if not re.fullmatch(r"[0-9]{1,12}", text, re.ASCII):
        message = f"a whole number is wanted, such as 64; got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def number(text: str) -> float:
    """Read a finite decimal number."""
    pattern = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?"
    if not re.fullmatch(pattern, text, re.ASCII | re.IGNORECASE):
        message = f"a number is wanted, such as 1.5; got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return float(text)


def add_model(parser: argparse.ArgumentParser, *, steps: int) -> None:
    """Add the options that say which cell runs over which text."""
    cell = parser.add_argument_group("the cell")
    cell.add_argument("--cell", choices=_CELLS, default="rnn", help="default: rnn")
    cell.add_argument("--hidden", type=count, default=64, help="units; default: 64")
    cell.add_argument(
        "--gain",
        type=number,
        default=1.0,
        help="recurrent weights are N(0, gain²/hidden); default: 1",
    )
    cell.add_argument(
        "--init",
        choices=("gaussian", "orthogonal", "identity", "torch"),
        default="gaussian",
        help="how recurrent weights are drawn; default: gaussian",
    )
    cell.add_argument("--seed", type=whole, default=0, help="default: 0")
    text = parser.add_argument_group("the text")
    text.add_argument(
        "--text",
        type=pathlib.Path,
        metavar="FILE",
        help="a UTF-8 text; default: The Time Machine where GRADLAB_DATA has it, "
        "otherwise English text that comes with Python",
    )
    text.add_argument(
        "--steps",
        type=count,
        default=steps,
        help=f"characters to read; default: {steps}",
    )


def add_table(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where the whole table goes."""
    parser.add_argument(
        "--csv",
        type=pathlib.Path,
        metavar="FILE",
        help="write the whole table there too",
    )


def add_output(parser: argparse.ArgumentParser, *, default: str) -> None:
    """Add the option that says where the figure goes."""
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        default=pathlib.Path(default),
        metavar="FILE",
        help=f"where the figure goes (.png, .pdf or .svg); default: {default}",
    )


def require_writable(
    path: pathlib.Path, suffixes: Sequence[str] = PICTURES
) -> pathlib.Path:
    """Return `path` if it ends so and can be written; checked before any work."""
    if path.suffix not in suffixes:
        names = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        message = f"--out must end in {names}; got {path}."
        raise InputError(message)
    return require_place("--out", path)


def require_place(option: str, path: pathlib.Path) -> pathlib.Path:
    """Return `path` if a file can be put there; checked before any work."""
    if path.is_dir() or not path.parent.is_dir():
        message = f"{option} must name a file in an existing folder; got {path}."
        raise InputError(message)
    # What is written stands beside its target first, and then takes its place.
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            message = f"{option} cannot be written: no permission for {place}."
            raise InputError(message)
    return path


def make_cell(options: argparse.Namespace, inputs: int) -> AbstractCell:
    """Return the random cell that the options describe, for one-hot inputs."""
    kinds: dict[str, type[RNN | LSTM | GRU | Linear]] = {
        "rnn": RNN,
        "lstm": LSTM,
        "gru": GRU,
        "linear": Linear,
    }
    return kinds[options.cell].random(
        options.hidden, inputs, gain=options.gain, rng=options.seed, init=options.init
    )


def describe_cell(options: argparse.Namespace) -> str:
    """Say which cell it is."""
    kind = {"rnn": "tanh RNN", "linear": "linear RNN"}
    return (
        f"{kind.get(options.cell, options.cell.upper())} with {options.hidden} units, "
        f"{options.init} weights at gain {options.gain:g} (seed {options.seed})"
    )


def describe_run(options: argparse.Namespace, corpus: Corpus) -> str:
    """Say which cell reads what."""
    return (
        f"{describe_cell(options)}, reading the first {options.steps:,} characters of "
        f"{corpus.title}."
    )


def run_on_text(options: argparse.Namespace) -> tuple[Trajectory, Corpus]:
    """Return the cell's run over the first characters of the text, and the text."""
    corpus = default_text() if options.text is None else load_text(options.text)
    inputs = corpus.one_hot(0, options.steps)
    cell = make_cell(options, inputs.shape[-1])
    return run(cell, np.zeros(cell.sizes[0]), inputs), corpus
