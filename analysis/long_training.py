"""The long training study: run once, on one core, and kept with its provenance.

``python -m analysis.data_training --full`` makes it anew; what is stopped goes on from
the last saved states.  A build reads what is kept and never makes it.
"""

import json
import pathlib
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from analysis.paths import DATA, KEPT, ROOT
from analysis.recipes import recipes
from analysis.store import save_result, save_table
from gradlab.datasets import default_text
from gradlab.studies import Recipe, training_study

__all__ = ["COMMAND", "MODELS", "SEEDS", "main", "sizes_of", "strategies"]

COMMAND = "python -m analysis.data_training --full"
SEED = 0
SEEDS = 5
STATES = DATA / "training_states"
SHARED = {"batch": 16, "length": 64, "clip": 1.0, "held_out": 0.1, "look": 500}
MODELS = {
    "rnn": {"kind": "rnn", "n": 128, "rate": 1.0, "updates": 3000},
    "lstm": {"kind": "lstm", "n": 64, "rate": 12.0, "updates": 2000},
    "slow": {"kind": "rnn", "n": 128, "rate": 0.5, "updates": 3000},
}
USED = {  # what is trained with clipping, and what without it as well
    "rnn": (
        ("full", "segments", "window", "random", "pairs"),
        ("full", "segments", "window", "random"),
    ),
    "lstm": (("full", "segments", "window", "random"), ("full",)),
    "slow": (("full", "random"), ("full",)),
}
BLOCK = 100  # updates whose losses are kept as one mean


def main(quick: bool) -> list[pathlib.Path]:
    if quick:
        message = f"`{COMMAND}` has one size; leave out --quick."
        raise SystemExit(message)
    commit = committed()
    return [path for name in MODELS for path in save_study(name, commit)]


def committed() -> str:
    """Return the last commit that changed gradlab, if nothing was changed since."""
    if git("status", "--porcelain", "--", "gradlab"):
        message = "gradlab has changes: commit them, so that the result can name them."
        raise SystemExit(message)
    return git("log", "-1", "--format=%H", "--", "gradlab")


def git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def save_study(name: str, commit: str) -> list[pathlib.Path]:
    """Train one model by all its strategies; keep how it ended, and the way there."""
    sizes = sizes_of(name)
    ledger = Ledger(STATES / "ledger.json", commit)
    study = training_study(
        default_text(),
        strategies(name),
        kind=sizes["kind"],
        n=sizes["n"],
        seeds=range(SEEDS),
        folder=STATES,
        mapper=ledger.run,
    )
    text = default_text()
    parameters = {
        **sizes,
        "block": BLOCK,
        "seeds": SEEDS,
        "text": text.title,
        "sha256": text.sha256,
        "command": COMMAND,
        "numpy": np.__version__,
        **ledger.spent(),
    }
    given = {"seed": SEED, "parameters": parameters, "folder": KEPT}
    shape = len(study.strategies), SEEDS, -1
    table = {
        "losses": [blocks(run.losses, sizes["updates"]) for run in ledger.runs],
        "held_out": [looks(run, sizes) for run in ledger.runs],
    }
    table = {key: np.reshape(rows, shape) for key, rows in table.items()}
    return [
        *save_result(f"long_training-study_{name}", study, **given),
        *save_table(f"long_training-losses_{name}", table, **given),
    ]


def sizes_of(name: str) -> dict:
    return {**SHARED, **MODELS[name]}


def strategies(name: str) -> dict[str, Recipe]:
    return recipes(sizes_of(name), *USED[name])


class Ledger:
    """What every run cost and which sources it is of, also when it is not run again.

    A run that was stopped on its way counts from where it went on.
    """

    def __init__(self, path: pathlib.Path, commit: str):
        self.path, self.commit = path, commit
        self.runs: list[Any] = []
        self.rows: list[dict] = []

    def run(self, function: Callable, tasks: Iterable[Any]) -> list[Any]:
        """Be the mapper of a study: one run after the other, each noted when done."""
        for task in tasks:
            start = time.process_time()
            self.runs.append(function(task))
            seconds = time.process_time() - start
            known = self._known()
            known.setdefault(task.store.name, {"seconds": seconds, "of": self.commit})
            self.path.write_text(json.dumps(known, indent=1), encoding="utf-8")
            self.rows.append(known[task.store.name])
        return self.runs

    def spent(self) -> dict[str, object]:
        """Return the CPU seconds of all runs together, and the commits they are of."""
        return {
            "seconds": round(sum(row["seconds"] for row in self.rows)),
            "commits": sorted({row["of"] for row in self.rows}),
        }

    def _known(self) -> dict[str, dict]:
        if not self.path.is_file():
            return {}
        return json.loads(self.path.read_text(encoding="utf-8"))


def blocks(losses: np.ndarray, updates: int) -> np.ndarray:
    """Return the mean of every whole block of losses; NaN where there are none."""
    found = np.full(updates // BLOCK * BLOCK, np.nan)
    found[: len(losses)] = losses[: len(found)]
    return found.reshape(-1, BLOCK).mean(axis=1)


def looks(run: Any, sizes: dict) -> np.ndarray:
    """Return the held-out loss at every look; NaN where there was none."""
    found = np.full(sizes["updates"] // sizes["look"], np.nan)
    at = run.evaluated_at // sizes["look"] - 1
    found[at[at >= 0]] = run.held_out[at >= 0]
    return found
