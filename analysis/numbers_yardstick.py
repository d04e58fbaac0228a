"""Numbers of the yardstick: squared errors in units of the minibatch variance."""

from analysis.paths import DATA
from analysis.rounding import Number, count, measured, rounded
from analysis.store import parameters_of
from gradlab.gradients import LagDecomposition, NoiseMatch
from gradlab.studies import Comparison, MinibatchVariance, ModelStability

__all__ = ["yardstick_numbers"]

STAGES = ("untrained", "halfway", "trained")
KEYS = ("window", "segments", "wider", "shared", "each", "best")


def yardstick_numbers() -> list[Number]:
    sizes = parameters_of("yardstick-rows_trained")
    names = "n", "length", "batch", "updates"
    found = [count(f"yardstick.{name}", sizes[name]) for name in names]
    found += [rounded(f"yardstick.{name}", sizes[name], 1) for name in ("rate", "keep")]
    for stage in STAGES:
        found += stage_numbers(stage)
    return found


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
    # The mean over N batches has 1/N of the noise, and all of a bias that persists.
    window, segments = rows.bias[:2] ** 2 / noise.total_variance
    found.append(rounded(f"{key}.even", float(1 / segments), 2))
    return [*found, rounded(f"{key}.even.window", float(1 / window), 2)]
