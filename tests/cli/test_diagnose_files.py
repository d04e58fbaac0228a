"""Files that `gradlab diagnose` and `report` meet on a machine, and ends of processes.

Pipes, devices, names that are no text, links, full disks and interruptions.
"""

import os
import pty
import resource
import signal
import subprocess
import sys
import termios
import time

import numpy as np
import pytest

from gradlab.cli.main import main

TEXT = "the quick brown fox jumps over the lazy dog. " * 40
SMALL = ["diagnose", "--hidden", "6", "--steps", "40", "--sequences", "2"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder of its own with a text in it, and other people's ways left outside."""
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(TEXT)
    return tmp_path


def refused(capsys, *words):
    """Return the one line that a command ends with."""
    assert main(list(words)) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def run(*words, **options):
    command = [sys.executable, "-m", "gradlab", *words]
    return subprocess.run(
        command, capture_output=True, timeout=60, check=False, **options
    )


PLACES = {
    "the model": lambda name: ["diagnose", name],
    "the inputs": lambda name: [*SMALL, "--inputs", name],
    "the text": lambda name: [*SMALL, "--text", name],
    "the result": lambda name: ["report", name],
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_regular_file_is_not_waited_for(place, here, capsys):
    os.mkfifo(here / "pipe.npz")
    (here / "folder.npz").mkdir()
    (here / "zeros.npz").symlink_to("/dev/zero")
    for name in ("pipe.npz", "folder.npz", "zeros.npz"):
        said = refused(capsys, *PLACES[place](name))
        assert f"{name} is not a regular file" in said


@pytest.mark.parametrize("place", ["the model", "the inputs", "the text"])
def test_without_permission_the_file_is_named(place, here, monkeypatch, capsys):
    """Root may read everything, so the system's answer is played."""
    (here / "secret.npz").write_bytes(b"x")
    opened = os.open

    def denied(path, *more):
        if str(path).endswith("secret.npz"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *more)

    monkeypatch.setattr(os, "open", denied)
    said = refused(capsys, *PLACES[place]("secret.npz"))
    assert "secret.npz cannot be read: Permission denied." in said


def test_a_result_is_an_npz(capsys):
    said = refused(capsys, "report", "text.txt")
    assert said == "gradlab: RESULT must end in .npz; got text.txt.\n"


def test_names_that_begin_with_a_dash_are_names(here, capsys):
    (here / "-text.txt").write_text(TEXT)
    assert main([*SMALL, "--text=-text.txt"]) == 0
    assert "of -text.txt" in " ".join(capsys.readouterr().out.split())
    assert "-model.npz cannot be read" in refused(
        capsys, "diagnose", "--", "-model.npz"
    )


@pytest.mark.parametrize("words", [["--mod", "exact"], ["--requ", "3"], ["-x"]])
def test_no_option_is_abbreviated(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*SMALL, *words])
    assert stopped.value.code == 2
    assert f"unrecognized arguments: {words[0]}" in capsys.readouterr().err


def test_names_that_are_no_text_are_read_written_and_said(here):
    odd = os.fsdecode(b"caf\xe9")
    (here / f"{odd}.txt").write_text(TEXT)
    plain = {**os.environ, "LANG": "C", "PYTHONIOENCODING": "ascii", "COLUMNS": "1"}
    words = [*SMALL, "--text", f"{odd}.txt", "--out", f"{odd}.html"]
    done = run(*words, env=plain)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"caf\udce9.txt" in done.stdout
    assert (here / f"{odd}.html").stat().st_size > 1000
    missing = run("diagnose", f"{odd}.npz", env=plain)
    assert missing.returncode == 4
    assert missing.stderr == (
        rb"gradlab: caf\udce9.npz cannot be read: No such file or directory." + b"\n"
    )


def test_a_planted_link_is_replaced_and_what_it_points_at_is_not(here, capsys):
    for suffix in ("html", "md", "tex", "json", "npz"):
        victim, link = here / "victim", here / f"report.{suffix}"
        victim.write_text("precious")
        link.symlink_to(victim)
        assert main([*SMALL, "--text", "text.txt", "--out", link.name]) == 0
        assert victim.read_text() == "precious"
        assert not link.is_symlink()
    capsys.readouterr()


def test_a_file_that_may_grow_no_further_is_code_5_and_leaves_nothing(here):
    def few_bytes():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))

    words = [*SMALL, "--text", "text.txt", "--out", "report.html"]
    done = run(*words, preexec_fn=few_bytes)
    assert done.returncode == 5
    assert done.stderr.count(b"\n") == 1
    assert b"File too large" in done.stderr
    assert [path.name for path in here.iterdir()] == ["text.txt"]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_closed_pipe_is_quiet_and_a_full_disk_is_code_5(form):
    words = [sys.executable, "-m", "gradlab", *SMALL, "--text", "text.txt", *form]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            words, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 5
    assert done.stderr == b"gradlab: [Errno 28] No space left on device\n"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        words, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("place", ["file/report.html", "nowhere/report.html", "folder"])
def test_a_report_that_cannot_be_written_is_refused_before_anything_else(
    here, capsys, place
):
    (here / "file").touch()
    (here / "folder").mkdir()
    words = ["diagnose", "--hidden", "300", "--steps", "100000", "--out", place]
    start = time.monotonic()
    assert main(words) == 4
    assert time.monotonic() - start < 10.0  # the diagnosis would take minutes
    assert place in capsys.readouterr().err


@pytest.mark.slow
def test_a_diagnosis_that_is_terminated_leaves_nothing_behind(here):
    words = ["diagnose", "--hidden", "300", "--steps", "600", "--mode", "exact"]
    command = [sys.executable, "-m", "gradlab", *words, "--out", "report.html"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            time.sleep(3)  # it computes for longer than that
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == -signal.SIGTERM
        finally:
            process.kill()
    assert not list(here.glob("*report*"))


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_ends_the_bar_at_once(here):
    own, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    words = ["diagnose", "--hidden", "300", "--steps", "600", "--mode", "exact"]
    command = [sys.executable, "-m", "gradlab", *words, "--out", "report.html"]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL) as process:
        os.close(theirs)
        said = b""
        try:
            while b"RNN:" not in said:
                said += os.read(own, 4096)
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 130
            # Half a second on a machine of its own; other tests may run beside it.
            assert time.monotonic() - start < 10.0
        finally:
            process.kill()
    said = os.read(own, 4096)
    os.close(own)
    assert said.endswith(b"gradlab: interrupted\r\n")
    assert not (here / "report.html").exists()


def test_the_numbers_of_a_diagnosis_do_not_depend_on_where_it_is_made(here, capsys):
    """No folder, no user and no machine is in what is handed over."""
    one = np.full((1, 1), 0.5)
    weights = {"rnn.weight_ih_l0": one, "rnn.weight_hh_l0": one}
    found = []
    for folder in ("a", "b"):
        (here / folder).mkdir()
        path = here / folder / "model.npz"
        np.savez(path, **weights)
        np.save(here / folder / "inputs.npy", np.ones((50, 1, 1)))
        words = [str(path), "--inputs", str(here / folder / "inputs.npy")]
        out = here / folder / "report.html"
        assert main(["diagnose", *words, "--out", str(out)]) == 0
        found.append(out.read_bytes())
    capsys.readouterr()
    assert found[0] == found[1]
    assert os.fsencode(here) not in found[0]
