"""A trained model at the command line: how its file is read, and what it reads."""

import argparse
import pathlib
from typing import Any

from gradlab._files import printable
from gradlab.adapters import LoadedModel, from_checkpoint
from gradlab.cli.inputs import load_inputs, load_symbols, stretches
from gradlab.datasets import Corpus, default_text, load_text
from gradlab.errors import InputError

__all__ = ["add_inputs", "add_weights", "reading_of", "refuse_mixture"]

_HOW = ("module", "activation", "embedding", "readout", "state_dict", "sha256")
_RANDOM = ("cell", "hidden", "gain", "init", "seed")


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Add the file of weights, and the options that say what is in it."""
    parser.add_argument(
        "model",
        nargs="?",
        type=pathlib.Path,
        metavar="MODEL",
        help="weights of a trained RNN, LSTM or GRU: .safetensors, .npz, or what "
        "torch.save wrote of a state dict; a random cell without",
    )
    file = parser.add_argument_group("the file of weights")
    file.add_argument(
        "--module", metavar="NAME", help="which recurrent module, if it has several"
    )
    file.add_argument(
        "--activation", choices=("tanh", "relu"), help="of an RNN; default: tanh"
    )
    file.add_argument("--embedding", metavar="NAME", help="of what symbols enter as")
    file.add_argument("--readout", metavar="NAME", help="of what predicts symbols")
    file.add_argument(
        "--state-dict", metavar="NAME", help="which one, if the file has several"
    )
    file.add_argument("--sha256", metavar="HEX", help="what the file must hash to")
    parser.set_defaults(random={name: parser.get_default(name) for name in _RANDOM})


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the option that reads numbers or symbols instead of a text."""
    parser.add_argument(
        "--inputs",
        type=pathlib.Path,
        metavar="FILE.npy",
        help="numbers to read instead of a text, (steps, inputs) or (steps, sequences, "
        "inputs), or symbols for an embedding, (steps,) or (steps, sequences)",
    )


def refuse_mixture(options: argparse.Namespace) -> None:
    """End with code 2 if options speak of a file and of a random cell, or two texts."""
    if options.inputs is not None and options.text is not None:
        options.refuse("--text and --inputs exclude each other")
    if options.model is None:
        names = [name for name in _HOW if getattr(options, name) is not None]
        why = "is about a file of weights; no MODEL is given"
    else:
        drawn = options.random.items()
        names = [name for name, value in drawn if getattr(options, name) != value]
        why = "is about a random cell; MODEL has weights of its own"
    if names:
        options.refuse(f"--{names[0].replace('_', '-')} {why}")


def reading_of(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Return words on the model and what it reads, and what to diagnose.

    Raises
    ------
    InputError
        If the file of weights, or what the model should read, cannot be used.
    """
    how = {name: getattr(options, name) for name in _HOW}
    model = from_checkpoint(options.model, **how)
    name = printable(options.model.name, 80)
    if options.inputs is not None:
        load = load_inputs if model.embedding is None else load_symbols
        read = load(options.inputs)
        sizes = f"{read.shape[1]:,} sequences of {len(read):,} steps"
        words = f"{name}, reading {sizes} of {printable(options.inputs.name, 80)}."
        return words, {"model": model, "batch": read}
    corpus = _corpus(options, model)
    tokens = stretches(corpus, options.steps, options.sequences)
    loss = _loss(options, model, corpus)
    many = f"{options.sequences} stretch" + "es" * (options.sequences > 1)
    words = (
        f"{name}, reading {many} of {options.steps:,} characters of "
        f"{corpus.title}. Its {corpus.q:,} symbols are numbered as they "
        "are sorted, for the file does not tell how they were in training."
    )
    batch = (tokens[:-1], tokens[1:])
    return words, {"model": model, "batch": batch, "loss": loss}


def _corpus(options: argparse.Namespace, model: LoadedModel) -> Corpus:
    """Return the text, as letters alone or as it is: what has the model's symbols."""
    found = []
    for preprocess in ("textbook", "none"):
        if options.text is None:
            corpus = default_text(preprocess=preprocess)
        else:
            corpus = load_text(options.text, preprocess=preprocess)
        if corpus.q == model.symbols:
            return corpus
        found.append(corpus)
    fitting = [corpus for corpus in found if corpus.q < model.symbols]
    if not fitting:
        letters, all_ = (corpus.q for corpus in found)
        message = (
            f"The model reads {model.symbols:,} symbols; the text has {letters:,} as "
            f"letters alone and {all_:,} as it is. Give another, or an array with "
            "--inputs."
        )
        raise InputError(message)
    return fitting[-1]


def _loss(
    options: argparse.Namespace, model: LoadedModel, corpus: Corpus
) -> str | None:
    """Return which loss there is: none where nothing predicts the next symbol."""
    outputs = 0 if model.W_qh is None else len(model.W_qh)
    if options.loss in (None, "none"):
        given = options.loss is None and outputs >= corpus.q
        return "last" if given else None
    if outputs < corpus.q:
        lacking = f"has {outputs:,} outputs" if outputs else "has no readout"
        message = (
            f"--loss {options.loss} needs a readout of {corpus.q:,} symbols; the model "
            f"{lacking}. Name one with --readout."
        )
        raise InputError(message)
    return str(options.loss)
