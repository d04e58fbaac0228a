"""Twins beside λ₁: the same number by two routes, and z as it is defined."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from gradlab.butterfly import twins
from gradlab.cells import RNN, Henon, Linear
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.studies import agreement


def spectrum(exponent, stderr):
    return SimpleNamespace(exponents=np.array([exponent]), stderr=np.array([stderr]))


def doubling():
    cell = Linear(2 * np.eye(2), np.zeros((2, 1)))
    return twins(cell, np.zeros(2), np.zeros((40, 1)), separation=1.0, rng=0)


def test_z_is_the_difference_in_its_own_standard_errors():
    pair = doubling()
    found = agreement(pair, spectrum(math.log(2) - 0.03, 0.01))
    assert found.difference == pytest.approx(0.03, rel=1e-12)
    scale = math.hypot(0.01, pair.rate_stderr)
    assert found.z == pytest.approx(0.03 / scale, rel=1e-12)
    assert found.exponent_stderr == 0.01
    assert found.columns()["z"].tolist() == [found.z]


def test_an_unknown_error_leaves_z_unknown():
    assert math.isnan(agreement(doubling(), spectrum(1.0, math.nan)).z)


def test_equal_numbers_agree_even_without_errors():
    pair = doubling()
    assert agreement(pair, spectrum(pair.rate, 0.0)).z == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_twins_of_a_chaotic_rnn_grow_at_its_leading_exponent(seed):
    cell = RNN.random(60, 1, gain=3.0, rng=5)
    settled = run(cell, np.full(60, 0.1), np.zeros((3_000, 1)))
    pair = twins(
        cell, settled.states[500], np.zeros((400, 1)), separation=1e-10, rng=seed
    )
    found = agreement(pair, lyapunov_spectrum(settled, k=1, burn_in=500))
    assert found.rate > 0.1
    # Student's t with five degrees of freedom exceeds 4 in one case of a hundred.
    assert abs(found.z) < 4
    assert pair.rate_low < found.exponent < pair.rate_high


def test_twins_of_henon_grow_at_its_leading_exponent():
    settled = run(Henon(), np.zeros(2), np.zeros((20_000, 0)))
    pair = twins(
        Henon(), settled.states[100], np.zeros((200, 0)), separation=1e-12, rng=0
    )
    found = agreement(pair, lyapunov_spectrum(settled, burn_in=100))
    assert found.exponent == pytest.approx(0.4192, abs=0.02)
    assert abs(found.z) < 4


def test_both_routes_to_a_scaled_rotation_are_exact():
    turn = Linear([[0.0, -2.0], [2.0, 0.0]], np.zeros((2, 1)))
    x = np.zeros((200, 1))
    pair = twins(turn, np.zeros(2), x, separation=1e-9, rng=0)
    found = agreement(pair, lyapunov_spectrum(run(turn, np.zeros(2), x)))
    # 200 steps round by an ulp or two.
    assert found.rate == pytest.approx(math.log(2), abs=1e-14)
    assert found.exponent == pytest.approx(math.log(2), abs=1e-14)
