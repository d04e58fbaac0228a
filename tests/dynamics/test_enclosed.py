"""Runs in balls: exact orbits stay inside, and horizons grow in proportion to bits."""

import math
from fractions import Fraction

import numpy as np
import pytest

from gradlab.cells import LSTM, RNN, Henon, Linear, Logistic
from gradlab.dynamics import run
from gradlab.dynamics.enclosed import EnclosedRun, EnclosureStop, enclosed_run
from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from tests.cases.cells import CELLS

NOTHING = np.zeros((200, 0))


def exact_henon(steps):
    """Yield the orbit of the Hénon map from (½, ¼) in rationals."""
    a, b = Fraction(1.4), Fraction(0.3)
    x, y = Fraction(1, 2), Fraction(1, 4)
    for _ in range(steps + 1):
        yield x, y
        x, y = 1 - a * x * x + y, b * x


def test_the_exact_orbit_stays_inside():
    found = enclosed_run(Henon(), [0.5, 0.25], NOTHING[:9])
    assert found.stop is EnclosureStop.INPUTS
    for state, low, high in zip(exact_henon(9), found.lower, found.upper, strict=True):
        for x, below, above in zip(state, low, high, strict=True):
            assert Fraction(below) <= x <= Fraction(above)


def test_a_narrower_run_lies_inside_a_wider_one():
    wide = enclosed_run(Henon(), [0.5, 0.25], NOTHING, bits=53)
    narrow = enclosed_run(Henon(), [0.5, 0.25], NOTHING, bits=300)
    assert wide.stop is EnclosureStop.WIDTH
    assert narrow.horizon > wide.horizon
    until = wide.horizon + 1
    assert (wide.lower <= narrow.lower[:until]).all()
    assert (narrow.upper[:until] <= wide.upper).all()


def test_the_horizon_is_proportional_to_the_bits():
    # r = 4: a ball of h (1 − h) widens fourfold, h and 1 − h each twice: ln 4 a step.
    for bits in (53, 106, 212):
        found = enclosed_run(Logistic(4.0), [0.3], NOTHING, bits=bits, limit=1.0)
        assert found.growth == pytest.approx(math.log(4), abs=0.05)
        assert found.horizon == pytest.approx(bits / 2, abs=8)
    # λ₁ = ln 2 is what the orbit itself does.
    assert found.growth > math.log(2)


@pytest.mark.parametrize("name", CELLS)
def test_the_float_run_is_next_to_the_enclosed_one(name, rng):
    if name == "wrapped":  # its function need not know balls
        return
    cell = CELLS[name](rng)
    n, m = cell.sizes
    h0, x = 0.1 * rng.normal(size=n), rng.normal(size=(5, m))
    found = enclosed_run(cell, h0, x, bits=106)
    states = run(cell, h0, x).states[: found.horizon + 1]
    assert found.horizon == 5
    # Five steps of rounding errors.
    tolerance = 1e-13 * (1 + np.abs(states))
    assert (found.lower - tolerance <= states).all()
    assert (states <= found.upper + tolerance).all()


def test_a_contracting_run_is_enclosed_to_the_end(rng):
    cell = Linear(0.25 * np.eye(3), np.eye(3))
    x = rng.normal(size=(100, 3))
    found = enclosed_run(cell, np.ones(3), x, bits=64)
    assert found.stop is EnclosureStop.INPUTS
    assert found.horizon == 100
    # Geometric sums of 2⁻⁶⁴.
    assert found.log_radii[-1] < -60 * math.log(2)


def test_exact_states_have_no_radius():
    shift = Linear(np.eye(2)[::-1], np.zeros((2, 1)))
    found = enclosed_run(shift, [1.0, 2.0], np.zeros((3, 1)))
    assert found.log_radii.tolist() == [-math.inf] * 4
    np.testing.assert_array_equal(found.lower, found.upper)
    assert math.isnan(found.growth)
    assert found.lower[1].tolist() == [2.0, 1.0]


def test_a_run_that_leaves_the_numbers_ends_there():
    found = enclosed_run(Logistic(4.0), [2.0], NOTHING, bits=53, limit=1e300)
    assert found.stop is EnclosureStop.WIDTH
    assert found.horizon < 12


def test_gates_and_activations_run_in_balls(rng):
    for cell in (LSTM.random(3, 2, gain=1.0, rng=1), RNN.random(3, 2, gain=0.5, rng=1)):
        found = enclosed_run(cell, np.zeros(cell.sizes[0]), rng.normal(size=(20, 2)))
        assert found.stop is EnclosureStop.INPUTS
        assert (found.upper - found.lower).max() < 1e-3


def test_a_run_in_balls_is_saved_and_loaded(tmp_path):
    found = enclosed_run(Henon(), [0.5, 0.25], NOTHING[:5])
    found.save(tmp_path / "run")
    back = EnclosedRun.load(tmp_path / "run")
    np.testing.assert_array_equal(back.lower, found.lower)
    assert back.stop is found.stop
    assert found.cite().startswith("@article{johansson2017arb")


def test_what_is_no_cell_is_refused():
    with pytest.raises(InputTypeError, match="`cell` must be a cell of"):
        enclosed_run(abs, [0.5], NOTHING)


@pytest.mark.parametrize(
    ("h0", "inputs", "options", "error", "message"),
    [
        ([0.5], NOTHING, {}, ShapeError, r"`h0` must have shape \(n,\) with n = 2"),
        ([0.5, math.nan], NOTHING, {}, NonFiniteError, "`h0` must be finite"),
        ([0.5, 0.5], np.zeros((3, 1)), {}, ShapeError, r"`inputs` must have shape"),
        (
            [0.5, 0.5],
            NOTHING,
            {"bits": 1},
            InputError,
            "`bits` must be an integer >= 2",
        ),
        ([0.5, 0.5], NOTHING, {"limit": 0.0}, InputError, "`limit` must be a finite"),
    ],
)
def test_what_does_not_fit_is_refused(h0, inputs, options, error, message):
    with pytest.raises(error, match=message):
        enclosed_run(Henon(), h0, inputs, **options)
