"""What there is to build, and whether it is stale: by content, never by file times.

A step is one script.  Its key is the SHA-256 of everything its outputs follow from: the
script, gradlab's sources, the modules the scripts share, what it NEEDS, the versions of
the numerical libraries, and whether the build is quick.
"""

import ast
import functools
import hashlib
import importlib.metadata
import json
import pathlib
from dataclasses import dataclass

from analysis import paths
from gradlab.datasets import default_text

__all__ = ["Step", "all_steps", "reason_stale", "step_key", "write_stamp"]

# A computation cannot depend on these floors, so a new colour recomputes nothing.
_ABOVE_DATA = ("plots", "report", "cli")
_SHARED = (
    "corpus.py",
    "paths.py",
    "readers.py",
    "recipes.py",
    "script.py",
    "store.py",
)
_LIBRARIES = ("numpy", "scipy", "sympy", "matplotlib")


@dataclass(frozen=True)
class Step:
    """One script: ``data_<name>``, ``fig_<name>``, ``numbers`` or ``derivations``."""

    module: str
    needs: tuple[str, ...]

    @property
    def computes(self) -> bool:
        """Whether the step makes data rather than pictures or TeX."""
        return self.module.startswith("data_")

    @property
    def script(self) -> pathlib.Path:
        """The file of the script."""
        return paths.SCRIPTS / f"{self.module}.py"

    @property
    def stamp(self) -> pathlib.Path:
        """The file that remembers the last build."""
        return paths.STAMPS / f"{self.module}.json"


def all_steps() -> list[Step]:
    """Return every step in an order in which it can be built."""
    found = [*sorted(paths.SCRIPTS.glob("data_*.py"))]
    found += [*sorted(paths.SCRIPTS.glob("fig_*.py"))]
    found += [paths.SCRIPTS / f"{name}.py" for name in ("numbers", "derivations")]
    return [Step(path.stem, _needs(path)) for path in found if path.is_file()]


def _needs(script: pathlib.Path) -> tuple[str, ...]:
    """Return the literal ``NEEDS`` of a script without running it."""
    for node in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NEEDS":
            return tuple(ast.literal_eval(node.value))
    message = f"{script.name} must state NEEDS, a tuple of names."
    raise SystemExit(message)


def step_key(step: Step, *, quick: bool) -> str:
    """Return the hash of all that the step's outputs follow from, as it is now."""
    upstairs = () if not step.computes else _ABOVE_DATA
    parts = [
        f"quick={quick}",
        _digest(step.script),
        *(_digest(p) for p in sorted(paths.SCRIPTS.glob(f"{step.module}_*.py"))),
        *(_digest(paths.SCRIPTS / name) for name in _SHARED),
        *(f"{lib} {importlib.metadata.version(lib)}" for lib in _LIBRARIES),
        *(_digest(path) for path in _sources(upstairs)),
        *(_input(name) for name in step.needs),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def reason_stale(step: Step, *, quick: bool) -> str:
    """Return why the step must run again; empty if it need not."""
    if not step.stamp.is_file():
        return "never built"
    stamp = json.loads(step.stamp.read_text(encoding="utf-8"))
    if stamp["key"] != step_key(step, quick=quick):
        return "its script, sources, inputs or sizes changed"
    for name, digest in stamp["outputs"].items():
        if _digest(paths.ROOT / name) != digest:
            return f"{name} is missing or was changed"
    return ""


def write_stamp(step: Step, outputs: list[str], key: str) -> None:
    """Remember what was built from what; remove what an earlier build left over.

    The key is that of before the run: an edit made meanwhile must leave it stale.
    """
    if step.stamp.is_file():
        earlier = json.loads(step.stamp.read_text(encoding="utf-8"))["outputs"]
        for name in set(earlier) - set(outputs):
            (paths.ROOT / name).unlink(missing_ok=True)
    digests = {name: _digest(paths.ROOT / name) for name in sorted(outputs)}
    stamp = {"key": key, "outputs": digests}
    paths.STAMPS.mkdir(parents=True, exist_ok=True)
    step.stamp.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


def _sources(without: tuple[str, ...]) -> list[pathlib.Path]:
    found = sorted(paths.PACKAGE.rglob("*.py"))
    rooms = [path.relative_to(paths.PACKAGE).parts[0] for path in found]
    return [p for p, room in zip(found, rooms, strict=True) if room not in without]


def _input(name: str) -> str:
    if name == "text":
        return _text_digest()
    stored = sorted(
        path
        for folder in (paths.DATA, paths.KEPT)
        for path in folder.glob(f"{name}*")
        if path.stem == name or path.stem.startswith(f"{name}-")
    )
    return f"{name}: {' '.join(f'{p.name} {_digest(p)}' for p in stored)}"


@functools.cache
def _text_digest() -> str:
    corpus = default_text()
    return f"text: {corpus.title} {corpus.sha256}"


def _digest(path: pathlib.Path) -> str:
    if not path.is_file():
        return "missing"
    # The file's own name is part of it: two swapped files are a change.
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{path.name} {content}"
