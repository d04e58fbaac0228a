"""A small project of its own, with analyses that take no time."""

import json
import pathlib
import textwrap

import pytest

from analysis import paths

WRITE = """
    import pathlib
    root = pathlib.Path(__file__).resolve().parents[1]
    target = root / {target!r}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text({content!r})
    print({target!r})
"""


class Project:
    """A root with scripts, a package, and what they write."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.script("__init__", "")
        self.add("data_one", (), "analysis/data/one.npz")
        self.add("data_two", (), "analysis/data/two.npz")
        self.add("fig_one", ("one",), "paper/figures/one.pdf")
        rows = [
            {"key": "one", "plain": "1 ± 0.1 nats", "meaning": "the one", "shown": True}
        ]
        content = json.dumps(rows)
        self.add("numbers", ("one", "two"), "paper/generated/numbers.json", content)
        self.source("package/core.py", "x = 1\n")
        self.source("package/plots/look.py", "y = 1\n")

    def source(self, name: str, text: str) -> pathlib.Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def script(self, name: str, text: str) -> pathlib.Path:
        return self.source(f"analysis/{name}.py", textwrap.dedent(text))

    def add(self, name, needs, target, content="content"):
        body = textwrap.dedent(WRITE.format(target=target, content=content))
        return self.script(name, f"NEEDS = {needs!r}\n{body}")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Point the builder at a small project."""
    scripts = tmp_path / "analysis"
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "SCRIPTS", scripts)
    monkeypatch.setattr(paths, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(paths, "DATA", scripts / "data")
    monkeypatch.setattr(paths, "KEPT", scripts / "kept")
    monkeypatch.setattr(paths, "STAMPS", scripts / "data" / "stamps")
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "paper" / "figures")
    monkeypatch.setattr(paths, "GENERATED", tmp_path / "paper" / "generated")
    return Project(tmp_path)
