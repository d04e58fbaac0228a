"""A recurrent matrix before and after training: pseudospectra and norms of powers."""

import pathlib

import numpy as np

from analysis.corpus import title
from analysis.script import run_data
from analysis.store import save_result, save_table
from gradlab.datasets import default_text
from gradlab.gradients import Full
from gradlab.linalg import (
    henrici_departure,
    numerical_radius,
    power_norms,
    pseudospectral_radius,
    pseudospectrum,
    spectral_norm,
    spectral_radius,
)
from gradlab.studies import Adam, CharacterModel, Recipe, train

NEEDS = ("text",)
SEED = 0
SIZES = {"n": 64, "updates": 300, "powers": 30, "points": 240}
QUICK = {"n": 16, "updates": 40, "powers": 20, "points": 30}
TRAINING = {"batch": 32, "length": 32, "rate": 3e-3, "clip": 1.0, "gain": 0.3}
LEVELS = (0.01, 0.03, 0.1, 0.3)
EPS = 0.1


def main(quick: bool) -> list[pathlib.Path]:
    sizes = {**TRAINING, **(QUICK if quick else SIZES)}
    parameters = {**sizes, "quick": quick, "text": title(), "eps": EPS}
    given = {"seed": SEED, "parameters": parameters}
    written, rows = [], []
    for stage, W in matrices(sizes).items():
        norms = power_norms(W, sizes["powers"])
        written += save_result(f"pseudospectra-powers_{stage}", norms, **given)
        rows.append(numbers(W))
        if stage == "trained":
            grid = {"points": sizes["points"], "levels": LEVELS}
            found = pseudospectrum(W, window=window(W), **grid)
            written += save_result("pseudospectra-grid_trained", found, **given)
    table = {name: [row[name] for row in rows] for name in rows[0]}
    return written + save_table("pseudospectra-table", table, **given)


def matrices(sizes: dict) -> dict[str, np.ndarray]:
    """Return W_hh of a character model as it was drawn and as it was trained."""
    text, updates = default_text(), sizes["updates"]
    model = CharacterModel.random(
        "rnn", sizes["n"], text.q, rng=SEED, gain=sizes["gain"]
    )
    recipe = Recipe(
        Full(),
        Adam(sizes["rate"]),
        updates=updates,
        batch=sizes["batch"],
        length=sizes["length"],
        clip=sizes["clip"],
        evaluate_every=updates,
    )
    trained = train(text, model, recipe, rng=SEED)
    return {"untrained": model.params["W_hh"], "trained": trained.params["W_hh"]}


def window(W: np.ndarray) -> tuple[float, float, float, float]:
    """Return a square around the unit circle and the largest level."""
    side = 1.08 * max(1.0, pseudospectral_radius(W, max(LEVELS)).upper)
    return -side, side, -side, side


def numbers(W: np.ndarray) -> dict[str, float]:
    """Return what single numbers say of a matrix."""
    return {
        "spectral_radius": spectral_radius(W),
        "norm": spectral_norm(W),
        "numerical_radius": numerical_radius(W).lower,
        "departure": henrici_departure(W),
        "reach": pseudospectral_radius(W, EPS).lower,
    }


if __name__ == "__main__":
    run_data(main)
