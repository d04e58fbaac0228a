"""What the benchmarks store: one section replaces itself and leaves the others."""

import json
import re

import pytest

from analysis.paths import KEPT
from analysis.store import load_table
from benchmarks import record
from benchmarks.scaling import COMMAND, power


def test_sections_are_kept_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "DATA", tmp_path / "data")
    record.store_section("one", [{"work": "a", "seconds": 1.0}])
    record.store_section("two", [{"work": "b", "seconds": 2.0}])
    record.store_section("one", [{"work": "a", "seconds": 3.0}])
    stored = json.loads((tmp_path / "data" / "bench.json").read_text())
    assert stored["one"]["rows"] == [{"work": "a", "seconds": 3.0}]
    assert stored["two"]["rows"] == [{"work": "b", "seconds": 2.0}]


def test_libraries_that_are_missing_are_said(monkeypatch):
    monkeypatch.setattr(record, "LIBRARIES", ("numpy", "no-such-library"))
    found = record.versions()
    assert found["numpy"]
    assert found["no-such-library"] == ""


@pytest.mark.parametrize("p", [0.0, 1.0, 2.5])
def test_powers_are_those_of_exact_laws(p):
    times = {n: 3e-6 * n**p for n in (10, 70, 300)}
    assert power(times) == pytest.approx(p, abs=1e-12)


def test_powers_that_are_kept_are_those_of_the_times_beside_them():
    table, parameters = load_table("scaling", KEPT)
    assert parameters["command"] == COMMAND
    assert re.fullmatch("[0-9a-f]{40}", parameters["commit"])
    times = {}
    names = ("against", "way", "size", "seconds")
    for against, way, size, spent in zip(*(table[n] for n in names), strict=True):
        times.setdefault((against, way), {})[int(size)] = float(spent)
    keys = list(zip(table["power_against"], table["power_way"], strict=True))
    assert set(keys) == set(times)
    for key, found in zip(keys, table["power"], strict=True):
        assert power(times[key]) == pytest.approx(float(found), abs=1e-12)


def test_no_sweep_holds_all_jacobians():
    table, _ = load_table("scaling", KEPT)
    for work, held, formed in zip(
        table["memory_work"], table["bytes"], table["formed_mib"], strict=True
    ):
        assert held / 2**20 < formed, work
