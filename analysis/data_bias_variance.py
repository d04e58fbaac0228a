"""Exact error of every strategy against its reach, for three networks on the text.

The reach is how many steps back a loss is heard, its own included, in the mean over
losses and draws: the one cost by which all strategies can be compared.
"""

import pathlib

from analysis.corpus import title
from analysis.readers import reading
from analysis.script import run_data
from analysis.store import save_result, save_table
from gradlab.gradients import (
    AbstractEstimator,
    Geometric,
    RandomTruncation,
    RandomWindow,
    RenewalTruncation,
    Segmented,
    Truncated,
    Waring,
    optimal_keep,
)
from gradlab.objectives import CrossEntropy
from gradlab.studies import compare_truncations

NEEDS = ("text",)
SEED = 1
KINDS = {"rnn_g1": "1", "rnn_g1p5": "1.5", "lstm": "lstm"}
FULL = {"n": 32, "steps": 64}
QUICK = {"n": 12, "steps": 24}
WINDOWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
KEEPS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97, 0.99)
LENGTHS = (2, 3, 4, 6, 8, 12, 16, 24, 40, 80)  # of a stretch, in the mean
EXPONENT = 4.0
REACHES = (2, 4, 8, 12, 16, 20, 24, 28)  # for which the best random truncation is found


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    written = []
    for name, kind in KINDS.items():
        objective = reading(kind, **sizes, seed=SEED)
        parameters = {**sizes, "cell": name, "text": title(), "quick": quick}
        parameters["exponent"] = EXPONENT
        for strategy, rows in strategies(objective).items():
            found = compare_truncations(objective, rows)
            place = f"bias_variance-{strategy}_{name}"
            written += save_result(place, found, seed=SEED, parameters=parameters)
    table = {
        strategy: [reach(one, sizes["steps"]) for one in rows.values()]
        for strategy, rows in strategies(objective).items()
    }
    parameters = {**sizes, "text": title(), "quick": quick}
    place = "bias_variance-reach"
    return written + save_table(place, table, seed=SEED, parameters=parameters)


def strategies(objective: CrossEntropy) -> dict[str, dict[str, AbstractEstimator]]:
    T = len(objective.trajectory)
    windows = [k for k in WINDOWS if k < T]
    reaches = [r for r in REACHES if r < (T + 1) / 2]
    letter = [RandomTruncation(p, nested=False) for p in KEEPS]
    return {
        "truncated": named(Truncated(k) for k in windows),
        "segmented": named(Segmented(k) for k in windows),
        "random": named(RandomTruncation(p) for p in KEEPS),
        "letter": named(letter),
        "renewal": named(RenewalTruncation(Waring(k, EXPONENT)) for k in LENGTHS),
        "window": named(RandomWindow(Geometric(p)) for p in KEEPS),
        "optimal": {
            f"reach {r}": optimal_keep(objective, r).estimator for r in reaches
        },
    }


def named(estimators: object) -> dict[str, AbstractEstimator]:
    return {repr(one): one for one in estimators}


def reach(estimator: AbstractEstimator, T: int) -> float:
    """Return the steps that a loss reaches back, its own included, in the mean."""
    if isinstance(estimator, RandomTruncation | RenewalTruncation):
        return estimator.expected_reach(T)
    if isinstance(estimator, RandomWindow):
        return estimator.expected_steps(T) / T  # each loss is carried by itself
    return float(estimator.lags(T).sum() / T)


if __name__ == "__main__":
    run_data(main)
