"""Numbers of the yardstick: squared errors in units of the minibatch variance."""

import numpy as np

from analysis.paths import DATA
from analysis.rounding import Number, count, measured, rounded
from analysis.store import load_table, parameters_of
from gradlab.gradients import LagDecomposition, NoiseMatch
from gradlab.studies import Comparison, MinibatchVariance, ModelStability

__all__ = ["yardstick_numbers"]

STAGES = ("untrained", "halfway", "trained")
KEYS = ("window", "segments", "wider", "shared", "each", "best")


def yardstick_numbers() -> list[Number]:
    sizes = parameters_of("yardstick-rows_trained")
    names = "n", "length", "batch", "updates", "runs"
    found = [count(f"yardstick.{name}", sizes[name]) for name in names]
    found += [rounded(f"yardstick.{name}", sizes[name], 1) for name in ("rate", "keep")]
    found.append(count("yardstick.sequences", sizes["fresh"] * sizes["batch"]))
    for stage in STAGES:
        found += stage_numbers(stage)
    return found + spread_numbers()


def stage_numbers(stage: str) -> list[Number]:
    """Return what one model has; meanings are for the trained one."""
    key = f"yardstick.{stage}"
    rows = Comparison.load(DATA / f"yardstick-rows_{stage}")
    noise = MinibatchVariance.load(DATA / f"yardstick-noise_{stage}")
    lags = LagDecomposition.load(DATA / f"yardstick-lags_{stage}")
    match = NoiseMatch.load(DATA / f"yardstick-match_{stage}")
    model = ModelStability.load(DATA / f"yardstick-stability_{stage}")
    found = [
        rounded(f"{key}.noise", noise.relative, 2),
        rounded(f"{key}.eight", 100 * float(lags.share[:8].sum()), 3),
        rounded(f"{key}.beyond", 100 * (1 - float(lags.share[:16].sum())), 2),
        count(f"{key}.match", match.window),
        measured(f"{key}.lambda", model.exponent, model.exponent_stderr),
    ]
    for name, row, error in zip(KEYS, rows.names, rows.error, strict=True):
        shown = stage == "trained" and name in {"segments", "each"}
        meaning = f"trained RNN, {row}: error² / minibatch variance" if shown else ""
        units = noise.in_units(float(error) ** 2)
        found.append(rounded(f"{key}.{name}", units, 2, meaning))
    # The mean over N batches has 1/N of the noise; at most all of the bias persists.
    window = float(rows.bias[0] ** 2 / noise.total_variance)
    return [*found, rounded(f"{key}.even.window", 1 / window, 2)]


def spread_numbers() -> list[Number]:
    """Return the ranges over the runs, before and after training, and medians."""
    table, _ = load_table("yardstick-spread")
    columns = {name: table["errors"][..., k] for k, name in enumerate(KEYS)}
    columns = {name: columns[name] for name in ("segments", "shared", "each")}
    for part in ("stays", "passes"):
        columns[f"segments.{part}"] = table[part][..., 1]
    columns["segments.even"] = 1 / columns["segments.stays"]
    found = []
    for name, runs in columns.items():
        for stage, values in zip(STAGES[::2], runs.T[::2], strict=True):
            key = f"yardstick.{stage}.{name}"
            found += [
                rounded(f"{key}.median", float(np.median(values)), 2),
                rounded(f"{key}.least", float(values.min()), 2),
                rounded(f"{key}.most", float(values.max()), 2),
            ]
    return found
