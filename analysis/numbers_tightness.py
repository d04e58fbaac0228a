"""Numbers of bounds beside the truth: slack, what is decided, and by whom."""

import math

import numpy as np

from analysis.paths import DATA
from analysis.rounding import Number, count, rounded
from analysis.store import parameters_of
from gradlab.bounds import Verdict
from gradlab.studies import BoundComparison

__all__ = ["tightness_numbers"]

CELLS = ("rnn_g0p5", "rnn_g1", "rnn_g2", "lstm", "gru")
SAID = {"drawn": "as drawn", "trained": "trained on the text"}


def tightness_numbers() -> list[Number]:
    sizes = parameters_of("tightness-lstm_drawn")
    found = [count(f"tightness.{k}", sizes[k]) for k in ("n", "steps", "updates")]
    runs = []
    for state, words in SAID.items():
        rows = [BoundComparison.load(DATA / f"tightness-{c}_{state}") for c in CELLS]
        runs += rows
        for cell, row in zip(CELLS, rows, strict=True):
            found += numbers_of(f"tightness.{cell}.{state}", row)
        found += shares(f"tightness.{state}", words, rows)
    verdicts = [one for row in runs for one in row.verdicts for _ in row.lags]
    proved = sum(one is Verdict.PROVED for one in verdicts)
    meaning = "bounds of networks that read the text: certificates, all of them proved"
    return [
        *found,
        count("tightness.runs", len(runs)),
        count("tightness.certificates", len(verdicts)),
        count("tightness.proved", proved, meaning if proved == len(verdicts) else ""),
    ]


def numbers_of(key: str, row: BoundComparison) -> list[Number]:
    """Return the gain, slacks from above, and when gradients end and who knows it."""
    name = row.tightest("above")
    slack = dict(zip(row.labels, row.per_step, strict=True))
    ends = dict(zip(row.labels, row.log_bounds[:, -1] / row.lags[-1], strict=True))
    found = [
        rounded(f"{key}.gain", float(row.log_gain[-1] / row.lags[-1]), 2),
        theorem(f"{key}.tightest", name),
        rounded(f"{key}.slack", float(slack[name]), 2),
        rounded(f"{key}.product", float(slack["thm:norm-product"]), 2),
        steps(f"{key}.decided", float(row.decided_at.min())),
        steps(f"{key}.happens", row.happens_at),
    ]
    if "thm:slope-norm" in ends:  # tanh: its rate is ln‖W_hh‖₂
        found.append(rounded(f"{key}.norm", math.exp(ends["thm:slope-norm"]), 2))
    return found


def shares(key: str, words: str, rows: list[BoundComparison]) -> list[Number]:
    """Return how many networks do something, and of how many a theorem knows it."""
    ends = sum(math.isfinite(row.happens_at) for row in rows)
    known = sum(bool(row.first) for row in rows)
    slacks = [row.per_step[row.labels.index(row.tightest("above"))] for row in rows]
    meaning = f"five networks {words}: a theorem knows that gradients vanish or explode"
    return [
        count(f"{key}.ends", ends),
        count(f"{key}.known", known, meaning),
        rounded(f"{key}.least", float(np.min(slacks)), 2),
        rounded(f"{key}.most", float(np.max(slacks)), 2),
    ]


def steps(key: str, value: float) -> Number:
    return count(key, int(value)) if math.isfinite(value) else Number(key, "--", "none")


def theorem(key: str, label: str) -> Number:
    """Return a reference to the theorem in the paper."""
    return Number(key, rf"\ref{{{label}}}", label)
