"""The plugin that turns outcomes into check marks, by itself and under xdist."""

import pathlib
import subprocess
import sys

import pytest

from gradlab.bounds import all_theorems

SUITE = """
import pytest

@pytest.mark.theorem("thm:norm-product")
@pytest.mark.parametrize("k", [1, 2])
def test_holds(k):
    assert k

@pytest.mark.theorem("thm:slope-norm")
@pytest.mark.parametrize("k", [0, 1])
def test_fails_once(k):
    assert k

@pytest.fixture
def broken():
    raise ValueError("no set-up")

@pytest.mark.theorem("thm:broken")
def test_error(broken):
    pass

@pytest.mark.theorem("thm:skipped")
def test_skipped():
    pytest.skip("not here")

@pytest.mark.theorem("thm:one")
@pytest.mark.theorem("thm:two")
def test_two():
    pass

@pytest.mark.theorem("thm:left-out")
def test_left_out():
    pass
"""

MARKS = {
    "thm:norm-product": "pass",
    "thm:slope-norm": "fail",
    "thm:broken": "fail",
    "thm:skipped": "missing",
    "thm:one": "pass",
    "thm:two": "pass",
}


def run_suite(folder, *options):
    (folder / "test_suite.py").write_text(SUITE)
    options = ["-p", "tests.checkmarks", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", folder, *options, folder],
        capture_output=True,
        text=True,
        check=False,
        cwd=pathlib.Path(__file__).parents[2],
    )


@pytest.mark.parametrize("workers", ["0", "1"])
def test_one_line_a_label_with_its_mark(tmp_path, workers):
    target = tmp_path / "generated" / "checks.tex"
    done = run_suite(tmp_path, "-n", workers, "--checks", target, "-k", "not left_out")
    assert done.returncode == 1, done.stdout + done.stderr
    marks = {theorem.label: "missing" for theorem in all_theorems()} | MARKS
    if workers == "0":  # a worker of xdist does not tell what it left out
        marks["thm:left-out"] = "missing"
    lines = [
        rf"\expandafter\def\csname check@{label}\endcsname{{{mark}}}"
        for label, mark in sorted(marks.items())
    ]
    assert target.read_text().splitlines() == lines


def test_nothing_is_written_without_the_option(tmp_path):
    assert run_suite(tmp_path, "-n", "0").returncode == 1
    assert not list(tmp_path.rglob("*.tex"))


def test_a_mark_without_a_label_is_refused(tmp_path):
    (tmp_path / "test_bad.py").write_text(
        "import pytest\n\n@pytest.mark.theorem\ndef test_a():\n    pass\n"
    )
    done = run_suite(tmp_path, "-n", "0")
    assert done.returncode == 4
    assert "write @pytest.mark.theorem(label), one string" in done.stdout + done.stderr
