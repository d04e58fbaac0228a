"""The README's three lines print what the README says they print."""

import pathlib
import re

import pytest

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def blocks(language):
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_three_lines_print_what_is_said(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch", reason="needs torch")
    monkeypatch.chdir(tmp_path)
    (code,) = (block for block in blocks("python") if "import torch" in block)
    (promised,) = blocks("text")
    exec(compile(code, README.name, "exec"), {})
    printed = capsys.readouterr().out
    took = re.compile(r"\(quick, [\d.]+ s\)")
    assert took.sub("", printed) == took.sub("", promised)
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
