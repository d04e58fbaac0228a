"""``gradlab bounds``: what theorems promise about a run, beside what happens."""

import argparse
import json
from typing import Any

import numpy as np

from gradlab._files import printable
from gradlab._store import plain
from gradlab._version import VERSION
from gradlab._words import describe_gain
from gradlab.adapters import LoadedModel
from gradlab.cli.arguments import (
    add_model,
    count,
    describe_cell,
    describe_run,
    make_cell,
    run_on_text,
)
from gradlab.cli.inputs import load_inputs
from gradlab.cli.terminal import busy, say, show_table
from gradlab.cli.weights import add_inputs, add_weights, reading_of, refuse_mixture
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError
from gradlab.studies import BoundComparison, compare_bounds
from gradlab.typing import Array

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_model(parser, steps=200)
    add_weights(parser)
    add_inputs(parser)
    parser.add_argument(
        "--sequence",
        type=count,
        default=1,
        help="which of the sequences of FILE.npy; default: 1",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object instead of tables"
    )
    # A bound is about one run, and needs no loss.
    parser.set_defaults(refuse=parser.error, sequences=1, loss="none")
    parser.epilog = (
        "Each line is a theorem on the gain ‖J_T ⋯ J_1‖: by how much a change of\n"
        "the first state can be multiplied on its way to the last, at worst.  The\n"
        "verdict is about the theorem: bound and gain, each enclosed by itself, were\n"
        "proved to be in the order that it promises.\n\n"
        "examples:\n"
        "  gradlab bounds model.safetensors --text book.txt\n"
        "  gradlab bounds --cell rnn --gain 1.5\n"
        "  gradlab bounds --cell linear --hidden 32 --init orthogonal --json"
    )


def execute(options: argparse.Namespace) -> int:
    """Print every bound beside the measured gain, layer by layer."""
    refuse_mixture(options)
    if options.sequence > 1 and options.inputs is None:
        options.refuse("--sequence is about the file of --inputs; none is given")
    with busy("reading"):
        words, runs = _reading(options)
    found = {}
    for name, trajectory in runs.items():
        with busy(f"bounding {name}" if name else "bounding"):
            found[name] = compare_bounds(trajectory, lags=[len(trajectory)])
    if options.json:
        layers = [_layer(name, one) for name, one in found.items()]
        data = {"gradlab": VERSION, "subject": words, "layers": layers}
        print(json.dumps(plain("data", data), allow_nan=False, ensure_ascii=False))
        return 0
    say(words)
    for name, one in found.items():
        _show(name, one)
    _show_unmet(found)
    return 0


def _reading(options: argparse.Namespace) -> tuple[str, dict[str, Trajectory]]:
    """Return words on the model and what it reads, and the run of every layer."""
    if options.model is not None:
        words, subject = reading_of(options)
        batch = subject["batch"]
        if options.inputs is None:
            batch = batch[0]  # without the symbols that follow
        batch, note = _one_sequence(batch, options.sequence)
        return words + note, _layers(subject["model"], batch)
    if options.inputs is None:
        trajectory, corpus = run_on_text(options)
        return describe_run(options, corpus), {"": trajectory}
    inputs, note = _one_sequence(load_inputs(options.inputs), options.sequence)
    cell = make_cell(options, inputs.shape[-1])
    words = f"{describe_cell(options)}, reading {len(inputs):,} steps of "
    trajectory = run(cell, np.zeros(cell.sizes[0]), inputs[:, 0])
    return f"{words}{printable(options.inputs.name, 80)}.{note}", {"": trajectory}


def _one_sequence(batch: Array, which: int) -> tuple[Array, str]:
    """Return a sequence of a batch, with its axis, and a note if there are others."""
    B = batch.shape[1]
    if which > B:
        message = f"--sequence must be at most {B:,}, how many there are; got {which}."
        raise InputError(message)
    note = f" What follows is about sequence {which} of {B:,}." if B > 1 else ""
    return batch[:, which - 1 : which], note


def _layers(model: LoadedModel, batch: Array) -> dict[str, Trajectory]:
    recorded = model.record(batch).layers
    return {layer.name: layer.trajectory.sequence(0) for layer in recorded}


def _show(name: str, found: BoundComparison) -> None:
    print()
    if name:
        say(f"{name}, {found.lags[-1]:,} steps:")
    show_table(
        ("theorem", "promises", "measured", "slack", "verdict", "arithmetic", "source"),
        [_row(entry) for entry in _entries(found)],
    )
    print()
    say(_decision(found))


def _entries(found: BoundComparison) -> list[dict[str, Any]]:
    columns = found.columns()
    columns["decides"] = np.isfinite(columns.pop("decided_at"))
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    limit = {"above": "≤", "below": "≥"}[entry["direction"]]
    return (
        _name(entry["bound"]),
        f"{limit} {describe_gain(entry['log_bound'])}",
        describe_gain(entry["log_gain"]),
        f"{entry['slack_per_step']:.3g} nats/step",
        entry["verdict"].lower(),
        entry["arithmetic"],
        entry["source"],
    )


def _decision(found: BoundComparison) -> str:
    """Say which theorems decide what becomes of gradients, if one does."""
    steps, hits = f"{found.lags[-1]:,} steps", np.isfinite(found.decided_at)
    limit = f"{1 / found.small:g}"
    rows = zip(found.labels, found.directions, found.slack, hits, strict=True)
    names = [(slack, _name(label), way) for label, way, slack, hit in rows if hit]
    if not names:
        happens = "do" if np.isfinite(found.happens_at) else "do not either"
        return (
            f"No theorem decides that gradients vanish (below 1/{limit}) or explode "
            f"(above {limit}) within {steps}; the measured ones {happens}."
        )
    vanish = names[0][2] == "above"
    end = f"vanish (below 1/{limit})" if vanish else f"explode (above {limit})"
    listed = ", ".join(name for _, name, _ in sorted(names))
    return f"Gradients {end} within {steps}, as proved by {listed}."


def _show_unmet(found: dict[str, BoundComparison]) -> None:
    unmet = dict.fromkeys(line for one in found.values() for line in one.unmet.values())
    if unmet:
        print()
        say("These say nothing here, because a hypothesis does not hold:")
        for line in unmet:
            say(f"  {line}")


def _layer(name: str, found: BoundComparison) -> dict[str, Any]:
    return {
        "name": name,
        "steps": int(found.lags[-1]),
        "log_gain": float(found.log_gain[-1]),
        "bounds": _entries(found),
        "unmet": dict(found.unmet),
    }


def _name(label: str) -> str:
    return label.removeprefix("thm:")
