"""Influence balancing: the sign a window gives, and what random truncation scatters by.

One loss, one parameter, closed forms: the moments of the estimators themselves agree
with them in the tests.
"""

import pathlib

import numpy as np

from analysis.script import run_data
from analysis.store import save_table
from gradlab.datasets import influence_balancing
from gradlab.gradients import Geometric, optimal_survival, survival_variance

NEEDS = ()
STEPS = 600  # lags beyond have terms below 1e-100
FULL = {"windows": 100, "lengths": 60}
QUICK = {"windows": 60, "lengths": 12}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    task = influence_balancing()
    windows = np.arange(1, sizes["windows"] + 1)
    tails = np.cumsum(task.lag_terms(STEPS)[::-1])[::-1]
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
        "quick": quick,
    }
    return save_table("influence_balancing", table, seed=None, parameters=parameters)


if __name__ == "__main__":
    run_data(main)
