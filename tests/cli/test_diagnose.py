"""`gradlab diagnose` and `gradlab report` as a person, and as a machine, meets them."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from gradlab.cli.main import main
from gradlab.cli.terminal import bar
from gradlab.report import Report

SMALL = ["--hidden", "6", "--steps", "60", "--sequences", "3"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog. " * 40)
    return str(path)


@pytest.fixture
def numbers(tmp_path):
    path = tmp_path / "numbers.npy"
    np.save(path, np.random.default_rng(0).normal(size=(60, 2, 3)))
    return str(path)


def diagnosed(capsys, *words):
    assert main(["diagnose", *SMALL, *words]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""  # no terminal, no progress
    return captured.out


def test_it_says_verdict_place_cause_and_remedy(text, capsys):
    printed = diagnosed(capsys, "--cell", "lstm", "--init", "torch", "--text", text)
    assert "3 stretches of 60 characters of text.txt" in " ".join(printed.split())
    assert "LSTM: Vanishing: " in printed
    for head in ("verdict", "where", "why", "do"):
        assert f"\n  {head} " in printed


@pytest.mark.parametrize(
    ("loss", "lag", "has_loss"),
    [(None, 59, True), ("last", 59, True), ("every", 0, True), ("none", 0, False)],
)
def test_the_loss_decides_which_lag_is_needed(loss, lag, has_loss, text, capsys):
    words = [] if loss is None else ["--loss", loss]
    found = json.loads(diagnosed(capsys, "--json", "--text", text, *words))
    assert found["layers"][0]["required_lag"] == lag
    assert found["has_loss"] is has_loss


def test_json_is_one_strict_object_and_nothing_else(text, tmp_path, capsys):
    words = ["--gain", "3", "--mode", "exact", "--required-lag", "40", "--text", text]
    out = tmp_path / "found.json"
    printed = diagnosed(capsys, "--json", "--out", str(out), *words)
    found = json.loads(printed, parse_constant=pytest.fail)
    assert printed.count("\n") == 1
    assert found["parameters"] == {"required_lag": 40, "mode": "exact"}
    written = json.loads(out.read_text("utf-8"))
    assert written["layers"] == found["layers"]


def test_numbers_without_targets_speak_of_jacobians(numbers, capsys):
    printed = diagnosed(capsys, "--cell", "gru", "--inputs", numbers)
    assert "2 sequences of 60 steps of numbers.npy" in " ".join(printed.split())
    assert "the Jacobians alone" in printed


def test_a_report_is_written_in_every_form_and_rendered_again(text, tmp_path, capsys):
    found = tmp_path / "found.npz"
    diagnosed(capsys, "--text", text, "--out", str(found))
    assert main(["report", str(found)]) == 0
    assert capsys.readouterr().out == f"{Report.load(found)}\n"
    for suffix, begins in (
        (".html", "<!doctype"),
        (".md", "# "),
        (".tex", "\\section"),
    ):
        out = tmp_path / f"report{suffix}"
        assert main(["report", str(found), "--out", str(out)]) == 0
        assert out.read_text("utf-8").startswith(begins)
        assert f"The report is in {out}" in " ".join(capsys.readouterr().out.split())
    assert "<input" not in (tmp_path / "report.html").read_text("utf-8")
    explored = tmp_path / "explored.html"
    assert main(["report", str(found), "--out", str(explored), "--explore"]) == 0
    assert "<input" in explored.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text", "a", "--inputs", "b"], "--text and --inputs exclude each other"),
        (["--inputs", "b", "--loss", "last"], "--inputs come without targets"),
        (["--required-lag", "1e3"], "a whole number is wanted"),
        (["--mode", "slow"], "invalid choice: 'slow'"),
        (["--sequences", "0"], "at least 1 is wanted"),
        (["--req", "5"], "unrecognized arguments: --req"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(words, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["diagnose", *words])
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert message in captured.err
    assert captured.err.count("\n") == 1


def stored(values):
    return lambda path: np.save(path, values)


def header(text):
    padded = text.encode().ljust(117) + b"\n"  # as NumPy pads it
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


BAD_INPUTS = {
    "missing": (lambda path: None, "cannot be read: No such file"),
    "folder": (lambda path: path.mkdir(), "is not a regular file"),
    "pipe": (os.mkfifo, "is not a regular file"),
    "empty": (lambda path: path.touch(), "is empty (0 bytes)"),
    "text": (lambda path: path.write_text("1 2 3"), "is no .npy file"),
    "objects": (
        lambda path: np.save(path, np.array([[None]]), allow_pickle=True),
        "holds Python objects, which take unpickling",
    ),
    "complex": (stored(np.zeros((9, 1), complex)), "must hold real numbers"),
    "a line": (stored(np.zeros(9)), "must be (steps, inputs) or"),
    "nothing": (stored(np.zeros((0, 3))), "must be (steps, inputs) or"),
    "NaN": (stored([[0.0, np.nan]]), "must hold finite numbers; got nan at (0, 1)"),
    "half": (
        lambda path: path.write_bytes(
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 9), }")
        ),
        "is cut off: <f8 of shape (9, 9) needs 648 bytes, not 0",
    ),
    "brackets": (
        lambda path: path.write_bytes(header("(" * 900)),
        "not one of numbers",
    ),
    "signs": (lambda path: path.write_bytes(header("-" * 900 + "1")), "not one of"),
    "long": (lambda path: path.write_bytes(header("{" + " " * 9000)), "not one of"),
    "bomb": (
        lambda path: path.write_bytes(
            header(
                f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**62}, 4), }}"
            )
        ),
        "has an impossible shape",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_inputs_that_cannot_be_used_are_one_line_and_code_4(name, tmp_path, capsys):
    make, message = BAD_INPUTS[name]
    path = tmp_path / "bad.npy"
    make(path)
    assert main(["diagnose", "--inputs", str(path)]) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_any_order_and_any_kind_of_number_is_read_as_it_is(tmp_path, capsys):
    values = np.arange(120).reshape(60, 2) % 5
    for name, array in {
        "float64": values.astype(float),
        "columns": np.asfortranarray(values.astype(np.float32)),
        "int8": values.astype(np.int8),
        "big": values.astype(">f8"),
    }.items():
        np.save(tmp_path / f"{name}.npy", array)
    found = [
        json.loads(diagnosed(capsys, "--json", "--inputs", str(path)))["layers"]
        for path in sorted(tmp_path.glob("*.npy"))
    ]
    assert all(layers == found[0] for layers in found)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text", "no-such-file.txt"], "no-such-file.txt cannot be read"),
        (["--out", "report.pdf"], "--out must end in .html, .md, .tex, .json or .npz"),
        (["--out", "no-such-folder/x.html"], "--out must name a file in an existing"),
        (["--steps", "999999999"], "--steps must be below"),
        (["--sequences", "999999999999"], "`--sequences` = 999,999,999,999 needs"),
    ],
)
def test_unusable_data_is_one_line_and_code_4(words, message, capsys):
    assert main(["diagnose", *words]) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("command", [["diagnose"], ["report", "found.npz"]])
def test_where_nothing_can_be_written_nothing_is_computed(
    command, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr("gradlab.cli.diagnose._text", pytest.fail)
    monkeypatch.setattr("gradlab.cli.report.Report.load", pytest.fail)
    (tmp_path / "folder.html").mkdir()
    assert main([*command, "--out", str(tmp_path / "folder.html")]) == 4
    assert "--out must name a file" in capsys.readouterr().err


SAVED = {
    "missing": lambda path: path.unlink(),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "empty": lambda path: path.write_bytes(b""),
    "no record": lambda path: path.with_suffix(".json").unlink(),
    "another result": lambda path: path.with_suffix(".json").write_text("{}"),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_damaged_diagnosis_is_one_line_and_code_4(name, text, tmp_path, capsys):
    found = tmp_path / "found.npz"
    diagnosed(capsys, "--text", text, "--out", str(found))
    SAVED[name](found)
    assert main(["report", str(found), "--out", str(tmp_path / "x.html")]) == 4
    captured = capsys.readouterr()
    assert "found.npz" in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "x.html").exists()


def test_progress_is_said_on_a_terminal_and_taken_back(text, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["diagnose", *SMALL, "--text", text]) == 0
    captured = capsys.readouterr()
    reading, erased, drawn = captured.err.partition("reading …\r\x1b[K")
    assert (reading, erased) == ("", "reading …\r\x1b[K")
    lines = [line.strip() for line in drawn.split("\r") if line.strip()]
    assert "running the model:   0%|" in lines[1]
    assert any(re.match(r"RNN, orthogonal: +[1-9]\d?%\|", line) for line in lines)
    assert drawn.endswith("\r")
    assert drawn.split("\r")[-2].strip() == ""  # the last line is taken back
    assert "%|" not in captured.out


def test_a_bar_takes_itself_back_from_a_failure_and_prints_any_name(
    monkeypatch, capsys
):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    def interrupted():
        with bar() as show:
            show(0.25, "\x1b[2J" + "x" * 100)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    said = capsys.readouterr().err
    assert "\x1b[2J" not in said
    assert "xxx…:  25%|" in said
    assert said.split("\r")[-2].strip() == ""


def test_a_bar_is_nothing_where_nobody_looks(capsys):
    with bar() as show:
        show(0.5, "lstm")
    assert capsys.readouterr() == ("", "")


def test_a_full_disk_is_code_5_and_leaves_no_half_of_a_report(
    text, tmp_path, monkeypatch, capsys
):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gradlab.report.report.replace", full)
    out = tmp_path / "report.html"
    assert main(["diagnose", *SMALL, "--text", text, "--out", str(out)]) == 5
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.glob("*report*")) == []


def test_interruption_is_code_130(monkeypatch, capsys, text):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gradlab.cli.diagnose.diagnose", interrupted)
    assert main(["diagnose", "--text", text]) == 130
    assert capsys.readouterr().err == "gradlab: interrupted\n"


def test_it_works_in_a_bare_environment(text, tmp_path):
    bare = {"PATH": os.environ["PATH"], "LANG": "C", "COLUMNS": "1"}
    path = tmp_path / "report.html"
    words = ["diagnose", *SMALL, "--text", text, "--out", str(path)]
    # What old releases of others find deprecated in new ones is not ours to mend.
    strict = ["-W", "error", "-W", "ignore::DeprecationWarning"]
    command = [sys.executable, *strict, "-m", "gradlab", *words]
    for output in ("utf-8", "ascii"):
        done = subprocess.run(
            command,
            env={**bare, "PYTHONIOENCODING": output},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "λ₁" in path.read_text("utf-8")


def test_the_same_command_writes_the_same_bytes(text, tmp_path, capsys):
    pages = [tmp_path / name for name in ("one.html", "other.html")]
    for page in pages:
        diagnosed(capsys, "--text", text, "--out", str(page))
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert str(tmp_path).encode() not in pages[0].read_bytes()
