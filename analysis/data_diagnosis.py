"""Diagnoses of untrained and trained networks that read the text: one loss, at the end.

And of more of them by their Jacobians alone, over more steps: precision against λ_1.
"""

import pathlib

import numpy as np

from analysis.corpus import title
from analysis.script import run_data
from analysis.store import save_result
from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.datasets import default_text, one_hot
from gradlab.dynamics import run
from gradlab.gradients import Full
from gradlab.objectives import CrossEntropy
from gradlab.studies import Adam, CharacterModel, Recipe, diagnose, train

NEEDS = ("text",)
SEED = 0
SIZES = {"n": 64, "steps": 300, "sequences": 8, "long": 1000, "length": 64}
QUICK = {"n": 12, "steps": 80, "sequences": 4, "long": 200, "length": 16}
UPDATES = {"rnn": 400, "lstm": 300}
CHOICES = {"batch": 16, "rate": 1e-2, "clip": 1.0}
BIASES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
GAINS = (0.3, 0.5, 0.7, 0.9, 1.1, 1.3)


def main(quick: bool) -> list[pathlib.Path]:
    sizes = {**CHOICES, **(QUICK if quick else SIZES)}
    sizes["updates"] = {kind: 10 if quick else k for kind, k in UPDATES.items()}
    given = {
        "seed": SEED,
        "parameters": {**sizes, "quick": quick, "text": title()},
    }
    models = {**untrained(sizes), **trained(sizes)}
    found = {name: diagnose(reading(model, sizes)) for name, model in models.items()}
    for name, cell in swept(sizes).items():
        inputs, _ = stretches(sizes["long"], sizes["sequences"])
        start = np.zeros((sizes["sequences"], cell.sizes[0]))
        found[f"budget_{name}"] = diagnose(run(cell, start, inputs))
    return [
        path
        for name, diagnosis in found.items()
        for path in save_result(f"diagnosis-{name}", diagnosis, **given)
    ]


def untrained(sizes: dict) -> dict[str, CharacterModel]:
    """Return models as libraries and recipes start them, all with one readout."""
    n, q = sizes["n"], default_text().q
    shared = {"gain": 1.0, "rng": SEED}
    cells: dict[str, AbstractCell] = {
        "rnn": RNN.random(n, q, init="torch", **shared),
        "lstm": LSTM.random(n, q, init="torch", **shared),
        "gru": GRU.random(n, q, init="torch", **shared),
        "bias": LSTM.random(n, q, init="torch", forget_bias=1.0, **shared),
        "orthogonal": RNN.random(n, q, init="orthogonal", **shared),
        "loud": RNN.random(n, q, gain=2.0, rng=SEED),
    }
    readout = np.random.default_rng([SEED, 1]).normal(size=(q, n)) / np.sqrt(n)
    return {k: CharacterModel(cell, readout, np.zeros(q)) for k, cell in cells.items()}


def trained(sizes: dict) -> dict[str, CharacterModel]:
    """Return models that were trained to predict every next character."""
    text, found = default_text(), {}
    for kind, updates in sizes["updates"].items():
        start = CharacterModel.random(kind, sizes["n"], text.q, rng=SEED, init="torch")
        recipe = Recipe(
            Full(),
            Adam(sizes["rate"]),
            updates=updates,
            batch=sizes["batch"],
            length=sizes["length"],
            clip=sizes["clip"],
        )
        found[f"trained_{kind}"] = train(text, start, recipe, rng=SEED).model(start)
    return found


def swept(sizes: dict) -> dict[str, AbstractCell]:
    """Return networks whose λ_1 goes from far below 0 to just below it."""
    n, q = sizes["n"], default_text().q
    lstms = {
        f"lstm{k}": LSTM.random(
            n, q, gain=1.0, rng=SEED, init="torch", forget_bias=bias
        )
        for k, bias in enumerate(BIASES)
    }
    rnns = {
        f"rnn{k}": RNN.random(n, q, gain=gain, rng=SEED) for k, gain in enumerate(GAINS)
    }
    return {**lstms, **rnns}


def reading(model: CharacterModel, sizes: dict) -> CrossEntropy:
    """Return the loss of a model on the last character of every stretch, alone."""
    inputs, targets = stretches(sizes["steps"], sizes["sequences"])
    trajectory = run(model.cell, model.start(sizes["sequences"]), inputs)
    last = np.arange(sizes["steps"]) == sizes["steps"] - 1
    return CrossEntropy(
        trajectory, targets, model.W_qh, model.b_q, weights=last.astype(float)
    )


def stretches(steps: int, sequences: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and next characters of stretches evenly spread over the text."""
    text = default_text()
    starts = np.linspace(0, len(text) - steps - 1, sequences).astype(int)
    tokens = text.tokens[np.arange(steps + 1)[:, None] + starts]
    return one_hot(tokens[:-1], text.q), tokens[1:]


if __name__ == "__main__":
    run_data(main)
