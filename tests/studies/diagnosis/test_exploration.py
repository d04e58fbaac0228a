"""The grid to explore: at every point what the rooms say of that one network."""

import numpy as np
import pytest

from gradlab.errors import InputError
from gradlab.studies import exploration
from gradlab.studies.diagnosis.exploration import EXPLORED


@pytest.fixture(scope="module")
def linear():
    return exploration("Linear", rng=0)


def test_twice_the_gain_of_a_linear_network_is_ln_2_more_of_everything(linear):
    gains = linear.gains.tolist()
    one, two = gains.index(1.0), gains.index(2.0)
    for s, n in enumerate(linear.sizes):
        # Every gain has the same weights, so J is doubled.
        np.testing.assert_allclose(
            linear.exponents[two, s, :n] - linear.exponents[one, s, :n],
            np.log(2),
            rtol=1e-10,
        )
        np.testing.assert_allclose(
            linear.profiles[two, s] - linear.profiles[one, s],
            np.log(2) * linear.lags,
            rtol=1e-10,
        )


def test_twins_of_a_linear_network_part_as_fast_as_its_tangents(linear):
    """Their distance is ‖W^t v‖/‖v‖, which is at most σ_1 and in the end near it."""
    at = linear.gains.tolist().index(1.5)
    for s in range(len(linear.sizes)):
        apart = linear.twins[at, s, linear.lags]
        assert (apart <= linear.profiles[at, s] + 1e-6).all()
        assert apart[-1] == pytest.approx(linear.profiles[at, s, -1], abs=6.0)
        assert linear.twins[at, s, 0] == 0.0


def test_paths_are_two_runs_that_begin_together(linear):
    first, second = linear.paths[..., 0, :], linear.paths[..., 1, :]
    scale = np.abs(first[..., 0]) + 1.0
    assert (np.abs(first - second)[..., 0] < 1e-6 * scale).all()
    assert (first != second).any()


def test_there_are_as_many_exponents_as_units_up_to_32(linear):
    counts = (~np.isnan(linear.exponents)).sum(axis=-1)
    np.testing.assert_array_equal(counts, np.tile([8, 16, 32], (9, 1)))


def test_the_same_seed_is_the_same_grid(linear):
    again = exploration("Linear", rng=np.random.default_rng(0))
    np.testing.assert_array_equal(again.profiles, linear.profiles)
    assert (linear.kind, linear.activation, linear.origin.seed) == ("Linear", "", 0)


@pytest.mark.parametrize(("kind", "activation"), [("RNN", "relu"), ("GRU", "tanh")])
def test_other_kinds_are_explored_too(kind, activation):
    found = exploration(kind, activation=activation, rng=0)
    assert found.activation == (activation if kind == "RNN" else "")
    assert np.isfinite(found.exponents[..., 0]).all()
    # A larger gain keeps more of the gradient, from well below 1 to well above.
    assert (found.profiles[-1, :, -1] > found.profiles[0, :, -1] + 50).all()


def test_what_cannot_be_drawn_is_named_beside_what_can():
    with pytest.raises(InputError, match="`kind` must be one of 'RNN', 'LSTM', 'GRU'"):
        exploration("Wrapped", rng=0)
    assert EXPLORED == ("RNN", "LSTM", "GRU", "Linear")
