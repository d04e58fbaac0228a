"""Correlated pairs: closed forms, published fixed points, Hermite series, networks."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError
from gradlab.meanfield import (
    correlation_fixed_point,
    correlation_map,
    length_map,
    mean_field_exponent,
    pair_mean,
)
from tests.cases.activations import PHIS

correlations = st.floats(-1, 1)


@given(st.floats(0.01, 200), correlations)
@settings(max_examples=15)
def test_erf_pairs_are_the_arcsine(q, c):
    # Williams 1997.
    found = pair_mean(PHIS["erf"].value, q, c)
    exact = 2 / math.pi * math.asin(2 * c * q / (1 + 2 * q))
    # The arcsine loses half of its digits where it is steep.
    own = 4e-16 / math.sqrt(1 - (2 * c * q / (1 + 2 * q)) ** 2)
    assert abs(found.value - exact) <= found.error + own
    assert found.error < 1e-14


@given(st.floats(0.01, 50), st.floats(-1, 1 - 1e-6))
@settings(max_examples=15)
def test_relu_pairs_are_the_arccosine(q, c):
    # Cho & Saul 2009.
    found = pair_mean(PHIS["relu"].value, q, c, kinks=(0.0,))
    exact = q / (2 * math.pi) * (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c)))
    assert abs(found.value - exact) <= found.error + 1e-15 * q


@pytest.mark.parametrize("c", [-0.8, 0.3, 0.95])
def test_indicators_count_quadrants(c):
    # P(u > 0, v > 0) = 1/4 + asin(c)/(2π), by Sheppard.
    found = pair_mean(lambda a: np.where(a > 0, 1.0, 0.0), 3.0, c, kinks=(0.0,))
    exact = 0.25 + math.asin(c) / (2 * math.pi)
    assert abs(found.value - exact) <= found.error < 1e-14


@pytest.mark.parametrize("name", ["tanh", "softplus", "silu", "gelu", "sigmoid"])
def test_hermite_series(name):
    # Mehler: E f(u) f(v) = Σ a_n² cⁿ with the Hermite coefficients of f(√q ·).
    q, c, f = 0.7, -0.6, PHIS[name].value
    z, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / math.sqrt(2 * math.pi)
    total, before, polynomial = 0.0, np.zeros_like(z), np.ones_like(z)
    for n in range(60):  # normalised: √(n + 1) h_{n+1} = z h_n − √n h_{n−1}
        a = (weights * polynomial * f(math.sqrt(q) * z)).sum()
        total += a**2 * c**n
        before, polynomial = (
            polynomial,
            (z * polynomial - math.sqrt(n) * before) / math.sqrt(n + 1),
        )
    found = pair_mean(f, q, c)
    assert abs(found.value - total) < 1e-12  # 0.6^60 = 5e-14, of coefficients that fall
    assert found.error < 1e-14


@pytest.mark.parametrize("name", sorted(PHIS))
def test_ends_of_the_range(name):
    phi = PHIS[name]
    one = pair_mean(phi.value, 1.3, 1.0, kinks=phi.kinks)
    assert one.value == pytest.approx(length_map(phi, 1.3, gain=1.0), rel=1e-14)
    zero = pair_mean(phi.value, 1.3, 0.0, kinks=phi.kinks)
    near = pair_mean(phi.value, 1.3, 1e-12, kinks=phi.kinks)
    # It moves by c q (E φ')², which is 5.2e-12 for the steepest.
    assert near.value == pytest.approx(zero.value, abs=1e-11)


# [MF03] of the references: σ_b = 0.3; c*, ξ_c to 12 and 10 digits.
POOLE = {
    1.3: (1.0, 16.10817274),
    2.5: (0.122103747305, 5.108918989),
    4.0: (0.0296959215803, 3.639351022),
}


@pytest.mark.parametrize("gain", POOLE)
def test_settings_of_poole(gain):
    found = correlation_fixed_point("tanh", gain=gain, input_variance=0.09)
    c, depth = POOLE[gain]
    assert found.correlation == pytest.approx(c, abs=2e-12)
    assert found.depth_scale == pytest.approx(depth, rel=1e-9)
    assert found.error < 1e-12
    growth = mean_field_exponent("tanh", gain=gain, input_variance=0.09)
    assert found.chi == pytest.approx(growth.chi, rel=1e-13)


def test_erf_fixed_point_against_mpmath():
    gain, sigma2 = 2.0, 0.2
    found = correlation_fixed_point("erf", gain=gain, input_variance=sigma2)
    q = mp.mpf(found.variance)
    with mp.workdps(30):

        def excess(c):
            angle = mp.asin(2 * c * q / (1 + 2 * q))
            return (gain**2 * 2 / mp.pi * angle + sigma2) / q - c

        exact = float(mp.findroot(excess, (0.05, 0.9), solver="anderson"))
    assert abs(found.correlation - exact) <= found.error + 1e-14
    assert found.correlation < 0.9


# [MF07]: iterates of C for a ReLU from c = 0.
RELU = {1: 0.31830988618379067154, 2: 0.4937310902003715485, 5: 0.73594635062763665165}


def test_relu_iterates():
    c = 0.0
    for step in range(1, 6):
        c = correlation_map("relu", c, gain=math.sqrt(2)).value
        if step in RELU:
            assert c == pytest.approx(RELU[step], abs=1e-13)


def test_odd_activations_without_input_lose_all_correlation():
    found = correlation_fixed_point("tanh", gain=2.0)
    assert abs(found.correlation) < 1e-15
    # C'(0) = g² (E φ')²: not 0, and less than C'(1) = g² E φ'² and than 1.
    assert 0 < found.slope < 1 < found.chi


def test_order_keeps_states_together():
    found = correlation_fixed_point("tanh", gain=0.9, input_variance=0.5)
    assert (found.correlation, found.error) == (1.0, 0.0)
    assert found.slope == found.chi < 1


def test_just_beyond_the_edge_the_doubt_is_said():
    def chaos(gain):
        return mean_field_exponent("tanh", gain=gain, input_variance=0.1).exponent

    edge = brentq(chaos, 1.0, 3.0, xtol=1e-15)
    near, far = (
        correlation_fixed_point("tanh", gain=edge + d, input_variance=0.1)
        for d in (1e-9, 1e-4)
    )
    # To first order 1 − c* is 2 (χ_1 − 1)/C''(1).
    distance = (1 - far.correlation) * (near.chi - 1) / (far.chi - 1)
    assert near.correlation == 1.0
    assert 0 < distance < near.error < 1e-6


def test_slope_is_the_derivative_of_the_map():
    arguments = {"gain": 2.5, "input_variance": 0.09}
    found = correlation_fixed_point("tanh", **arguments)
    h = 1e-5
    ahead, behind = (
        correlation_map("tanh", found.correlation + s * h, **arguments).value
        for s in (1, -1)
    )
    # A central difference: h² of the third derivative, and rounding over h.
    assert (ahead - behind) / (2 * h) == pytest.approx(found.slope, abs=1e-9)


def test_two_runs_of_one_network_under_common_input():
    n, gain, sigma2 = 1500, 2.5, 0.09
    z = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        W = gain / np.sqrt(n) * rng.standard_normal((n, n))
        cell = RNN(W, np.zeros((n, 0)), 0.3 * rng.standard_normal(n))
        h = np.tanh(rng.standard_normal((2, n)))
        states = run(cell, h, np.zeros((60, 2, 0))).states[20:]
        u = states @ W.T + cell.b_h
        c = (u[:, 0] * u[:, 1]).mean(axis=1) / np.sqrt(
            np.square(u).mean(axis=2).prod(axis=1)
        )
        z.append(c.mean())
    exact = correlation_fixed_point(
        "tanh", gain=gain, input_variance=sigma2
    ).correlation
    # Each network scatters by some 1/√n; three standard errors of four, and O(1/n).
    assert abs(np.mean(z) - exact) < 3 / np.sqrt(4 * n) + 2 / n


def test_states_without_a_variance_are_refused():
    with pytest.raises(InputError, match=r"the state dies out at gain 0\.5"):
        correlation_fixed_point("tanh", gain=0.5)
    with pytest.raises(InputError, match="grows without bound"):
        correlation_map("relu", 0.5, gain=2.0)
    with pytest.raises(InputError, match="`correlation` must be"):
        correlation_map("tanh", 1.5, gain=2.0)
    with pytest.raises(InputError, match="`variance` must be"):
        pair_mean(np.tanh, -1.0, 0.0)
