"""What is on record of exact decisions: every theorem, enough of them, none wrong."""

import json

from benchmarks.soundness import KINDS, TARGET
from benchmarks.theorem_checks import CHECKS, THEOREMS
from gradlab.bounds import all_theorems

RECORD = json.loads(TARGET.read_text(encoding="utf-8"))


def test_a_million_ends_were_compared_and_none_was_wrong():
    kinds = RECORD["numbers"]["kinds"]
    assert set(kinds) == set(KINDS)
    assert sum(row["decisions"] for row in kinds.values()) >= 1_000_000
    assert not any(row["wrong"] for row in kinds.values())


def test_every_theorem_was_decided_ten_thousand_times_and_never_wrong():
    rows = RECORD["theorems"]["of"]
    assert set(rows) == set(THEOREMS)
    assert {row["label"] for row in rows.values()} == {t.label for t in all_theorems()}
    assert all(row["decisions"] >= CHECKS for row in rows.values())
    assert not any(row["wrong"] for row in rows.values())
