"""The code base under test: sizes, `__all__`, first sentences, nothing left behind."""

import ast
import re

import pytest

from tests.repo.files import PACKAGE, ROOT, modules, sources, tree

MODULES = modules()


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "path", [p for p in sources() if p.suffix == ".py"], ids=name_of
)
def test_no_file_is_over_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_first_line_says_what_is_true(path):
    docstring = ast.get_docstring(tree(path)) or ""
    first = docstring.splitlines()[0] if docstring else ""
    assert len(first) > 20, "a file opens with one sentence"
    assert docstring.split("\n\n")[0].endswith((".", "?")), first


def exported(body):
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if ast.unparse(target) == "__all__":
                return ast.literal_eval(node.value)
    return None


def bound(body):
    """Return the names that a module defines, and those that it imports."""
    defined, imported = set(), set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {
                name.id
                for target in targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            }
    return defined, imported


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.name != "__main__.py"], ids=name_of
)
def test_all_is_typed_by_hand_and_right(path):
    body = tree(path).body
    names = exported(body)
    assert names is not None, "every module types its `__all__` by hand"
    assert len(names) == len(set(names))
    defined, imported = bound(body)
    assert set(names) <= defined | imported
    functions = {
        node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assert {name for name in functions if not name.startswith("_")} <= set(names)
    if path.name == "__init__.py" and path.parent != PACKAGE:
        assert imported <= set(names), "a façade holds names and nothing else"


def imports(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.name != "__init__.py"], ids=name_of
)
def test_nothing_imports_its_own_facade_or_the_root(path):
    room = ".".join(path.parent.relative_to(ROOT).parts)
    own = {"gradlab"} | ({room} if room != "gradlab" else set())
    assert not own & set(imports(path))


@pytest.mark.parametrize("path", modules(ROOT / "analysis"), ids=name_of)
def test_the_analyses_use_public_names_only(path):
    private = [
        name
        for name in imports(path)
        if name.startswith("gradlab.") and any(p[0] == "_" for p in name.split("."))
    ]
    assert not private


FORBIDDEN = {
    "an unfinished place": r"\b(TODO|FIXME|XXX)\b",
    "a path of one machine": r"(?<![\w./*-])/(work|root|home|opt|tmp)/",
    "an index of packages": r"pypi\.org|pythonhosted|--find-links|index-url",
    "a silence": r"except[^\n]*:\s*\n\s*pass\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_is_left_behind(what):
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name_of(path)}: {match.group()!r}"
        for path in sources()
        if path.parent != ROOT / "tests" / "repo"  # where the patterns stand
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_is_a_stub(path):
    assert "NotImplementedError" not in path.read_text(encoding="utf-8")


def test_the_version_is_stated_once():
    version = re.search(
        r'VERSION = "(.+)"', (PACKAGE / "_version.py").read_text(encoding="utf-8")
    ).group(1)
    stated = [
        name_of(path)
        for path in sources()
        if path.suffix in (".py", ".toml", ".cff")
        and re.search(rf"""["' ]{re.escape(version)}["'\s]""", path.read_text("utf-8"))
    ]
    assert stated == ["gradlab/_version.py"]
