"""Fixtures and Hypothesis profiles: `dev`, `ci` derandomised, `nightly`, `mutants`."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.register_profile(  # of `make mutants`: whether a test fails, and not how
    "mutants",
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture
def rng():
    """Return a fresh Generator, the same in every test."""
    return np.random.default_rng(0)


@pytest.fixture(params=["numpy", "numba"])
def engine(request):
    """Return the name of an engine of sweeps; numba is an extra."""
    if request.param == "numba":
        pytest.importorskip("numba")
    return request.param
