"""Paper and code agree: figures, numbers and theorems of one are those of the other."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from gradlab.bounds import all_theorems
from gradlab.references import bibliography
from gradlab.symbolic import DERIVATIONS, derivation

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = sorted((ROOT / "paper" / "sections").glob("*.tex"))
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in SECTIONS)


def used(command):
    return set(re.findall(rf"\\{command}\{{([^}}]+)\}}", TEXT))


def test_every_figure_of_the_paper_has_its_script_and_every_script_its_figure():
    scripts = {p.stem.removeprefix("fig_") for p in ROOT.glob("analysis/fig_*.py")}
    assert used("fig") == scripts


def test_every_figure_needs_data_that_a_script_computes():
    computed = {p.stem.removeprefix("data_") for p in ROOT.glob("analysis/data_*.py")}
    computed |= {p.stem for p in ROOT.glob("analysis/kept/*.npz")}
    for script in ROOT.glob("analysis/fig_*.py"):
        (needs,) = re.findall(r"^NEEDS = (\(.*\))$", script.read_text(), re.M)
        assert set(re.findall(r'"(\w+)"', needs)) <= computed


@pytest.mark.parametrize("theorem", all_theorems(), ids=lambda t: t.label)
def test_every_theorem_is_stated_labelled_and_checked(theorem):
    assert rf"\label{{{theorem.label}}}" in TEXT
    assert theorem.label in used("checked")


@pytest.mark.parametrize("theorem", all_theorems(), ids=lambda t: t.label)
def test_every_theorem_is_proved_and_cites_its_source(theorem):
    _, _, after = TEXT.partition(rf"\label{{{theorem.label}}}")
    block = re.split(r"\\begin\{theorem\}|\\section\{", after)[0]
    assert r"\begin{proof}" in block
    cited = re.findall(r"\\cite[pt](?:\[[^]]*\])*\{([^}]+)\}", block)
    assert theorem.source.key in ",".join(cited).split(",")


def test_no_check_mark_without_a_theorem_or_a_test():
    found = {theorem.label for theorem in all_theorems()}
    marks = r'mark\.theorem\("(thm:[^"]+)"\)'
    for room in ("gradients", "symbolic"):
        for path in (ROOT / "tests" / room).glob("test_*.py"):
            found |= set(re.findall(marks, path.read_text(encoding="utf-8")))
    assert used("checked") == found


def test_every_citation_is_in_the_bibliography():
    found = re.findall(r"\\cite[pt](?:\[[^]]*\])*\{([^}]+)\}", TEXT)
    keys = {key.strip() for group in found for key in group.split(",")}
    assert keys
    assert keys <= set(bibliography())


def test_every_reference_has_a_label():
    labels = used("label")
    assert used("ref") | used("eqref") <= labels


def test_every_section_is_in_the_paper():
    main = (ROOT / "paper" / "main.tex").read_text(encoding="utf-8")
    for path in SECTIONS:
        assert rf"\input{{sections/{path.stem}}}" in main


def test_every_formula_of_the_paper_is_derived():
    derived = {part.key for name in DERIVATIONS for part in derivation(name)}
    assert used("derive") <= derived


@pytest.mark.slow
def test_a_quick_build_makes_every_figure_and_every_number(tmp_path, monkeypatch):
    monkeypatch.delenv("GRADLAB_DATA", raising=False)
    ignore = shutil.ignore_patterns("data", "__pycache__")
    for folder in ("analysis", "gradlab"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    build = [sys.executable, "analysis/build.py", "--quick"]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "language reference" in done.stdout  # the text that every Python carries
    for name in used("fig"):
        for kind in ("pdf", "svg"):
            picture = tmp_path / "paper" / "figures" / f"{name}.{kind}"
            assert picture.stat().st_size > 1000
    numbers = (tmp_path / "paper" / "generated" / "numbers.tex").read_text()
    known = set(re.findall(r"\\csname val@(\S+?)\\endcsname", numbers))
    assert used("val") <= known
    formulas = (tmp_path / "paper" / "generated" / "derivations.tex").read_text()
    assert used("derive") <= set(re.findall(r"derive@(\S+?)\\endcsname", formulas))
    check = subprocess.run([*build, "--check"], cwd=tmp_path, capture_output=True)
    assert check.returncode == 0, check.stdout
