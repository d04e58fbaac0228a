"""SGD and Adam change nothing they are given, and refuse what cannot be a rate."""

import numpy as np
import pytest

from gradlab.errors import InputError
from gradlab.studies import SGD, Adam


def test_nothing_given_is_changed(rng):
    params, gradient = {"w": np.ones(2)}, {"w": np.full(2, 3.0)}
    for optimiser in (SGD(0.1, 0.5), Adam()):
        slots = optimiser.slots(params)
        optimiser.step(params, gradient, slots, 1)
        assert params["w"].tolist() == [1.0, 1.0]
        assert all(not value.any() for value in slots.values())


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(0.0),
        lambda: SGD(np.nan),
        lambda: SGD(0.1, 1.0),
        lambda: SGD(0.1, -0.1),
        lambda: Adam(-1.0),
        lambda: Adam(beta1=1.0),
        lambda: Adam(beta2=np.inf),
        lambda: Adam(epsilon=0.0),
    ],
)
def test_numbers_out_of_range_are_refused(make):
    with pytest.raises(InputError, match=r"`\w+` must be"):
        make()
