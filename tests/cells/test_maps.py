"""Facts about single cells: |det J| of Hénon, the logistic slope, torch's packing."""

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Henon, LeakyRelu, Linear, Logistic, Tanh
from gradlab.cells.activations import activation_named
from gradlab.references import cite


@pytest.mark.parametrize(("a", "b"), [(1.4, 0.3), (1.0, -0.5), (0.2, 0.0)])
def test_the_henon_map_contracts_areas_by_b(a, b, rng):
    J = Henon(a, b).slopes(rng.normal(size=(50, 2)), np.zeros((50, 0)))
    # det = 0·(−2ax) − b: a 2 × 2 elimination rounds twice.
    np.testing.assert_allclose(
        np.abs(np.linalg.det(J.dense())), abs(b), rtol=1e-14, atol=0
    )


def test_the_henon_fixed_point_stays():
    # x = 1 − a x² + b x, the positive root.
    a, b = 1.4, 0.3
    x = (b - 1 + np.sqrt((1 - b) ** 2 + 4 * a)) / (2 * a)
    fixed = np.array([x, b * x])
    np.testing.assert_allclose(Henon(a, b).step(fixed, np.zeros(0)), fixed, rtol=1e-15)


def test_the_logistic_slope_is_zero_at_its_critical_point():
    J = Logistic(4.0).slopes(np.array([[0.5], [0.75]]), np.zeros((2, 0)))
    np.testing.assert_array_equal(J.dense()[:, 0, 0], [0.0, -2.0])
    with np.errstate(divide="raise"):
        assert J.log_abs_det().tolist() == [-np.inf, np.log(2.0)]


def test_an_lstm_reads_its_gates_in_the_order_i_f_g_o():
    # Each bias opens one gate: (1/2 − 1/4) is far from every other mixture.
    def cell(gate):
        b_h = np.zeros(4)
        b_h[gate] = np.log(3.0)  # σ = 3/4, tanh = 4/5
        return LSTM(np.zeros((4, 1)), np.zeros((4, 0)), b_h)

    state, nothing = np.array([0.0, 2.0]), np.zeros(0)
    c = [cell(gate).step(state, nothing)[1] for gate in range(4)]
    np.testing.assert_allclose(c, [1.0, 1.5, 1.4, 1.0], rtol=1e-15)
    h = cell(3).step(state, nothing)[0]
    assert h == pytest.approx(0.75 * np.tanh(1.0), rel=1e-15)


def test_the_reset_gate_of_a_gru_multiplies_the_recurrent_product_and_its_bias():
    # z = 1/2, r = 3/4: n = tanh(W_hn h·r + b_hn·r) = tanh(3/4 (2·1 + 1)).
    cell = GRU([[0.0], [0.0], [2.0]], np.zeros((3, 0)), [np.log(3), 0, 0], [0, 0, 1])
    h = cell.step(np.array([1.0]), np.zeros(0))
    assert h[0] == pytest.approx((np.tanh(2.25) + 1) / 2, rel=1e-15)


def test_one_minus_z_keeps_its_relative_accuracy():
    # z = σ(50): 1 − z is 0 in float64, σ(−50) is 2e-22.
    b_hx = [0.0, 50.0, 0.0]
    cell = GRU(np.zeros((3, 1)), [[0.0], [0.0], [1.0]], b_hx, np.zeros(3))
    slope = cell.input_jacobian(np.zeros(1), np.zeros(1))[0, 0]
    assert slope == pytest.approx(np.exp(-50.0), rel=1e-14)


def test_hidden_is_half_of_the_state_of_an_lstm(rng):
    cell = LSTM.random(5, 2, gain=1.0, rng=rng)
    assert (cell.sizes, cell.hidden) == ((10, 2), 5)
    assert GRU.random(5, 2, gain=1.0, rng=rng).hidden == 5


def test_the_weights_of_a_factored_jacobian_are_not_copied(rng):
    for cell in (RNN.random(3, 2, gain=1, rng=rng), LSTM.random(3, 2, gain=1, rng=rng)):
        n, m = cell.sizes
        J = cell.slopes(np.zeros((9, n)), np.zeros((9, m)))
        assert np.shares_memory(J.weights, cell.W_hh)
    cell = Linear.random(3, 2, gain=1, rng=rng)
    J = cell.slopes(np.zeros((9, 3)), np.zeros((9, 2)))
    assert np.shares_memory(J.dense(), cell.W_hh)


def test_activations_are_named_or_given(rng):
    leaky = LeakyRelu(0.3)
    assert activation_named(leaky) is leaky
    assert activation_named("tanh") == Tanh()
    assert RNN.random(2, 1, gain=1, rng=rng, activation=leaky).phi is leaky


def test_cells_cite_where_they_come_from(rng):
    lstm = LSTM.random(1, 1, gain=1.0, rng=rng)
    assert cite(lstm) == ["gers2000learning", "hochreiter1997long"]
    assert cite(Henon(), Logistic(2.0)) == ["henon1976", "may1976simple"]
