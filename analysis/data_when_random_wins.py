"""Where random truncation has the smaller error than regular truncation, exactly.

Tanh RNNs on the text, over their gain and over the window.  Random truncation with
constant π, and with the best π_t, reaches as many steps in the mean as the window, and
segments reach as many or fewer.
"""

import pathlib

import numpy as np

from analysis.corpus import title
from analysis.readers import reading
from analysis.script import run_data
from analysis.store import save_table
from gradlab.gradients import (
    RandomTruncation,
    Segmented,
    Truncated,
    constant_keep,
    lag_decomposition,
    moments,
    optimal_keep,
)
from gradlab.objectives import CrossEntropy

NEEDS = ("text",)
SEED = 5
FULL = {"n": 16, "steps": 48, "networks": 5}
QUICK = {"n": 8, "steps": 16, "networks": 2}
GAINS = np.array([0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5])
WAYS = ("regular", "segments", "constant", "best")
FULL_WINDOWS, QUICK_WINDOWS = (2, 3, 5, 8, 12, 18, 26, 36), (2, 4, 8)


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    windows = QUICK_WINDOWS if quick else FULL_WINDOWS
    shape = len(GAINS), len(windows), sizes["networks"]
    table = {name: np.zeros(shape) for name in WAYS}
    for i, gain in enumerate(GAINS):
        for k in range(sizes["networks"]):
            seed = [SEED, round(1000 * gain), k]
            objective = reading(f"{gain}", sizes["n"], sizes["steps"], seed)
            for j, window in enumerate(windows):
                for name, error in errors(objective, window).items():
                    table[name][i, j, k] = error
    table |= {"gains": GAINS, "windows": np.array(windows)}
    table["reach"] = np.array([reach(k, sizes["steps"]) for k in windows])
    parameters = {**sizes, "text": title(), "quick": quick}
    return save_table("when_random_wins", table, seed=SEED, parameters=parameters)


def errors(objective: CrossEntropy, window: int) -> dict[str, float]:
    """Return √(E ‖ĝ − g‖²)/‖g‖ of the four ways at the same mean reach."""
    T = len(objective.trajectory)
    same = reach(window, T)
    found = lag_decomposition(objective)
    constant = moments(RandomTruncation(constant_keep(T, same)), objective)
    best = optimal_keep(objective, same)
    segments = moments(Segmented(segment_length(same, T)), objective)
    size = found.gradient_norm
    return {
        "regular": float(found.bias[window - 1]) / size,
        "segments": segments.bias_norm / size,
        "constant": float(np.sqrt(constant.total_variance)) / size,
        "best": float(np.sqrt(best.total_variance)) / size,
    }


def reach(window: int, T: int) -> float:
    """Return the steps that a loss reaches back, its own included, in the mean."""
    return float(Truncated(window).lags(T).sum() / T)


def segment_length(wanted: float, T: int) -> int:
    """Return the length of segments that reach as far, or as little less as can be."""
    reached = [Segmented(length).lags(T).sum() / T for length in range(1, T + 1)]
    return 1 + max(i for i, r in enumerate(reached) if r <= wanted)


if __name__ == "__main__":
    run_data(main)
