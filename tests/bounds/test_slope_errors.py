"""What rounding may add to slopes and entries is in the bounds, however large it is.

It is 1e-16 in every run, where nothing would show; so it is made a hundredth here, and
each bound is held to its formula.
"""

import dataclasses
import math

import numpy as np
import pytest

from gradlab.bounds import EntrywiseRadius, entrywise_radius, scaled_norm, slope_set
from gradlab.bounds.slope_weights import slope_weights
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.testing import powers_of

W = np.array([[0.0, 3.0, 0.0], [1.5, 0.0, 0.75], [0.0, 0.75, 3.0]])
T = 5
RUN = run(RNN(W, np.zeros((3, 1)), np.zeros(3)), np.zeros(3), np.zeros((T, 1)))
ERRORS = [(0.01, 0.0), (0.0, 0.002), (0.25, 0.5)]
NEAR = 1e-12  # T logarithms of norms, and κ


def weights(relative, absolute):
    found = slope_weights(RUN, "thm:any")
    assert np.array_equal(np.ldexp(found.matrix, found.exponent), W)
    return dataclasses.replace(found, relative=relative, absolute=absolute)


@pytest.mark.parametrize(("relative", "absolute"), ERRORS)
@pytest.mark.parametrize("d", [[1.0, 1.0, 1.0], [1.0, 2.0, 0.25]])
def test_a_scaled_norm_has_them(relative, absolute, d):
    found = weights(relative, absolute)
    D = np.array(d)
    scaled = found.matrix * D[:, None] / D
    condition = D.max() / D.min()
    rate = found.gamma * np.linalg.norm(scaled, 2)
    rate += relative * np.linalg.norm(scaled) + 3 * absolute * condition
    exact = math.log(condition) + T * (math.log(rate) + found.exponent * math.log(2))
    value = scaled_norm._with_scaling(found, T, D)
    assert exact < value < exact + NEAR


@pytest.mark.parametrize(("relative", "absolute"), ERRORS)
@pytest.mark.parametrize("p", [1.0, 1.25])
def test_a_form_for_all_slopes_has_them(relative, absolute, p, monkeypatch):
    P, rate = np.diag([1.0, p, 1.0]), 1.5
    monkeypatch.setattr(
        slope_set, "sector_candidates", lambda *_: [(P, 4 * np.ones(3), [rate])]
    )
    found = weights(relative, absolute)
    size = relative * np.linalg.norm(found.matrix) + 3 * absolute
    growth = math.log(rate + math.sqrt(p) * size) + found.exponent * math.log(2)
    (value,) = slope_set._bounds(found, T)
    exact = math.log(p) / 2 + T * growth
    assert exact < value < exact + NEAR


@pytest.mark.parametrize("lipschitz", [0.25, 0.75, 1.0])
def test_no_slope_of_a_run_is_above_gamma_nor_below_the_least(lipschitz, monkeypatch):
    # A slope as computed may be outside of what the function keeps to.
    cell = RNN(np.diag([1.0, -1.0]), np.zeros((2, 1)), np.zeros(2))
    some = run(cell, np.array([3.0, 3.0]), np.zeros((T, 1)))
    slopes = cell.slopes(some.states[:-1], some.inputs).gates
    monkeypatch.setattr(type(cell.phi), "lipschitz", lipschitz)
    found = slope_weights(some, "thm:any")
    assert found.gamma == max(lipschitz, slopes.max())
    assert slopes[0].max() < 0.25 < slopes.max() < 1  # it comes out of saturation
    assert found.least == 0.0


def test_slopes_of_a_linear_run_are_from_zero_to_one():
    found = slope_weights(powers_of(-W, T), "thm:any")
    assert (found.least, found.gamma) == (0.0, 1.0)


@pytest.mark.parametrize("activation", ["silu", "gelu"])
def test_slopes_below_zero_are_among_those_of_a_run(activation):
    cell = RNN(
        np.eye(2), np.zeros((2, 1)), np.array([-2.0, 2.0]), activation=activation
    )
    one = run(cell, np.zeros(2), np.zeros((1, 1)))
    below, above = cell.slopes(one.states[:-1], one.inputs).gates.ravel()
    assert below < 0 < above
    found = slope_weights(one, "thm:any")
    assert found.least == below
    assert found.gamma >= above


def test_a_rate_that_is_not_proved_is_none(monkeypatch):
    rates = [0.1, 0.2, 1.5, 1.0]
    monkeypatch.setattr(
        slope_set, "sector_candidates", lambda *_: [(np.eye(3), 4 * np.ones(3), rates)]
    )
    found = weights(0.0, 0.0)
    (value,) = slope_set._bounds(found, T)
    assert value == pytest.approx(T * (math.log(1.5) + found.exponent * math.log(2)))
    del rates[2:]
    assert list(slope_set._bounds(found, T)) == [math.inf]


@pytest.mark.parametrize(("relative", "absolute"), ERRORS)
def test_a_radius_of_sizes_has_them(relative, absolute, monkeypatch):
    found = weights(relative, absolute)
    monkeypatch.setattr(entrywise_radius, "slope_weights", lambda *_: found)
    sizes = np.abs(found.matrix) * (found.gamma + relative)
    sizes = np.where(found.matrix != 0, sizes + absolute, 0.0)
    power = np.linalg.norm(np.linalg.matrix_power(sizes, T), 2)
    exact = math.log(power) + T * found.exponent * math.log(2)
    value = EntrywiseRadius().log_bound(RUN)
    # A power is enclosed to 1e-9.
    assert exact - NEAR < value < exact + 2e-9
