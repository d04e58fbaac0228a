"""Numbers of exact decisions, and of changes of certified code that tests notice."""

import json

from analysis.paths import KEPT
from analysis.rounding import Number, count, rounded

__all__ = ["soundness_numbers"]


def soundness_numbers() -> list[Number]:
    record = json.loads((KEPT / "soundness.json").read_text(encoding="utf-8"))
    numbers, theorems = record["numbers"], record["theorems"]
    norms = numbers["kinds"]["2-norms"]
    below = norms["numpy_below"] / norms["numpy_values"]
    wrong = numbers["wrong"] + theorems["wrong"]
    meaning = "exact decisions about what is certified, as kept; none may be wrong"
    return [
        count("soundness.decisions", numbers["decisions"]),
        rounded("soundness.below", 100 * below, 2),
        count("soundness.theorems", len(theorems["of"])),
        count("soundness.least", min(r["decisions"] for r in theorems["of"].values())),
        count("soundness.checks", theorems["decisions"]),
        count("soundness.wrong", wrong, meaning),
        *mutant_numbers(),
    ]


def mutant_numbers() -> list[Number]:
    """Return how many changes of the certified code are noticed by a test."""
    record = json.loads((KEPT / "mutants.json").read_text(encoding="utf-8"))
    reasons = [row[-1] for row in record["survivors"]]
    same = sum(reason.startswith("equivalent") for reason in reasons)
    return [
        count("mutants.tried", record["at_first"]["tried"]),
        count("mutants.first", record["at_first"]["killed"]),
        count("mutants.of", record["of"]),
        count("mutants.killed", record["killed"]),
        count("mutants.same", same),
        count("mutants.wider", len(reasons) - same),
    ]
