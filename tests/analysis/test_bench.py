"""What the benchmarks store: one section replaces itself and leaves the others."""

import json

import pytest

from benchmarks import record
from benchmarks.scaling import power


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
