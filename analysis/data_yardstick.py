"""Truncation beside the noise of a minibatch, before, halfway and after training."""

import pathlib

from analysis.corpus import title
from analysis.script import run_data
from analysis.store import save_result
from gradlab.datasets import default_text
from gradlab.gradients import (
    AbstractEstimator,
    Full,
    RandomTruncation,
    Segmented,
    Truncated,
    lag_decomposition,
    noise_matched_window,
    optimal_keep,
)
from gradlab.objectives import AbstractObjective, CrossEntropy
from gradlab.studies import (
    Adam,
    CharacterModel,
    Recipe,
    compare_truncations,
    minibatch_variance,
    model_stability,
    train,
)

NEEDS = ("text",)
SEED = 0
STAGES = ("untrained", "halfway", "trained")
SIZES = {"n": 64, "length": 64, "batch": 32, "updates": 1000}
QUICK = {"n": 32, "length": 32, "batch": 8, "updates": 100}
CHOICES = {"keep": 0.9, "rate": 1e-2, "clip": 1.0, "fraction": 0.1, "steps": 2000}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = {**CHOICES, **(QUICK if quick else SIZES)}
    parameters = {**sizes, "quick": quick, "text": title()}
    written = []
    for stage, objective in zip(STAGES, batches(sizes), strict=True):
        for kind, found in results(objective, sizes).items():
            name = f"yardstick-{kind}_{stage}"
            written += save_result(name, found, seed=SEED, parameters=parameters)
    return written


def batches(sizes: dict) -> list[CrossEntropy]:
    """Return the batch on which each of the three models is about to be updated.

    One update more than asked for: the batch after the last is that of the trained
    model.
    """
    text, updates = default_text(), sizes["updates"]
    model = CharacterModel.random("rnn", sizes["n"], text.q, rng=SEED)
    recipe = Recipe(
        Full(),
        Adam(sizes["rate"]),
        updates=updates + 1,
        batch=sizes["batch"],
        length=sizes["length"],
        clip=sizes["clip"],
        evaluate_every=updates + 1,
    )
    looked_at = {1, updates // 2 + 1, updates + 1}
    found = []

    def watch(number: int, objective: AbstractObjective) -> None:
        if number in looked_at:
            found.append(objective)

    train(text, model, recipe, rng=SEED, watch=watch)
    return found


def results(objective: CrossEntropy, sizes: dict) -> dict:
    """Return noise, strategies, lags, matched window and λ_1; nothing is sampled."""
    model = CharacterModel(objective.trajectory.cell, objective.W_qh, objective.b_q)
    tokens = default_text().tokens[: sizes["steps"]]
    return {
        "noise": minibatch_variance(objective),
        "rows": compare_truncations(objective, estimators(objective, sizes["keep"])),
        "lags": lag_decomposition(objective),
        "match": noise_matched_window(objective, sizes["fraction"]),
        "stability": model_stability(model, tokens),
    }


def estimators(
    objective: AbstractObjective, keep: float
) -> dict[str, AbstractEstimator]:
    """Return the strategies; the best keeps reach as far as the constant one."""
    random = RandomTruncation(keep)
    reach = random.expected_reach(len(objective.trajectory))
    return {
        "window of 8": Truncated(8),
        "segments of 8": Segmented(8),
        "window of 16": Truncated(16),
        "random, one draw": random,
        "random, a draw each": RandomTruncation(keep, shared=False),
        "random, best": optimal_keep(objective, reach).estimator,
    }


if __name__ == "__main__":
    run_data(main)
