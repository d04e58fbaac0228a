"""Numbers of training: medians over seeds, differences seed by seed, cost by length."""

import math

import numpy as np

from analysis.paths import DATA, KEPT
from analysis.rounding import Number, count, measured, plain_text, rounded
from analysis.store import load_table, parameters_of
from gradlab.studies import TrainingStudy

__all__ = ["long_numbers", "training_numbers"]


def training_numbers() -> list[Number]:
    found = []
    for model in ("rnn", "slow", "lstm", "fast", "short"):
        key, name = f"training.{model}", f"training-study_{model}"
        study, sizes = TrainingStudy.load(DATA / name), parameters_of(name)
        sizes = {**sizes, "characters": study.characters[0, 0]}
        for size in ("n", "updates", "characters", "batch", "length", "seeds"):
            found.append(count(f"{key}.{size}", sizes[size]))
        found.append(rounded(f"{key}.rate", sizes["rate"], 2))
        found += run_numbers(key, study) + paired_numbers(key, study)
    short = parameters_of("training-study_short")
    found.append(count("training.short.half", short["characters"] // 2))
    found.append(rounded("training.clip", short["clip"], 1))
    return found + cost_numbers()


def run_numbers(key: str, study: TrainingStudy) -> list[Number]:
    """Return medians over the seeds on which a strategy did not diverge."""
    parts = "perplexity", "gap", "exponent", "spectral_radius", "weight_norm"
    table, seeds, found = study.columns(), len(study.seeds), []
    for row, name in enumerate(study.strategies):
        way = f"{key}.{name.replace(', ', '.').replace(' ', '.')}"
        found += [rounded(f"{way}.{k}", float(table[k][row]), 3) for k in parts]
        meaning = f"RNN, {name}: runs of {seeds} that diverge" if "rnn" in key else ""
        found += [
            count(f"{way}.updates", study.updates[row].max()),
            count(f"{way}.diverged", study.diverged[row].sum(), meaning),
            rounded(f"{way}.share", 100 * float(table["clipped"][row]), 2),
        ]
    return found


def paired_numbers(key: str, study: TrainingStudy) -> list[Number]:
    """Return, seed by seed, what a strategy gains over the full gradient, in nats."""
    found, full = [], study.strategies.index("full, clipped")
    for row, name in enumerate(study.strategies):
        if row != full and name.endswith(", clipped"):
            way = f"{key}.{name.removesuffix(', clipped')}"
            ahead = study.advantage(name, over="full, clipped")
            gaps = study.gap[row] - study.gap[full]
            for part, values in (("advantage", ahead), ("gap.change", gaps)):
                error = float(values.std(ddof=1) / math.sqrt(len(values)))
                found.append(measured(f"{way}.{part}", float(values.mean()), error))
    return found


def cost_numbers() -> list[Number]:
    """Return bytes and, as measured when this was built, seconds per step."""
    table, sizes = load_table("training-cost")
    steps, peaks, seconds = table["steps"], table["bytes"], table["seconds"]
    (each,) = np.diff(peaks[0, -2:]) / np.diff(steps[-2:])
    sizes = {**sizes, "steps": steps[-1]}
    found = [count(f"cost.{size}", sizes[size]) for size in ("n", "window", "steps")]
    found += [rounded("cost.seconds", seconds[0, -1], 2, "longest run, here", "s")]
    for row, way in enumerate(sizes["ways"]):
        found += [
            rounded(f"cost.{way}.bytes", float(peaks[row, -1] / 1e6), 2),
            rounded(f"cost.{way}.times", float(seconds[row, -1] / seconds[0, -1]), 2),
        ]
    found.append(rounded("cost.each", float(each) / 1e3, 2))
    return [*found, rounded("cost.limit", 16e3 / float(each), 2)]


def long_numbers() -> list[Number]:
    """Return those of the study that is kept, with what it was and what it took."""
    found, seconds = [], 0
    for model in ("rnn", "slow", "lstm"):
        key, name = f"long.{model}", f"long_training-study_{model}"
        study, sizes = TrainingStudy.load(KEPT / name), parameters_of(name, KEPT)
        sizes = {**sizes, "characters": study.characters[0, 0]}
        for size in ("n", "updates", "characters", "length", "seeds"):
            found.append(count(f"{key}.{size}", sizes[size]))
        found.append(rounded(f"{key}.rate", sizes["rate"], 2))
        found += run_numbers(key, study) + paired_numbers(key, study)
        seconds += sizes["seconds"]
    minutes = rounded("long.minutes", seconds / 60, 2)
    return [*found, minutes, plain_text("long.text", sizes["text"])]
