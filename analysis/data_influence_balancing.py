"""Influence balancing: the sign a window gives, and what random truncation scatters by.

One loss, one parameter, closed forms: the moments of the estimators themselves agree
with them in the tests.
"""

import pathlib

import numpy as np

from analysis.script import run_data
from analysis.store import save_table
from gradlab.datasets import influence_balancing
from gradlab.gradients import (
    Geometric,
    RenewalTruncation,
    Waring,
    optimal_survival,
    survival_variance,
)

NEEDS = ()
STEPS = 600  # lags beyond have terms below 1e-100
EXPONENT = 4.0
FULL = {"windows": 100, "lengths": 60}
QUICK = {"windows": 60, "lengths": 12}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    task = influence_balancing()
    windows = np.arange(1, sizes["windows"] + 1)
    terms = task.lag_terms(STEPS)
    tails = np.cumsum(terms[::-1])[::-1]
    lags = np.arange(STEPS)
    lengths = np.unique([*np.geomspace(5.0, 100.0, sizes["lengths"]), 10, 20, 50, 100])
    laws = {
        "geometric": [Geometric(1 - 1 / length)(lags) for length in lengths],
        "optimised": [optimal_survival(tails, length) for length in lengths],
    }
    deviations = {
        name: [np.sqrt(survival_variance(tails, law)) for law in found]
        for name, found in laws.items()
    }
    deviations["renewal"] = [
        renewal_deviation(terms, Waring(length, EXPONENT)) for length in lengths
    ]
    table = {
        "windows": windows,
        "truncated": [task.truncated(int(k)) for k in windows],
        "lengths": lengths,
        **deviations,
    }
    parameters = {
        "n": len(task.signs),
        "positive": int((task.signs > 0).sum()),
        "theta": task.theta,
        "full": task.sensitivity,
        "steps": STEPS,
        "exponent": EXPONENT,
        "quick": quick,
    }
    return save_table("influence_balancing", table, seed=None, parameters=parameters)


def renewal_deviation(terms: np.ndarray, law: Waring) -> float:
    """Return the standard deviation of one loss's derivative after all the steps.

    Kept a times since the last cut it is Σ_{l≤a} S_{a−l}/S_a of lag l.
    """
    estimator = RenewalTruncation(law)
    S, chances = estimator.survival(len(terms)), estimator.ages(len(terms))
    seen = np.array([S[a::-1] @ terms[: a + 1] / S[a] for a in range(len(terms))])
    return float(np.sqrt(chances @ (seen - terms.sum()) ** 2))


if __name__ == "__main__":
    run_data(main)
