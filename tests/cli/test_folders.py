"""Folders that cannot be written: said before any work; nothing old is lost."""

import json
import os
import sys

import numpy as np
import pytest

from gradlab import _store
from gradlab.cli.main import main
from gradlab.plots import figure, save
from tests.unprivileged import python

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="permissions and capabilities are Linux's here"
)
SMALL = ["--hidden", "3", "--steps", "30"]
WRITING = {
    "profile --out": (["profile", *SMALL, "--out"], "figure.png"),
    "profile --csv": (["profile", *SMALL, "--csv"], "table.csv"),
    "exponents --csv": (["exponents", *SMALL, "--csv"], "table.csv"),
    "demo --out": (["demo", "--out"], "demo.svg"),
    "report --out": (["report", "no-such-diagnosis.json", "--out"], "report.html"),
    "diagnose --out": (["diagnose", "no-such-model.pt", "--out"], "report.html"),
}
# Every line of words is a command; what it answers is a line of JSON.
COMMANDS = """
import contextlib, io, json, sys
import gradlab.dynamics, gradlab.dynamics.trajectory
from gradlab.cli.main import main

def work(*_, **__):
    raise AssertionError("work was begun")

gradlab.dynamics.run = gradlab.dynamics.trajectory.run = work
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def answers(folder, **options):
    """Return what each command says that is to write into a folder."""
    commands = [[*words, str(folder / name)] for words, name in WRITING.values()]
    done = python(COMMANDS, input=json.dumps(commands), **options)
    assert done.stderr == ""
    found = map(json.loads, done.stdout.splitlines())
    return dict(zip(WRITING, found, strict=True))


@pytest.fixture
def locked(tmp_path):
    """Return a folder that may not be written, with a file in it that may."""
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def test_the_child_obeys_permissions(locked):
    done = python("import sys; open(sys.argv[1], 'w')", locked / "new.txt")
    assert "PermissionError" in done.stderr


def test_an_unwritable_folder_is_said_before_any_work(locked, tmp_path):
    for door, answer in answers(locked, cwd=tmp_path).items():
        _, option = door.split()
        said = f"gradlab: {option} cannot be written: no permission for {locked}.\n"
        assert answer == [4, "", said]
    assert os.listdir(locked) == ["old.txt"]


def test_a_file_that_may_not_be_written_is_kept(tmp_path):
    names = {name for _, name in WRITING.values()}
    for name in names:
        (tmp_path / name).write_text("kept")
        (tmp_path / name).chmod(0o444)
    for door, answer in answers(tmp_path, cwd=tmp_path).items():
        place = tmp_path / WRITING[door][1]
        said = f"{door.split()[1]} cannot be written: no permission for {place}."
        assert answer == [4, "", f"gradlab: {said}\n"]
    assert {name: (tmp_path / name).read_text() for name in names} == dict.fromkeys(
        names, "kept"
    )


@pytest.mark.parametrize("place", ["a file", "missing"])
def test_what_is_no_folder_is_said_before_any_work(
    place, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").write_text("")
    for words, name in WRITING.values():
        assert main([*words, str(tmp_path / place / name)]) == 4
        said = capsys.readouterr()
        assert "must name a file in an existing folder" in said.err
        assert said.out == ""


def test_a_read_only_working_folder_does_no_harm(locked, tmp_path):
    # No home to write into either, no terminal, and the plainest locale.
    bare = {"HOME": str(locked), "LANG": "C", "LC_ALL": "C", "COLUMNS": "1"}
    bare["MPLCONFIGDIR"] = str(tmp_path)  # or matplotlib says that it made one up
    code = "import sys; from gradlab.cli.main import main; sys.exit(main(sys.argv[1:]))"
    words = ["exponents", "--system", "henon", "--steps", "200"]
    done = python(code, *words, cwd=locked, env=bare, input="")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The H" in done.stdout
    figure_there = tmp_path / "figure.png"
    words = ["profile", *SMALL, "--out", figure_there]
    done = python(code, *words, cwd=locked, env=bare)
    assert (done.returncode, done.stderr) == (0, "")
    assert figure_there.read_bytes().startswith(b"\x89PNG")
    # Its own default is in the working folder, which cannot take it.
    done = python(code, "profile", *SMALL, cwd=locked, env=bare)
    assert done.returncode == 4
    assert done.stderr == "gradlab: --out cannot be written: no permission for ..\n"
    assert os.listdir(locked) == ["old.txt"]


SAVING = """
import sys
import numpy as np
from gradlab.exponents import lyapunov_spectrum
found = lyapunov_spectrum(np.ones((5, 1, 1)))
try:
    found.save(sys.argv[1])
except PermissionError as error:
    print("refused")
"""


def test_a_result_that_cannot_be_saved_leaves_the_old_one(tmp_path):
    assert python(SAVING, tmp_path / "result").stdout == ""
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 2
    tmp_path.chmod(0o555)
    try:
        assert python(SAVING, tmp_path / "result").stdout == "refused\n"
    finally:
        tmp_path.chmod(0o755)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


# What is new stands beside its target, in the same folder and so on the same device,
# until it is whole: os.replace across devices is EXDEV.


def written_by_replace(target):
    _store.replace(target, b"new")


def written_by_save(target):
    with figure(2.0) as (fig, ax):
        ax.plot(np.arange(3))
        save(fig, target)


WRITERS = {"replace": written_by_replace, "save": written_by_save}


@pytest.mark.parametrize("writer", WRITERS)
def test_the_temporary_is_beside_its_target(writer, tmp_path, monkeypatch):
    target, moved = tmp_path / "figure.svg", []
    rename = type(target).replace

    def recorded(source, to):
        assert source.read_bytes()  # whole before it moves
        moved.append((source, to))
        return rename(source, to)

    monkeypatch.setattr(type(target), "replace", recorded)
    WRITERS[writer](target)
    ((source, to),) = moved
    assert to == target
    assert source.parent == target.parent
    assert os.listdir(tmp_path) == [target.name]
    assert target.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("code", [18, 28, 27])  # EXDEV, ENOSPC, EFBIG
def test_nothing_old_is_lost_where_the_new_cannot_be_put(
    writer, code, tmp_path, monkeypatch
):
    target = tmp_path / "figure.svg"
    target.write_bytes(b"old")

    def refused(source, to):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(type(target), "replace", refused)
    with pytest.raises(OSError, match=os.strerror(code)):
        WRITERS[writer](target)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [target.name]


def test_a_link_is_replaced_and_what_it_names_is_kept(tmp_path):
    victim, target = tmp_path / "victim.txt", tmp_path / "figure.svg"
    victim.write_bytes(b"kept")
    target.symlink_to(victim)
    for write in WRITERS.values():
        write(target)
        assert victim.read_bytes() == b"kept"
        assert not target.is_symlink()
