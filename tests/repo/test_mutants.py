"""Mutants change one thing each; the survivors on record exist, and have reasons."""

import ast
import json
import pathlib

import pytest

from benchmarks.mutants import MUTATED, RECORD
from benchmarks.mutations import mutants, source_of
from tests.cases.proposals import proposes
from tests.repo.files import ROOT, modules

LINES = {
    "x = a + b": ["a - b"],
    "x = a < b": ["a <= b", "a >= b"],
    "x = a is None": ["a is not None"],
    "x = a and not b": ["a or not b", "a and (not not b)"],
    "x = -a": ["+a"],
    "x = f(3)": ["f(4)", "f(2)"],
    "x = min(a, b)": ["max(a, b)"],
    "x = y.any()": ["y.all"],
    "x = up_add(a, b)": ["down_add(a, b)", "up_sub(a, b)"],
    "x = up_log(a)": ["down_log(a)"],
    "x = up_ldexp(a, k)": ["down_ldexp(a, k)"],
    "x = z.upper": ["z.lower"],
    "if a: raise b": ["if False"],
    "'''a docstring'''": [],
    "x = 'text'": [],
    "import a": [],
    "x: Literal[3] = a": [],
    "raise E(f'{3}')": [],
}


def mutants_of(source, tmp_path):
    path = tmp_path / "module.py"
    path.write_text(f'"""One."""\n\n{source}\n', encoding="utf-8")
    return list(mutants(path, tmp_path))


@pytest.mark.parametrize("line", LINES)
def test_a_line_has_its_mutants(line, tmp_path):
    found = mutants_of(line, tmp_path)
    assert [one.becomes.removeprefix("x = ") for one in found] == LINES[line]
    for one in found:
        text = source_of(one, tmp_path)
        ast.parse(text)
        assert text != source_of_nothing(tmp_path)


def source_of_nothing(folder):
    text = (folder / "module.py").read_text(encoding="utf-8")
    return ast.unparse(ast.parse(text)) + "\n"


def test_rounding_that_is_turned_round_is_imported(tmp_path):
    one, _ = mutants_of("x = up_add(a, b)", tmp_path)
    line = source_of(one, tmp_path).splitlines()[1]
    assert line == "from gradlab.linalg.rounding import down_add"


def test_every_survivor_on_record_is_a_mutant_and_has_a_reason():
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    every = {
        one.key
        for folder in MUTATED
        for path in modules(ROOT / folder)
        for one in mutants(path, ROOT)
        if not proposes(one.file, one.function)
    }
    for *key, reason in (*record["survivors"], *record["others"]):
        assert tuple(key) in every, "the code has changed: run make mutants"
        assert reason, key


def test_the_record_adds_up():
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    reasons = [row[4] for row in record["survivors"]]
    # Mutants that differ by their place alone have one row.
    assert record["killed"] + len(reasons) <= record["tried"] <= record["of"]
    assert 9 * record["tried"] <= 10 * record["killed"]
    assert record["at_first"]["killed"] <= record["at_first"]["tried"]
    assert record["tried"] == record["of"]


def test_the_folders_are_there():
    assert all(pathlib.Path(ROOT, folder).is_dir() for folder in MUTATED)
