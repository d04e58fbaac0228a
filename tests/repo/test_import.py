"""`import gradlab` is light, and a room brings no library that it does not need."""

import json
import statistics
import subprocess
import sys
import time

import pytest

import gradlab
from tests.repo.files import PACKAGE

HEAVY = {"flint", "jax", "matplotlib", "numba", "scipy", "sympy", "torch", "xarray"}
NAMES = {
    "GradientMonitor": "studies",
    "audit_initialisation": "studies",
    "diagnose": "report",
}
OPTIONAL = {"dask", "distributed", "jax", "numba", "pooch", "torch", "xarray"}


def loaded_by(code):
    """Return the top-level modules that a fresh interpreter has after `code`."""
    code = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(run.stdout)}


def rooms():
    return sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py"))


def test_import_gradlab_loads_no_heavy_library():
    assert not loaded_by("import gradlab") & HEAVY


@pytest.mark.slow
def test_import_gradlab_costs_at_most_1_3_times_numpy():
    def seconds(code):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    # Interleaved, so that other work on the machine falls on both alike.
    pairs = [(seconds("import gradlab"), seconds("import numpy")) for _ in range(7)]
    ours, numpy = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert ours <= 1.3 * numpy


def test_every_room_is_reached_from_the_root():
    assert set(dir(gradlab)) - {"__version__", *NAMES} == set(rooms()) - {"cli"}
    for name, room in NAMES.items():
        assert getattr(gradlab, name) is getattr(getattr(gradlab, room), name)
    for room in set(rooms()) - {"cli"}:
        assert getattr(gradlab, room).__name__ == f"gradlab.{room}"
    with pytest.raises(AttributeError, match="has no attribute 'attic'"):
        _ = gradlab.attic


# These bring FLINT, whose import takes a tenth of SciPy's time.
CERTIFYING = {"bounds", "report", "studies", "testing", "verified"}


def test_the_rooms_bring_only_what_they_need():
    def loaded(names):
        return loaded_by("; ".join(f"import gradlab.{name}" for name in names))

    light = {room for room in rooms() if room not in ("plots", "symbolic")}
    others = loaded(sorted(light - CERTIFYING))
    assert not others & (OPTIONAL | {"flint", "matplotlib", "sympy"})
    assert not loaded(CERTIFYING) & (OPTIONAL | {"matplotlib", "sympy"})
    assert not loaded(["symbolic"]) & (OPTIONAL | {"matplotlib"})
    assert not loaded(["plots"]) & (OPTIONAL | {"sympy"})


def test_the_global_state_of_numpy_is_left_alone():
    code = (
        "import numpy as np; before = np.geterr(), np.get_printoptions();"
        "import gradlab.linalg, gradlab.cells, gradlab.plots, gradlab.studies;"
        "assert before == (np.geterr(), np.get_printoptions())"
    )
    loaded_by(code)
