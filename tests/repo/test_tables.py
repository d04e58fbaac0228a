"""Who adds a thing adds its row: tables, paper and bibliography name the same."""

import importlib
import inspect
import re

import pytest

from gradlab import references
from gradlab.bounds import AbstractBound, all_bounds, all_theorems
from gradlab.cells import AbstractCell
from gradlab.gradients import AbstractEstimator
from tests.cases.bounds import BOUNDS
from tests.cases.cells import CELLS
from tests.cases.gradients import ESTIMATORS
from tests.repo.files import PACKAGE, ROOT, modules

PAPER = "\n".join(
    path.read_text(encoding="utf-8")
    for path in [ROOT / "paper/main.tex", *(ROOT / "paper/sections").glob("*.tex")]
)


def concrete(room, base):
    """Return the final classes of a kind that a room exports."""
    module = importlib.import_module(f"gradlab.{room}")
    exported = (getattr(module, name) for name in module.__all__)
    return {
        kind
        for kind in exported
        if inspect.isclass(kind)
        and issubclass(kind, base)
        and not inspect.isabstract(kind)
    }


def test_every_cell_has_a_row(rng):
    rows = {type(make(rng)) for make in CELLS.values()}
    assert rows == concrete("cells", AbstractCell)


def test_every_estimator_has_a_row():
    rows = {type(row.estimator) for row in ESTIMATORS.values()}
    assert rows == concrete("gradients", AbstractEstimator)


def test_every_bound_has_a_row_and_is_listed():
    bounds = concrete("bounds", AbstractBound)
    assert set(all_bounds()) == bounds
    assert {type(row.bound) for row in BOUNDS.values()} == bounds


def test_every_theorem_is_stated_in_the_paper_with_its_check_mark():
    for theorem in all_theorems():
        assert rf"\label{{{theorem.label}}}" in PAPER, theorem.label
        assert rf"\checked{{{theorem.label}}}" in PAPER, theorem.label


def test_every_figure_is_in_the_paper_and_every_figure_of_the_paper_is_built():
    built = {p.stem.removeprefix("fig_") for p in ROOT.glob("analysis/fig_*.py")}
    shown = set(re.findall(r"\\fig\{(\w+)\}", PAPER))
    assert built == shown


def keys_in_the_code():
    for path in modules():
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"Reference\(\s*\"(\w+)\"", text)
        # Sources in docstrings: [pascanu2013difficulty, Sec. 2.1]
        yield from re.findall(r"\[([a-z]+\d{4}[a-z]*)[,;\]]", text)


def keys_in_the_paper():
    for group in re.findall(r"\\cite[a-z]*\*?(?:\[[^]]*\])*\{([^}]+)\}", PAPER):
        yield from (key.strip() for key in group.split(","))


@pytest.mark.parametrize("keys", [keys_in_the_code, keys_in_the_paper])
def test_every_source_is_in_the_bibliography(keys):
    missing = set(keys()) - set(references.bibliography())
    assert not missing


def test_every_entry_is_complete_and_stands_once():
    text = (PACKAGE / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{(\S+),$", text, re.MULTILINE)
    assert keys == sorted(set(keys))
    assert set(keys) == set(references.bibliography())
    for key, entry in references.bibliography().items():
        assert entry.count("{") == entry.count("}"), key
        for field in ("author", "title", "year"):
            assert re.search(rf"^  {field} *= \{{", entry, re.MULTILINE), (key, field)
