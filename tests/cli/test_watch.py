"""A monitor's log in a terminal: once, into a pipe, drawn in place, in any locale."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest

from gradlab.cli.curves import ASCII, UNICODE, curve, name_shown
from gradlab.cli.main import main
from gradlab.cli.monitor_screen import screen
from gradlab.studies.monitor_log import log_of

HEADER = {"kind": "header", "model": "Reader", "lags": [0, 1, 4], "every": 10}
END = {"kind": "end", "step": 30}


def sample(step, name="lstm", **changes):
    layer = {"left": [0.0, -0.7, -2.8], "signal": [0.0] * 3, "stderr": 0.01}
    layer |= {"horizon": 10.0 + step, "exponent": -0.7}
    record = {"kind": "sample", "step": step, "seconds": 2.0, "norm": 0.5, "loss": 1.25}
    since = {"median": 0.4, "largest": 0.75, "clipped": 0.5}
    return record | {"since": since, "layers": {name: layer}} | changes


EVENT = {"kind": "event", "step": 12, "what": "gradient", "name": "lstm", "time": 2}
EVENT |= {"steps": 6, "parameters": ["w"], "scale": 1.0}


def written(path, *records):
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return str(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.jsonl"


@pytest.fixture
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "40")


def test_once_shows_norms_layers_and_events(path, capsys, wide):
    log = written(path, {**HEADER, "threshold": 0.4}, sample(0), EVENT, sample(20))
    assert main(["watch", log, "--once"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Reader   step 20   loss 1.25   2 s\n")
    assert "0.5, median 0.4, largest 0.75, 50 % above 0.4" in printed
    assert re.search(r"horizon +▁█ +10 → 30 steps back", printed)
    assert "×0.5 per step: halves every 0.99 steps" in printed
    assert "×0.5 at 1, ×0.061 at 4" in printed
    assert "! step 12: the gradient of `lstm` overflows at t = 2 of 6" in printed
    assert "\x1b" not in printed


def test_into_a_pipe_goes_a_line_a_sample_until_the_run_ends(path, capsys):
    log = written(path, HEADER, sample(0), EVENT, sample(10), END)
    assert main(["watch", log]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "step 0  loss 1.25  ‖g‖ 0.5  lstm: horizon 10, λ₁ −0.7"
    assert second.startswith("step 10  loss 1.25")
    assert third.startswith("! step 12: the gradient")


def test_it_waits_for_what_is_not_there_yet(path, capsys, monkeypatch):
    stages = iter([[HEADER], [HEADER, sample(0)], [HEADER, sample(0), END]])
    path.write_text("")

    def write_on(_):
        written(path, *next(stages))

    monkeypatch.setattr("gradlab.cli.watch.time.sleep", write_on)
    assert main(["watch", str(path), "--every", "0.01"]) == 0
    assert capsys.readouterr().out.startswith("step 0")


def test_names_that_are_no_names_are_shown_as_python_writes_them(path, capsys, wide):
    hostile = "a\x1b]0;title\x07b"
    header = {**HEADER, "model": "Reader\x1b[31m"}
    event = {**EVENT, "name": hostile}
    log = written(path, header, sample(0, hostile, caveats=["\x1b[2J"]), event, END)
    for words in ([log, "--once"], [log]):
        assert main(["watch", *words]) == 0
        printed = capsys.readouterr().out
        assert "\x1b" not in printed
        assert "\x07" not in printed
        assert r"\x1b" in printed


def test_damage_is_counted_and_a_cut_off_line_waited_for(path, capsys, wide):
    log = written(path, HEADER, sample(0))
    with path.open("a") as file:
        file.write('{"kind":\n{"kind":"sam')
    assert main(["watch", log, "--once"]) == 0
    assert "note: 1 lines of the log cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "run.jsonl cannot be read: No such file or directory."),
        ("", "is no log of a gradient monitor: it has no header."),
        ("a novel\n", "is no log of a gradient monitor: it has no header."),
    ],
)
def test_what_is_no_log_is_one_line_and_code_5(content, message, path, capsys):
    if content is not None:
        path.write_text(content)
    assert main(["watch", str(path), "--once"]) == 5
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_folder_is_no_log_and_a_pause_is_above_zero(tmp_path, capsys):
    assert main(["watch", str(tmp_path)]) == 5
    assert "is not a regular file" in capsys.readouterr().err
    assert main(["watch", str(tmp_path), "--every", "0"]) == 4
    assert "--every must be above 0; got 0" in capsys.readouterr().err


def command(path, *words, **environment):
    return {
        "args": [sys.executable, "-m", "gradlab", "watch", str(path), *words],
        "env": {"PATH": os.environ["PATH"], **environment},
    }


def test_a_terminal_without_unicode_gets_ascii(path):
    log = written(path, HEADER, sample(0), sample(10, loss=None))
    run = command(log, "--once", LANG="C", PYTHONIOENCODING="ascii", COLUMNS="1")
    done = subprocess.run(**run, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.isascii()
    assert "lambda_1" in done.stdout
    assert "|g|" in done.stdout
    assert done.stderr == ""


def test_a_terminal_is_drawn_over_and_ctrl_c_is_code_130(path):
    written(path, HEADER, sample(0))
    ours, theirs = pty.openpty()
    run = command(path, "--every", "0.05", TERM="xterm", COLUMNS="80", LINES="24")
    process = subprocess.Popen(**run, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    try:
        shown = os.read(ours, 4096)
        written(path, HEADER, sample(0), sample(10))
        while b"step 10" not in shown:
            shown += os.read(ours, 4096)
        assert re.search(rb"\x1b\[\d+F\x1b\[J", shown)  # up, and clear what is below
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130  # other tests may run beside it
        assert process.stderr.read() == b"gradlab: interrupted\n"
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        os.close(ours)


def test_a_closed_pipe_is_no_error(path):
    log = written(path, HEADER, *(sample(10 * k) for k in range(2000)), END)
    shell = (
        f"{sys.executable} -m gradlab watch {log} | head -1; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_a_screen_is_no_wider_and_no_taller_than_it_is_told(path):
    record = sample(0)
    record["layers"] = {f"layer{k}": record["layers"]["lstm"] for k in range(30)}
    log = log_of([HEADER, record], name="log")
    for width, height in ((40, 10), (80, 24), (200, 60)):
        lines = screen(log, UNICODE, width=width, height=height)
        assert max(map(len, lines)) <= width
        assert len(lines) <= height
        assert any(line.startswith("and ") for line in lines)
    empty = screen(log_of([HEADER], name="log"), ASCII, width=80, height=24)
    assert empty == ["Reader: no sample yet"]


def test_curves_have_a_height_for_every_number_and_marks_for_others():
    assert curve([1.0, 1.0], UNICODE, width=9) == "▁▁"
    assert curve([0.0, 7.0], ASCII, width=9) == "_#"
    assert curve([], UNICODE, width=9) == ""
    assert curve([float("nan"), float("inf"), float("-inf")], ASCII, width=9) == " ^ "
    assert curve(range(100), UNICODE, width=8) == UNICODE.heights
    assert curve([-5.0, 5.0], UNICODE, width=8, low=-1.0, high=1.0) == "▁█"
    assert name_shown("\u202egnp") == r"'\u202egnp'"
