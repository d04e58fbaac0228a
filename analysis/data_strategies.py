"""The textbook's three rows: one draw of random truncation, segments, and the whole.

A tanh RNN reads the textbook's line and predicts the next character; each way gives
its gradient, and what it says to every state.
"""

import pathlib

import numpy as np

from analysis.readers import reader_cell
from analysis.script import run_data
from analysis.store import save_table
from gradlab.datasets import one_hot
from gradlab.dynamics import run
from gradlab.gradients import Full, RandomTruncation, Segmented, moments
from gradlab.objectives import CrossEntropy

NEEDS = ()
SEED, DRAW = 1, 0
ALPHABET = " abcdefghijklmnopqrstuvwxyz"
LINE = "the time machine by h g wells"
FULL = {"n": 64, "gain": 1.0, "length": 5, "keep": 0.8}
QUICK = {**FULL, "n": 24}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    objective = reading_the_line(sizes["n"], sizes["gain"])
    T = len(LINE)
    random = RandomTruncation(sizes["keep"])
    regular = Segmented(sizes["length"])
    rows = {
        "random": (random.gradient(objective, rng=DRAW), random.segments(T, rng=DRAW)),
        "regular": (regular.gradient(objective), regular.segments(T)),
        "full": (Full().gradient(objective), np.array([T])),
    }
    whole = rows["full"][0].flat
    table = {}
    for name, (gradient, segments) in rows.items():
        g = gradient.flat
        size = np.linalg.norm(g) / np.linalg.norm(whole)
        table[f"segments_{name}"] = segments
        table[f"states_{name}"] = np.linalg.norm(gradient.states[1:], axis=1)
        table[f"size_{name}"] = size
        table[f"cosine_{name}"] = g @ whole / np.linalg.norm(whole) ** 2 / size
    for name, estimator in {"random": random, "regular": regular}.items():
        found = moments(estimator, objective)
        table[f"error_{name}"] = np.sqrt(found.mean_squared_error)
        table[f"error_{name}"] /= np.linalg.norm(whole)
    parameters = {**sizes, "line": LINE, "draw": DRAW, "quick": quick}
    return save_table("strategies", table, seed=SEED, parameters=parameters)


def reading_the_line(n: int, gain: float) -> CrossEntropy:
    """Return the loss of predicting each next character; a space follows the last."""
    m = len(ALPHABET)
    tokens = np.array([ALPHABET.index(c) for c in f"{LINE} "])
    cell = reader_cell(f"{gain}", n, m, SEED)
    readout = np.random.default_rng([1, n]).standard_normal((m, n)) / np.sqrt(n)
    trajectory = run(cell, np.zeros(n), one_hot(tokens[:-1], m))
    return CrossEntropy(trajectory, tokens[1:], readout)


if __name__ == "__main__":
    run_data(main)
