"""The files of the project, without what is built, installed or cached."""

import ast
import os
import pathlib

__all__ = ["PACKAGE", "ROOT", "modules", "sources", "tree"]

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = ROOT / "gradlab"
_BUILT = ("analysis/data", "paper/figures", "paper/generated", "build", "dist")
_SUFFIXES = (".py", ".toml", ".md", ".tex", ".bib", ".lock", ".cff", ".yml", "")


def sources() -> list[pathlib.Path]:
    """Return every text file that somebody wrote."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        here = pathlib.Path(folder)
        folders[:] = sorted(name for name in folders if _is_ours(here / name))
        found += [here / name for name in sorted(files) if _is_text(name)]
    return found


def modules(folder: pathlib.Path = PACKAGE) -> list[pathlib.Path]:
    """Return the Python files below a folder."""
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def tree(path: pathlib.Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def _is_ours(folder: pathlib.Path) -> bool:
    built = folder.relative_to(ROOT).as_posix() in _BUILT
    hidden = folder.name.startswith(".") and folder.name != ".ci"
    return not (built or hidden or folder.name.endswith(("__pycache__", ".egg-info")))


def _is_text(name: str) -> bool:
    return pathlib.Path(name).suffix in _SUFFIXES and not name.startswith(".")
