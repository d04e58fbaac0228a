"""Truncation beside the noise of a minibatch, before, halfway and after training.

Exact moments on one batch for each of a few runs; and, over many batches at the same
weights, how much of a bias is the same for all of them.
"""

import pathlib
from collections.abc import Iterator

import numpy as np

from analysis.corpus import title
from analysis.script import run_data
from analysis.store import save_result, save_table
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
    sequence_bias,
    train,
)

NEEDS = ("text",)
SEED = 0  # of the run that is drawn; the others follow it
STAGES = ("untrained", "halfway", "trained")
SIZES = {"n": 64, "length": 64, "batch": 32, "updates": 1000, "runs": 4, "fresh": 12}
QUICK = {"n": 32, "length": 32, "batch": 8, "updates": 100, "runs": 2, "fresh": 2}
CHOICES = {"keep": 0.9, "rate": 1e-2, "clip": 1.0, "fraction": 0.1, "steps": 2000}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = {**CHOICES, **(QUICK if quick else SIZES)}
    parameters = {**sizes, "quick": quick, "text": title()}
    given = {"seed": SEED, "parameters": parameters}
    runs = [batches(sizes, seed) for seed in range(SEED, SEED + sizes["runs"])]
    compared = [[comparison(one, sizes) for one in run] for run in runs]
    written = []
    for stage, objective, both in zip(STAGES, runs[0], compared[0], strict=True):
        for kind, found in (both | memory(objective, sizes)).items():
            written += save_result(f"yardstick-{kind}_{stage}", found, **given)
    rows = [
        [spread(*pair, sizes) for pair in zip(run, both, strict=True)]
        for run, both in zip(runs, compared, strict=True)
    ]
    table = {name: [[one[name] for one in run] for run in rows] for name in rows[0][0]}
    return written + save_table("yardstick-spread", table, **given)


def batches(sizes: dict, seed: int) -> list[CrossEntropy]:
    """Return the batch on which each of the three models is about to be updated.

    One update more than asked for: the batch after the last is that of the trained
    model.
    """
    text, updates = default_text(), sizes["updates"]
    model = CharacterModel.random("rnn", sizes["n"], text.q, rng=seed)
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

    train(text, model, recipe, rng=seed, watch=watch)
    return found


def comparison(objective: CrossEntropy, sizes: dict) -> dict:
    """Return the noise of a batch and its strategies; nothing is sampled."""
    return {
        "noise": minibatch_variance(objective),
        "rows": compare_truncations(objective, estimators(objective, sizes["keep"])),
    }


def spread(objective: CrossEntropy, both: dict, sizes: dict) -> dict[str, np.ndarray]:
    """Return squared errors in minibatch variances, and what stays of each bias.

    A batch shows what stays and, in the same units, what passes: it is another one in
    the next batch.
    """
    rows, noise = both["rows"], both["noise"]
    found = [
        sequence_bias(fresh_batches(objective, sizes), one)
        for one in (Truncated(8), Segmented(8))
    ]
    return {
        "errors": rows.error**2 / noise.total_variance,
        "noise": np.array(noise.relative),
        "stays": np.array([bias.persistent(sizes["batch"]) for bias in found]),
        "passes": np.array([bias.passing for bias in found]),
    }


def fresh_batches(objective: CrossEntropy, sizes: dict) -> Iterator[CrossEntropy]:
    """Yield batches from anywhere in the text, each after as many steps to warm up."""
    model = CharacterModel(objective.trajectory.cell, objective.W_qh, objective.b_q)
    tokens, T, rng = default_text().tokens, sizes["length"], np.random.default_rng(SEED)
    for _ in range(sizes["fresh"]):
        starts = rng.integers(0, len(tokens) - 2 * T, size=sizes["batch"])
        read = tokens[np.arange(2 * T + 1)[:, None] + starts]
        before = model.objective(read[: T + 1], model.start(sizes["batch"]))
        yield model.objective(read[T:], before.trajectory.states[-1])


def memory(objective: CrossEntropy, sizes: dict) -> dict:
    """Return lags, matched window and λ_1: how far back the model looks."""
    model = CharacterModel(objective.trajectory.cell, objective.W_qh, objective.b_q)
    tokens = default_text().tokens[: sizes["steps"]]
    return {
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
