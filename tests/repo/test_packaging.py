"""What is declared is what is used: extras, locks, package data, floors of imports."""

import ast
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.repo.files import PACKAGE, ROOT, modules, tree

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ["requirements.lock", "requirements-extras.lock"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_versions_markers_and_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    for address in ("://", "--find-links", "--index", "--extra-index", " @ "):
        assert address not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==[\w.!+]+( ; [^\\]+)? \\\n", block), block[:80]
        assert "--hash=sha256:" in block
    names = {block.partition("==")[0] for block in blocks}
    wanted = [*PROJECT["project"]["dependencies"], *declared("test"), *declared("lint")]
    assert {plain_name(requirement) for requirement in wanted} <= names
    assert "torch" not in names


def declared(group):
    return PROJECT["dependency-groups"][group]


def plain_name(requirement):
    return re.match(r"[\w.-]+", requirement).group().lower().replace("_", "-")


def test_the_two_locks_agree():
    first, second = (
        set(re.findall(r"^\S+==.*?(?= \\$)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in LOCKS
    )
    assert first <= second


def extras_asked_for():
    for path in modules():
        for node in ast.walk(tree(path)):
            is_require = isinstance(node, ast.Call) and "require" in ast.unparse(
                node.func
            )
            for keyword in node.keywords if is_require else ():
                if keyword.arg == "extra" and isinstance(keyword.value, ast.Constant):
                    yield keyword.value.value


def test_every_extra_that_the_code_names_is_declared():
    extras = set(PROJECT["project"]["optional-dependencies"])
    assert set(extras_asked_for()) <= extras


def test_every_folder_of_the_package_is_installed(tmp_path):
    for path in PACKAGE.rglob("*.py"):
        assert (path.parent / "__init__.py").is_file(), path
    data = PROJECT["tool"]["setuptools"]["package-data"]["gradlab"]
    for name in data:
        assert (PACKAGE / name).is_file()


def lint_imports(folder):
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, '.');"
            "from importlinter.cli import lint_imports_command as main; main()",
            "--no-cache",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_only_go_down():
    pytest.importorskip("importlinter")
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout[-3000:]


PLANTED = {
    "linalg/norms.py": ("import matplotlib", "matplotlib lives in plots"),
    "bounds/norm_product.py": ("import gradlab.butterfly", "the house has floors"),
    "cells/gru.py": ("import gradlab.cells.lstm", "one cell does not know another"),
    "attic/__init__.py": ('"""A folder that nobody gave a floor."""', "floors"),
}


@pytest.mark.slow
@pytest.mark.parametrize("file", PLANTED)
def test_the_contracts_find_a_planted_breach(file, tmp_path):
    pytest.importorskip("importlinter")
    line, contract = PLANTED[file]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        PACKAGE, tmp_path / "gradlab", ignore=shutil.ignore_patterns("__pycache__")
    )
    planted = tmp_path / "gradlab" / file
    planted.parent.mkdir(exist_ok=True)
    before = planted.read_text(encoding="utf-8") if planted.exists() else ""
    planted.write_text(f"{before}\n{line}\n", encoding="utf-8")
    run = lint_imports(tmp_path)
    assert run.returncode == 1, run.stdout
    assert re.search(rf"{contract}.*BROKEN", run.stdout)


def test_the_installed_command_is_there():
    script = pathlib.Path(sys.executable).with_name("gradlab")
    if not script.exists():
        script = shutil.which("gradlab")
    assert script, "pip install -e . makes the command `gradlab`"
    run = subprocess.run(
        [script, "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("gradlab ")
