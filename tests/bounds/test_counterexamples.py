"""What is not a theorem: e^{hμ} for a finite step, and ∏f as the floor of any LSTM."""

import math

import numpy as np
import pytest

from gradlab.bounds import (
    ForgetFloor,
    LogarithmicNorm,
    LSTMCeiling,
    NormProduct,
    NumericalRadiusPower,
    OrthogonalCeiling,
    OrthogonalFloor,
    VolumeFloor,
)
from gradlab.cells import LSTM
from gradlab.dynamics import run
from gradlab.errors import AssumptionError
from gradlab.testing import powers_of, switched
from tests.oracles.gain import exact_product, gain_at_most

T = 12


def forgetful(W_g):
    """One unit at rest: h = c = 0, every gate at ½, and g sees h."""
    weights = np.array([[0.0], [0.0], [W_g], [0.0]])
    return run(LSTM(weights, np.zeros((4, 1)), np.zeros(4)), [0, 0], np.zeros((T, 1)))


@pytest.mark.theorem("thm:forget-floor")
def test_one_unit_forgets_everything_although_its_forget_gate_is_open():
    # J = [[W_g/4, 1/4], [W_g/2, 1/2]]: for W_g = −2 its square is zero, while f = ½.
    rest = forgetful(-2.0)
    J = rest.chain.factors()
    assert J[0].tolist() == [[-0.5, 0.25], [-1.0, 0.5]]
    assert not any(exact_product(J[:2]).entries())
    gates = rest.cell.gate_values(rest.states[:-1], rest.inputs)
    assert gates["f"].tolist() == [[0.5]] * T
    product_of_gates = T * math.log(0.5)
    assert gain_at_most(exact_product(J), product_of_gates)
    with pytest.raises(AssumptionError, match=r"measured 2\.$"):
        ForgetFloor().log_bound(rest)
    # Volume and the ceiling speak of every LSTM.
    assert VolumeFloor().log_bound(rest) == -math.inf
    assert LSTMCeiling().log_bound(rest) > product_of_gates


def test_near_it_the_gain_is_below_the_product_of_gates_by_any_factor():
    for gap in (1e-1, 1e-3, 1e-6):
        rest = forgetful(-2.0 + gap)
        P = exact_product(rest.chain.factors())
        # J has eigenvalues 0 and (2 + W_g)/4: the gain falls like (gap/4)^(T−1).
        assert gain_at_most(P, (T - 1) * math.log(gap / 4) + 1)


@pytest.mark.theorem("thm:logarithmic-norm")
@pytest.mark.parametrize("h", [1.0, 0.25, 2.0**-20])
def test_a_skew_step_grows_although_its_logarithmic_norm_is_zero(h):
    A = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    steps = switched(np.stack([np.eye(3) + h * A] * T))
    P = exact_product(steps.chain.factors())
    e_to_the_h_mu = 0.0  # nats
    assert not gain_at_most(P, e_to_the_h_mu)
    bound = LogarithmicNorm().log_bound(steps)
    assert gain_at_most(P, bound)
    # ½ T ln(1 + h²), some n² u per step.
    assert bound == pytest.approx(T / 2 * math.log1p(h**2), abs=1e-12)


def test_a_negative_logarithmic_norm_lets_gradients_vanish():
    step = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    steps = switched(np.stack([0.25 * step + 0.25 * np.eye(3)] * T))
    assert LogarithmicNorm().log_bound(steps) < 0
    # By the triangle inequality nothing is known: ‖J‖ ≤ 1 + ‖J − I‖.
    assert np.linalg.norm(steps.chain.factors()[0] - np.eye(3), 2) > 0.5


@pytest.mark.parametrize("bound", [OrthogonalCeiling, OrthogonalFloor])
def test_float32_is_orthogonal_enough_and_three_digits_are_not(bound):
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    P = exact_product([(turn * (1 + 4e-5))] * T)
    almost = powers_of(turn * (1 + 4e-5), T)
    found = bound().log_bound(almost)
    assert gain_at_most(P, found) == (bound.direction == "above")
    # WᵀW = (1 + 8e-5) I, of which the floor knows no side.
    assert abs(found) < 1.01 * T * 4e-5
    with pytest.raises(AssumptionError, match=r"measured 0\.00012"):
        bound().log_bound(powers_of(turn * (1 + 6e-5), T))


def test_two_times_the_numerical_radius_needs_the_two():
    shift = powers_of(np.array([[0.0, 2.0], [0.0, 0.0]]), 1)
    assert not gain_at_most(exact_product(shift.chain.factors()), math.log(1.99))
    assert NumericalRadiusPower().log_bound(shift) >= math.log(2)


def test_an_open_cell_beside_closed_ones_is_seen_by_blocks_and_not_by_norms():
    # h sees c only through a closed output gate: c keeps itself, h is nothing.
    bias = np.array([0.0, 30.0, 0.0, -30.0])
    keep = run(LSTM(np.zeros((4, 1)), np.zeros((4, 1)), bias), [0, 1], np.zeros((T, 1)))
    assert abs(LSTMCeiling().log_bound(keep)) < 1e-10
    assert abs(NormProduct().log_bound(keep)) < 1e-10
    assert abs(ForgetFloor().log_bound(keep)) < 1e-10
