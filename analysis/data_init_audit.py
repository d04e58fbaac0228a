"""Gradient horizons of initialisations on a text, before and after a short training.

Every cell reads eight stretches of the held-out text with its own readout; what the
loss at the last step, and each of those at every step, says to the states before it is
measured. Beside that, ρ(W) and ‖W‖₂ of torch's default for growing sizes.
"""

import pathlib

import numpy as np

from analysis.corpus import title
from analysis.script import run_data
from analysis.store import save_table
from gradlab.datasets import default_text
from gradlab.gradients import Full
from gradlab.linalg import spectral_norm, spectral_radius
from gradlab.linalg.ensembles import uniform
from gradlab.remedies import initial_cell
from gradlab.studies import (
    Adam,
    CharacterModel,
    GradientHorizons,
    Recipe,
    gradient_horizons,
    train,
)

NEEDS = ("text",)
SEED = 0
ROWS = (
    ("rnn", "torch"),
    ("rnn", "keras"),
    ("rnn", "flax"),
    ("rnn", "irnn"),
    ("lstm", "torch"),
    ("lstm", "keras"),
    ("lstm", "flax"),
    ("lstm", "forget_bias"),
    ("lstm", "chrono"),
    ("gru", "torch"),
    ("gru", "keras"),
    ("gru", "flax"),
    ("gru", "chrono"),
    ("linear", "lru"),
)
STAGES = ("untrained", "trained")
SIZES = {"n": 64, "steps": 1000, "sequences": 8, "updates": 150, "batch": 8}
QUICK = {"n": 16, "steps": 200, "sequences": 4, "updates": 5, "batch": 4}
CHOICES = {"length": 64, "rate": 1e-2, "clip": 1.0}
MATRICES = {"n": [64, 256, 1024], "draws": [16, 8, 2]}
QUICK_MATRICES = {"n": [16, 32, 64], "draws": [4, 2, 1]}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = {**CHOICES, **(QUICK if quick else SIZES)}
    given = {"seed": SEED, "parameters": {**sizes, "quick": quick, "text": title()}}
    found = {
        (*row, stage): (model, horizons(model, sizes))
        for row in ROWS
        for stage, model in models(*row, sizes).items()
    }
    written = save_table("init_audit-rows", table(found), **given)
    curves = {"-".join(key): seen.left_last for key, (_, seen) in found.items()}
    written += save_table("init_audit-curves", curves, **given)
    matrices = QUICK_MATRICES if quick else MATRICES
    given["parameters"] |= matrices
    return written + save_table("init_audit-limits", limits(**matrices), **given)


def models(kind: str, init: str, sizes: dict) -> dict[str, CharacterModel]:
    """Return a model as it is initialised, and after a short training.

    An LRU is trained by its eigenvalues, which a matrix of weights does not keep.
    """
    text = default_text()
    rng = np.random.default_rng(SEED)
    n, memory = sizes["n"], sizes["steps"]
    cell = initial_cell(kind, n, text.q, init=init, rng=rng, memory=memory)
    W_qh = rng.standard_normal((text.q, n)) / np.sqrt(n)
    model = CharacterModel(cell, W_qh, np.zeros(text.q))
    if kind == "linear":
        return {"untrained": model}
    recipe = Recipe(
        Full(),
        Adam(sizes["rate"]),
        updates=sizes["updates"],
        batch=sizes["batch"],
        length=sizes["length"],
        clip=sizes["clip"],
        evaluate_every=sizes["updates"],
    )
    trained = train(text, model, recipe, rng=SEED)
    return {"untrained": model, "trained": model.with_params(trained.params)}


def horizons(model: CharacterModel, sizes: dict) -> GradientHorizons:
    """Return the horizons on stretches of the held-out tenth of the text."""
    tokens = default_text().tokens
    steps, sequences = sizes["steps"], sizes["sequences"]
    held_out = tokens[len(tokens) - len(tokens) // 10 :]
    starts = np.linspace(0, len(held_out) - steps - 1, sequences).astype(int)
    batch = held_out[np.arange(steps + 1)[:, None] + starts]
    return gradient_horizons(model.objective(batch, model.start(sequences)))


def table(found: dict) -> dict[str, list]:
    """Return one row for each cell, initialisation and stage."""
    columns: dict[str, list] = {
        "cell": [kind for kind, _, _ in found],
        "initialisation": [init for _, init, _ in found],
        "stage": [stage for _, _, stage in found],
    }
    names = ("last", "every", "reached_last", "reached_every", "exponent", "stderr")
    for name in names:
        columns[name] = [getattr(seen, name) for _, seen in found.values()]
    weights = [matrices(model) for model, _ in found.values()]
    columns["radius"] = [max(map(spectral_radius, gates)) for gates in weights]
    columns["norm"] = [max(map(spectral_norm, gates)) for gates in weights]
    return columns


def matrices(model: CharacterModel) -> list[np.ndarray]:
    """Return the recurrent weights, gate by gate."""
    W = model.params["W_hh"]
    return np.split(W, len(W) // W.shape[1])


def limits(n: list[int], draws: list[int]) -> dict[str, list]:
    """Return mean and spread of ρ and ‖W‖₂ of torch's default at growing sizes."""
    columns: dict[str, list] = {"n": n}
    for size, count in zip(n, draws, strict=True):
        rng = np.random.default_rng([SEED, size])
        drawn = [uniform(size, gain=1.0, rng=rng) for _ in range(count)]
        for name, of in (("radius", spectral_radius), ("norm", spectral_norm)):
            values = np.array([of(W) for W in drawn])
            columns.setdefault(name, []).append(values.mean())
            columns.setdefault(f"{name}_spread", []).append(values.std())
    return columns


if __name__ == "__main__":
    run_data(main)
