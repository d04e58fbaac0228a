"""Character models trained by every strategy, with and without clipping; and its cost.

``--full`` trains larger models for longer instead, as `analysis.long_training` says.
"""

import dataclasses
import pathlib
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from analysis import long_training
from analysis.corpus import title
from analysis.recipes import recipes
from analysis.script import run_data
from analysis.store import save_result, save_table
from gradlab.cells import RNN
from gradlab.datasets import Corpus, default_text, one_hot
from gradlab.dynamics import run
from gradlab.gradients import AbstractEstimator, Full, RandomTruncation, Truncated
from gradlab.objectives import CrossEntropy
from gradlab.studies import Recipe, training_study
from gradlab.sweeps import process_map

NEEDS = ("text",)
SEED = 0
WORKERS = 2
# Rates so high that runs are at stake: what is said of clipping is empty at a rate at
# which no gradient is ever clipped.
MODELS = {
    "rnn": {"kind": "rnn", "n": 32, "rate": 2.0, "updates": 300},
    "slow": {"kind": "rnn", "n": 32, "rate": 1.0, "updates": 300},
    "lstm": {"kind": "lstm", "n": 32, "rate": 8.0, "updates": 120},
    "fast": {"kind": "lstm", "n": 32, "rate": 16.0, "updates": 120},
    "short": {
        "kind": "rnn",
        "n": 64,
        "rate": 1.5,
        "updates": 400,
        "characters": 10000,
        "held_out": 0.5,
    },
}
USED = {  # the window costs several times the others; the plain network is enough
    "rnn": ("full", "segments", "window", "random", "renewal"),
    "slow": ("full", "random"),
    "lstm": ("full", "segments", "random"),
    "fast": ("full", "random"),
    "short": ("full", "segments", "pairs", "random"),
}
SHARED = {"batch": 16, "length": 32, "clip": 1.0, "held_out": 0.1}
SEEDS = 5
COST_STEPS, COST_N, COST_WINDOW = (100, 1000, 10_000, 100_000), 64, 32


def main(quick: bool) -> list[pathlib.Path]:
    written = []
    with process_map(WORKERS) as mapper:
        for name in MODELS:
            written += save_study(name, mapper, quick)
        written += save_cost(mapper, quick)
    return written


def save_study(name: str, mapper: Callable, quick: bool) -> list[pathlib.Path]:
    """Train one model by all its strategies; store how it ended, and the way there."""
    sizes, seeds = sizes_of(name, quick), range(2 if quick else SEEDS)
    runs = []

    def kept(function: Callable, tasks: list) -> list:
        runs.extend(mapper(function, tasks))
        return runs

    study = training_study(
        corpus_of(sizes),
        strategies(name, sizes),
        kind=sizes["kind"],
        n=sizes["n"],
        seeds=seeds,
        mapper=kept,
    )
    losses = np.full((len(runs), sizes["updates"]), np.nan)
    for row, found in zip(losses, runs, strict=True):
        row[: found.updates] = found.losses
    shape = len(study.strategies), len(seeds), sizes["updates"]
    table = {"losses": losses.reshape(shape)}
    parameters = {**sizes, "quick": quick, "text": title(), "seeds": len(seeds)}
    given = {"seed": SEED, "parameters": parameters}
    return [
        *save_result(f"training-study_{name}", study, **given),
        *save_table(f"training-losses_{name}", table, **given),
    ]


def sizes_of(name: str, quick: bool) -> dict:
    """Return the sizes of a model; the held-out text is looked at when it ends."""
    sizes = {**SHARED, **MODELS[name]}
    if quick:
        sizes |= {"n": 8, "updates": 20, "length": 16}
    return sizes | {"look": sizes["updates"]}


def corpus_of(sizes: dict) -> Corpus:
    """Return the text, or its opening where a model is to read it again and again."""
    text = default_text()
    return dataclasses.replace(text, tokens=text.tokens[: sizes.get("characters")])


def strategies(name: str, sizes: dict) -> dict[str, Recipe]:
    """Return its strategies with clipping, and also without where they are at stake."""
    return recipes(sizes, USED[name], () if "characters" in sizes else USED[name])


def save_cost(mapper: Callable, quick: bool) -> list[pathlib.Path]:
    """Store seconds, one run alone, and peak bytes of run and gradient by T.

    Times differ from machine to machine and build to build; bytes hardly do.
    """
    steps = COST_STEPS[:2] if quick else COST_STEPS
    tasks = [(way, T) for way in COSTED for T in steps]
    peaks = list(mapper(peak_bytes, tasks))
    seconds = [duration(task) for task in tasks]
    shape = len(COSTED), len(steps)
    table = {
        "steps": np.array(steps),
        "seconds": np.reshape(seconds, shape),
        "bytes": np.reshape(peaks, shape),
    }
    parameters = {
        "n": COST_N,
        "window": COST_WINDOW,
        "ways": list(COSTED),
        "quick": quick,
    }
    return save_table("training-cost", table, seed=SEED, parameters=parameters)


COSTED: dict[str, tuple[AbstractEstimator, bool]] = {  # and whether it is streamed
    "full": (Full(), False),
    "segments": (Full(), True),
    "window": (Truncated(COST_WINDOW), False),
    "random": (RandomTruncation(0.9), False),
}


def duration(task: tuple[str, int]) -> float:
    """Return the least of three, or of one where it is long: others may be at work."""
    prepared, times = subject(task), []
    for _ in range(3 if task[1] < COST_STEPS[-1] else 1):
        start = time.perf_counter()
        sweep(*prepared)
        times.append(time.perf_counter() - start)
    return min(times)


def peak_bytes(task: tuple[str, int]) -> int:
    prepared = subject(task)
    tracemalloc.start()
    try:
        sweep(*prepared)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def subject(task: tuple[str, int]) -> tuple[str, np.ndarray, RNN, np.ndarray]:
    """Return a model and T + 1 characters, from the first again where it ends."""
    way, T = task
    text, rng = default_text(), np.random.default_rng(SEED)
    cell = RNN.random(COST_N, text.q, gain=0.9, rng=rng)
    readout = rng.normal(size=(text.q, COST_N)) / COST_N**0.5
    return way, np.resize(text.tokens, T + 1), cell, readout


def sweep(way: str, tokens: np.ndarray, cell: RNN, readout: np.ndarray) -> None:
    """Run over the characters and take gradients.

    Segments are run and forgotten one by one, as a training loop does that detaches.
    """
    estimator, streamed = COSTED[way]
    T, h = len(tokens) - 1, np.zeros(COST_N)
    length = COST_WINDOW if streamed else T
    for first in range(0, T, length):
        part = tokens[first : first + length + 1]
        trajectory = run(cell, h, one_hot(part[:-1], len(readout)))
        objective = CrossEntropy(trajectory, part[1:], readout)
        estimator.gradient(objective, rng=SEED)
        h = trajectory.states[-1]


if __name__ == "__main__":
    if "--full" in sys.argv:
        sys.argv.remove("--full")
        run_data(long_training.main)
    else:
        run_data(main)
