"""The engines that run a sweep; numba is an extra."""

import pytest


@pytest.fixture(params=["numpy", "numba"])
def engine(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    return request.param
