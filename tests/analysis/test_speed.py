"""What is kept of the times says where it comes from, and what it was to reach."""

import re

import pytest

from analysis.paths import KEPT
from analysis.store import load_table
from benchmarks.claims import CLAIMS, ratio_of, verdict
from benchmarks.spectra import COMMAND, LIBRARIES, ROUNDS, STEPS, THIN, works

TABLE, SIZES = load_table("speed", KEPT)


def kept():
    found = {}
    columns = (TABLE[name] for name in ("work", "way", "seconds"))
    for work, way, spent in zip(*columns, strict=True):
        found.setdefault(str(work), {})[str(way)] = float(spent)
    return found


def test_the_provenance_is_complete():
    assert SIZES["command"] == COMMAND
    assert re.fullmatch("[0-9a-f]{40}", SIZES["commit"])
    assert SIZES["rounds"] == ROUNDS
    assert SIZES["steps"] == {str(n): steps for n, steps in STEPS.items()}
    assert set(SIZES["libraries"]) == set(LIBRARIES)
    # A peer that was not there would be missing from the picture without a word.
    assert all(re.match(r"\d+\.\d+", each) for each in SIZES["libraries"].values())


def test_every_work_was_measured():
    assert set(kept()) == set(works())
    assert {claim.work for claim in CLAIMS} <= set(works())
    assert THIN[0] in STEPS


def test_all_that_is_asked_is_answered_by_the_times():
    names = ("claim_work", "claim_way", "claim_against", "at_least", "ratio")
    rows = list(zip(*(TABLE[name] for name in names), strict=True))
    asked = [(str(a), str(b), str(c), float(d)) for a, b, c, d, _ in rows]
    assert asked == [tuple(claim) for claim in CLAIMS]
    for claim, row in zip(CLAIMS, rows, strict=True):
        assert ratio_of(claim, kept()) == pytest.approx(float(row[-1]), rel=1e-12)


def test_misses_are_said():
    claim = CLAIMS[0]
    ways = {claim.way: 1.0, claim.against: claim.at_least}
    assert verdict(claim, {claim.work: ways}) == "reached"
    assert verdict(claim, {claim.work: ways | {claim.way: 1.01}}) == "MISSED"
    assert verdict(claim, {claim.work: {claim.way: 1.0}}) == "not measured"
