"""What is kept of the times says where it comes from, and what it was to reach."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis import fig_speed, numbers_sweep
from analysis.paths import KEPT
from analysis.store import load_table
from benchmarks import joint, works
from benchmarks.claims import CLAIMS, print_claims, ratio_of, verdict
from benchmarks.pseudospectra import (
    SAMPLE,
    SIDE,
    by_svd,
    one_by_one,
    points_of,
    sampled,
    schur_form,
)
from benchmarks.record import LIBRARIES
from benchmarks.spectra import ROUNDS, STEPS, THIN
from benchmarks.speed import COMMAND, PARTS, keep_found
from benchmarks.speed import works as all_works
from gradlab.linalg import gaussian, joint_spectral_radius

TABLE, SIZES = load_table("speed", KEPT)


def times_of(table):
    found = {}
    columns = (table[name] for name in ("work", "way", "seconds"))
    for work, way, spent in zip(*columns, strict=True):
        found.setdefault(str(work), {})[str(way)] = float(spent)
    return found


def rows_asked(table):
    names = ("claim_work", "claim_way", "claim_against", "at_least", "ratio")
    return list(zip(*(table[name].tolist() for name in names), strict=True))


def test_the_provenance_is_complete():
    assert SIZES["command"] == COMMAND
    assert re.fullmatch("[0-9a-f]{40}", SIZES["commit"])
    assert SIZES["rounds"] == ROUNDS
    assert SIZES["steps"] == {str(n): steps for n, steps in STEPS.items()}
    assert set(SIZES["libraries"]) == set(LIBRARIES)
    # A peer that was not there would be missing from the picture without a word.
    assert all(re.match(r"\d+\.\d+", each) for each in SIZES["libraries"].values())


def test_every_work_was_measured_and_every_claim_is_on_one():
    assert set(times_of(TABLE)) == set(all_works())
    assert {claim.work for claim in CLAIMS} <= set(all_works())
    assert sum(len(part.works()) for part in PARTS.values()) == len(all_works())
    assert THIN[0] in STEPS


def test_all_that_is_asked_is_answered_by_the_times():
    kept = times_of(TABLE)
    rows = rows_asked(TABLE)
    assert [row[:-1] for row in rows] == [tuple(claim) for claim in CLAIMS]
    for claim, row in zip(CLAIMS, rows, strict=True):
        assert ratio_of(claim, kept) == pytest.approx(row[-1], rel=1e-12)


@pytest.fixture
def reached_and_missed(tmp_path, monkeypatch):
    """Keep made-up times of all claims: every other one is missed by a tenth."""
    found = {}
    for i, claim in enumerate(CLAIMS):
        ways = found.setdefault(claim.work, {})
        mine = ways.setdefault(claim.way, 1e-3)
        ways[claim.against] = mine * claim.at_least * (0.9 if i % 2 else 1.1)
    keep_found(found, "0" * 40, tmp_path)
    for reader in (fig_speed, numbers_sweep):
        monkeypatch.setattr(reader, "KEPT", tmp_path)
    return found


def test_every_claim_is_kept_counted_and_drawn(tmp_path, reached_and_missed):
    table, _ = load_table("speed", tmp_path)
    assert times_of(table) == reached_and_missed
    rows = rows_asked(table)
    assert [row[:-1] for row in rows] == [tuple(claim) for claim in CLAIMS]
    numbers = {number.key: number for number in numbers_sweep.speed_numbers()}
    reached = [verdict(claim, reached_and_missed) for claim in CLAIMS].count("reached")
    assert 0 < reached < len(CLAIMS)
    assert numbers["speed.reached"].plain == str(reached)
    assert numbers["speed.asked"].plain == str(len(CLAIMS))
    for work, way, against, *_ in rows:  # each claim has a number of its own
        assert f"speed.{numbers_sweep.key(work, way, against)}" in numbers
    fig, ax = plt.subplots()
    fig_speed.draw_ratios(ax, table)
    assert len(ax.get_yticklabels()) == len(CLAIMS)
    plt.close(fig)


def test_keys_of_claims_are_distinct():
    keys = [numbers_sweep.key(*claim[:3]) for claim in CLAIMS]
    assert len(set(keys)) == len(CLAIMS)


def test_misses_are_said(capsys):
    claim = CLAIMS[0]
    ways = {claim.way: 1.0, claim.against: claim.at_least}
    assert verdict(claim, {claim.work: ways}) == "reached"
    assert verdict(claim, {claim.work: ways | {claim.way: 1.01}}) == "MISSED"
    assert verdict(claim, {claim.work: {claim.way: 1.0}}) == "not measured"
    print_claims({claim.work: ways})
    _, header, first, *others = capsys.readouterr().out.splitlines()
    assert header.startswith("work")
    assert first.endswith("reached")
    assert len(others) == len(CLAIMS) - 1
    assert all(
        line.endswith("not measured") for line in others if claim.work not in line
    )


def test_works_are_printed_with_their_times_and_what_they_found(monkeypatch, capsys):
    stored = {}
    monkeypatch.setattr(works, "store_section", stored.__setitem__)
    seconds = {"gradlab": 2e-3, "loop": 3.0, "bare": 1e-6}
    found = works.measure("one", {"a": lambda: works.Measured(seconds, "exact")})
    assert found == {"a": seconds}
    assert stored == {"one": [{"work": "a", "note": "exact", "seconds": seconds}]}
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["a:", "exact"]
    assert lines[1:] == [
        ["gradlab", "2.00", "ms", "1.00"],
        ["loop", "3.00", "s", "1500.00"],
        ["bare", "1.00", "µs", "0.00"],
    ]


def test_the_ways_of_others_find_what_ours_do():
    A = gaussian(20, gain=1.0, rng=0)
    z = points_of(1.5)[sampled()]
    # Lanczos ends where a step changes σ by 1e-5; what is left is at most as much.
    found = one_by_one(schur_form(A), z)
    assert found == pytest.approx(by_svd(A, z), rel=1e-5)
    for matrices in (joint.GOLDEN, joint.GRIPENBERG):
        found = joint_spectral_radius(matrices, rtol=joint.RTOL)
        for low, high in (joint.brute(matrices), joint.gripenberg(matrices)):
            # The others round to the nearest: 1e-12 is for that.
            assert low <= found.upper * (1 + 1e-12)
            assert high >= found.lower * (1 - 1e-12)


def test_samples_are_from_all_over_the_grid():
    rows, columns = np.divmod(sampled(), SIDE)
    assert len(set(sampled())) == SAMPLE
    for places in (rows, columns):  # a stride of whole rows would stay in one column
        share = np.histogram(places, bins=4, range=(0, SIDE))[0] / SAMPLE
        assert share.min() > 0.2


def test_brute_force_is_exact_where_norms_are_radii():
    low, high = joint.brute(joint.GOLDEN)
    golden = (1 + 5**0.5) / 2
    assert low == pytest.approx(golden, rel=1e-14)  # two matrices, a root: some ulp
    assert high == pytest.approx(golden, rel=1e-14)
