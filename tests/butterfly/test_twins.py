"""Twins against closed forms: the logistic orbit, linear turns, and runs that merge."""

import math

import mpmath as mp
import numpy as np
import pytest

from gradlab.butterfly import Ending, Twins, twins
from gradlab.cells import RNN, Linear, Logistic
from gradlab.errors import DivergenceError, InputError, InputTypeError, NonFiniteError

NOTHING = np.zeros((60, 0))


def chaotic(n=60, gain=3.0, T=400):
    cell = RNN.random(n, 1, gain=gain, rng=5)
    return cell, np.full(n, 0.1), np.zeros((T, 1))


def test_the_logistic_orbit_parts_as_its_closed_form_says():
    # x_t = sin²(2^t asin √x_0) at r = 4 (DS15 of the reference values).
    with mp.workdps(60):
        orbits = [
            [mp.sin(2**t * mp.asin(mp.sqrt(x))) ** 2 for t in range(31)]
            for x in (mp.mpf(0.1), mp.mpf(0.1 + 1e-12))
        ]
        truth = [float(mp.log(abs(b - a))) for a, b in zip(*orbits, strict=True)]
    pair = twins(
        Logistic(4.0), [0.1], NOTHING[:30], separation=1e-12, rng=0, direction=[1.0]
    )
    # Every step rounds by 1e-16 of a state near 1, against a separation of 1e-12 that
    # grows like the error: 1e-4 relatively, and t of them.
    np.testing.assert_allclose(pair.log_separation, truth, atol=3e-3)
    assert pair.log_separation[10] == pytest.approx(
        math.log(1.21152135659e-9), abs=1e-3
    )


def test_the_logistic_twins_double_until_the_interval_is_full():
    pair = twins(Logistic(4.0), [0.1], np.zeros((200, 0)), separation=1e-14, rng=0)
    assert pair.ending is Ending.NONLINEAR
    # δ 2^t reaches order 1 at t = 46; the tolerance is passed a few steps earlier.
    assert 30 <= pair.linear_until <= 50
    assert pair.rate_low < math.log(2) < pair.rate_high
    # Two independent points of the arcsine law are about 0.4 apart.
    assert math.log(0.1) < pair.log_saturation < 0.0


@pytest.mark.parametrize("radius", [0.5, 1.0, 2.0])
def test_a_scaled_rotation_grows_exactly_at_its_radius(radius):
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    cell = Linear(radius * Q, np.zeros((4, 1)))
    pair = twins(cell, np.zeros(4), np.zeros((100, 1)), separation=1e-3, rng=0)
    assert pair.ending is Ending.LINEAR
    assert pair.linear_until == 101
    # From h_0 = 0 both runs are linear, so only 100 relative roundings remain.
    assert pair.rate == pytest.approx(math.log(radius), abs=1e-14)
    assert pair.rate_high - pair.rate_low < 1e-13
    np.testing.assert_allclose(pair.log_separation, pair.log_tangent, atol=1e-12)


def test_a_linear_rnn_comes_to_grow_at_its_spectral_radius():
    W = np.array([[1.1, 5.0, 0.0], [0.0, 0.4, 1.0], [0.0, 0.0, -0.3]])
    cell = Linear(W, np.zeros((3, 1)))
    pair = twins(cell, np.zeros(3), np.zeros((400, 1)), separation=1.0, rng=2)
    # After the first quarter the other directions are (0.4/1.1)^100 ≈ 1e-44 of it.
    assert pair.rate == pytest.approx(math.log(1.1), abs=1e-13)


def test_a_contracting_run_merges_and_says_so():
    cell = RNN(np.diag([0.5, -0.3]), np.ones((2, 1)), np.zeros(2))
    pair = twins(cell, np.ones(2), np.ones((200, 1)), separation=1e-6, rng=0)
    assert pair.ending in (Ending.MERGED, Ending.ROUNDED)
    assert pair.merged_at is not None
    assert np.isneginf(pair.log_separation[pair.merged_at :]).all()
    assert np.isfinite(pair.log_separation[: pair.merged_at]).all()
    assert math.isnan(pair.log_saturation)
    assert pair.rate < 0


def test_saturated_runs_merge_while_the_tangent_is_still_there():
    # tanh rounds to 1 for both, and its slope 4e^−60 does not round to 0.
    cell = RNN(30 * np.eye(2), np.zeros((2, 1)), np.zeros(2))
    pair = twins(cell, np.ones(2), np.zeros((20, 1)), separation=1e-3, rng=0)
    assert pair.ending is Ending.MERGED
    assert pair.linear_until == pair.merged_at == 1
    assert math.isfinite(pair.log_tangent[1])


def test_a_run_that_dies_merges_without_leaving_its_tangent():
    # All units off: relu' = 0, so tangent and separation vanish together.
    cell = RNN(-np.eye(2), np.zeros((2, 1)), np.zeros(2), activation="relu")
    pair = twins(cell, np.ones(2), np.zeros((5, 1)), separation=0.1, rng=0)
    assert pair.ending is Ending.LINEAR
    assert pair.merged_at == 1
    assert math.isnan(pair.rate)


def test_a_separation_at_the_rounding_of_the_states_is_not_called_growth():
    cell = RNN(0.9 * np.eye(2), np.zeros((2, 1)), np.full(2, 0.5))
    pair = twins(cell, np.full(2, 0.9), np.zeros((300, 1)), separation=1e-13, rng=0)
    assert pair.ending in (Ending.ROUNDED, Ending.MERGED)
    assert pair.linear_until < 300


def test_a_chaotic_rnn_leaves_the_linear_regime_and_levels_off():
    pair = twins(*chaotic(), separation=1e-10, rng=0)
    assert pair.ending is Ending.NONLINEAR
    assert 0 < pair.rate_low < pair.rate < pair.rate_high
    inside = slice(0, pair.linear_until)
    gap = np.abs(pair.log_separation - pair.log_tangent)[inside]
    assert gap.max() <= 0.1
    # Two tanh states of 60 units differ by at most 2 √60 ≈ e^2.7.
    assert 0 < pair.log_saturation < 2.8


def test_a_short_run_has_a_rate_without_an_error():
    cell = Linear(2 * np.eye(2), np.zeros((2, 1)))
    pair = twins(cell, np.zeros(2), np.zeros((8, 1)), separation=1.0, rng=0)
    assert pair.rate == pytest.approx(math.log(2), abs=1e-15)
    assert pair.rate_stderr == math.inf
    assert (pair.rate_low, pair.rate_high) == (-math.inf, math.inf)


def test_the_interval_covers_a_rate_whose_increments_are_correlated():
    # The two directions swap, so that a growth by 4 follows one by ½ and conversely.
    cell = Linear(np.array([[0.0, 4.0], [0.5, 0.0]]), np.zeros((2, 1)))
    pair = twins(cell, np.zeros(2), np.zeros((301, 1)), separation=1.0, rng=0)
    assert pair.rate_low < math.log(2) / 2 < pair.rate_high
    # Taken as independent, the increments would seem to leave an error of 0.05.
    increments = np.diff(pair.log_separation)[pair.fit_start :]
    assert pair.rate_stderr < increments.std() / math.sqrt(len(increments)) / 3


def test_the_same_seed_gives_the_same_twins_and_the_seed_is_kept():
    one, two = (twins(*chaotic(T=50), separation=1e-8, rng=7) for _ in range(2))
    np.testing.assert_array_equal(one.log_separation, two.log_separation)
    assert one.origin.seed == 7
    assert one.origin.parameters["separation"] == 1e-8


def test_a_given_direction_needs_no_randomness():
    cell, h0, x = chaotic(T=20)
    v = np.eye(60)[3]
    one = twins(cell, h0, x, separation=1e-8, rng=0, direction=v)
    two = twins(cell, h0, x, separation=1e-8, rng=1, direction=1e300 * v)
    np.testing.assert_array_equal(one.log_separation, two.log_separation)
    assert one.origin.seed is None


def test_twins_survive_a_round_trip_through_a_file(tmp_path):
    pair = twins(*chaotic(T=50), separation=1e-8, rng=7)
    back = Twins.load(pair.save(tmp_path / "pair"))
    assert back.ending is pair.ending
    assert back.merged_at is None
    np.testing.assert_array_equal(back.log_separation, pair.log_separation)
    assert next(iter(pair.columns())) == "t"
    assert len(pair.to_csv().splitlines()) == 52


CELL = Linear(np.eye(2), np.zeros((2, 1)))
GOOD = {"h0": np.ones(2), "inputs": np.zeros((3, 1)), "separation": 1e-3, "rng": 0}


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            {"separation": 0.0},
            InputError,
            "`separation` must be a finite number > 0; got 0.0.",
        ),
        (
            {"separation": -1e-3},
            InputError,
            "`separation` must be a finite number > 0; got -0.001.",
        ),
        (
            {"separation": math.nan},
            InputError,
            "`separation` must be a finite number > 0; got nan.",
        ),
        (
            {"separation": True},
            InputTypeError,
            "`separation` must be a finite number > 0; got True.",
        ),
        (
            {"separation": 1e-30},
            InputError,
            "`separation` must be large enough to change `h0`; got 1e-30.",
        ),
        (
            {"tolerance": 0.0},
            InputError,
            "`tolerance` must be a finite number > 0; got 0.0.",
        ),
        (
            {"direction": np.zeros(2)},
            InputError,
            "`direction` must have a nonzero entry; got zeros.",
        ),
        (
            {"direction": np.ones(3)},
            InputError,
            "`direction` must have shape (n,) with n = 2; got (3,).",
        ),
        (
            {"h0": np.ones((4, 2))},
            InputError,
            "`h0` must have shape (n,) with n = 2; got (4, 2).",
        ),
        (
            {"h0": [1.0, math.nan]},
            NonFiniteError,
            "`h0` must be finite; got nan at index (1,).",
        ),
        (
            {"rng": -1},
            InputError,
            "`rng` must be a numpy Generator or an integer seed >= 0; got -1.",
        ),
    ],
)
def test_bad_arguments_are_named(change, kind, message):
    with pytest.raises(kind) as caught:
        twins(CELL, **(GOOD | change))
    assert str(caught.value) == message


def test_a_run_that_leaves_the_numbers_is_an_error():
    cell = Logistic(5.0)
    with pytest.raises(DivergenceError):
        twins(cell, [0.3], np.zeros((100, 0)), separation=1e-6, rng=0)
