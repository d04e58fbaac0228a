"""What `make bench` measures stays in analysis/data/bench.json, a section a part.

A section holds its rows as they were printed, in seconds or bytes, and the versions of
the libraries that were there; one that is missing has an empty version.
"""

import importlib.metadata
import json
from collections.abc import Mapping, Sequence

from analysis.paths import DATA

__all__ = ["LIBRARIES", "print_missing", "store_section", "versions"]

LIBRARIES = ("numpy", "scipy", "numba", "jax", "torch", "lyapynov", "pynamicalsys")
FILE = "bench.json"


def store_section(section: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Put the rows of a section in the place of those of the last run."""
    DATA.mkdir(parents=True, exist_ok=True)
    path = DATA / FILE
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    stored[section] = {"libraries": versions(), "rows": [dict(row) for row in rows]}
    text = json.dumps(stored, indent=1, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def versions() -> dict[str, str]:
    """Return the version of each library, empty where it is missing."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found


def print_missing() -> None:
    """Print the libraries that are not there to be compared with."""
    missing = [name for name, version in versions().items() if not version]
    print("not installed:", ", ".join(missing) or "nothing")
