"""All bounds beside the gain, lag by lag, of networks that read the text; and trained.

The trained ones are the same networks after a short training to predict the text.
"""

import pathlib

import numpy as np

from analysis.corpus import opening, title
from analysis.readers import reader_cell
from analysis.script import run_data
from analysis.store import save_result
from gradlab.cells import AbstractCell
from gradlab.datasets import default_text
from gradlab.dynamics import run
from gradlab.gradients import Full
from gradlab.studies import (
    Adam,
    BoundComparison,
    CharacterModel,
    Recipe,
    compare_bounds,
    train,
)

NEEDS = ("text",)
SEED = 3
CELLS = {"rnn_g0p5": "0.5", "rnn_g1": "1", "rnn_g2": "2", "lstm": "lstm", "gru": "gru"}
FULL = {"n": 24, "steps": 200, "points": 12, "updates": 300}
QUICK = {"n": 8, "steps": 40, "points": 4, "updates": 20}
SMALL = 1e-3
TRAINING = {"batch": 16, "length": 32, "clip": 1.0, "held_out": 0.1}
RATE = 1e-2


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    parameters = {**sizes, **TRAINING, "rate": RATE, "text": title(), "quick": quick}
    written = []
    for name, kind in CELLS.items():
        m = opening(1).shape[1]
        # One seed: the plain networks differ in their gain alone.
        drawn = reader_cell(kind, sizes["n"], m, SEED)
        trained, loss = after_training(drawn, sizes["updates"])
        for state, cell in (("drawn", drawn), ("trained", trained)):
            written += save_result(
                f"tightness-{name}_{state}",
                compared(cell, sizes),
                seed=SEED,
                parameters={**parameters, "loss_of_trained": loss},
            )
    return written


def compared(cell: AbstractCell, sizes: dict) -> BoundComparison:
    inputs = opening(sizes["steps"])
    trajectory = run(cell, np.zeros(cell.sizes[0]), inputs)
    lags = np.unique(np.geomspace(1, sizes["steps"], sizes["points"]).round())
    return compare_bounds(trajectory, lags=lags.astype(int).tolist(), small=SMALL)


def after_training(cell: AbstractCell, updates: int) -> tuple[AbstractCell, float]:
    """Return the cell trained to predict the text, and its held-out loss."""
    corpus = default_text()
    rng = np.random.default_rng(SEED)
    readout = rng.normal(size=(corpus.q, cell.hidden)) / np.sqrt(cell.hidden)
    model = CharacterModel(cell, readout, np.zeros(corpus.q))
    recipe = Recipe(Full(), Adam(RATE), updates=updates, **TRAINING)
    found = train(corpus, model, recipe, rng=SEED)
    return model.with_params(found.params).cell, found.held_out_loss


if __name__ == "__main__":
    run_data(main)
