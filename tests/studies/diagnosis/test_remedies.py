"""Remedies are the cells that they say they are, with derivatives that are right."""

import math

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, ProjectedLSTM
from gradlab.dynamics import run
from gradlab.studies import diagnose
from gradlab.studies.diagnosis.remedies import remedies, remembering
from gradlab.studies.diagnosis.substitutes import residual
from tests.oracles import derivatives

LAG = 200


def tried(cell):
    return {remedy.name: remedy for remedy in remedies(cell, lag=LAG)}


def test_a_plain_recurrence_may_be_replaced_and_a_gated_one_keeps_its_kind(rng):
    cell = RNN.random(4, 2, gain=1.0, rng=rng)
    assert set(tried(cell)) == {"orthogonal", "identity", "gating", "residual"}
    for other in (
        LSTM.random(4, 2, gain=1.0, rng=rng),
        ProjectedLSTM.random(4, 2, projected=3, gain=1.0, rng=rng),
        GRU.random(4, 2, gain=1.0, rng=rng),
    ):
        for remedy in tried(other).values():
            assert type(remedy.cell) is type(other)
            assert remedy.cell.sizes == other.sizes


def test_weights_are_those_that_are_named(rng):
    found = tried(RNN.random(4, 2, gain=1.0, rng=rng, init="torch"))
    np.testing.assert_array_equal(found["identity"].cell.W_hh, np.eye(4))
    assert not found["identity"].cell.b_h.any()
    W = found["orthogonal"].cell.W_hh
    np.testing.assert_allclose(W.T @ W, np.eye(4), atol=1e-14)
    gated = found["gating"].cell
    assert isinstance(gated, GRU)
    # The update gates' biases run through ln U(1, LAG − 1).
    assert gated.b_hx[4:8].min() > 0
    assert gated.b_hx[4:8].max() < math.log(LAG - 1)


@pytest.mark.parametrize("tau", [2, 50])
def test_a_residual_step_is_a_share_of_the_way_and_knows_its_slopes(tau, rng):
    cell = RNN.random(3, 2, gain=1.2, rng=rng)
    leaky = residual(cell, tau)
    h, x = rng.normal(size=3), rng.normal(size=2)
    step = cell.step(h, x)
    np.testing.assert_allclose(leaky.step(h, x), h + (step - h) / tau, rtol=1e-15)
    for name in ("h", "x"):
        truth = derivatives.complex_step(leaky, h, x, name)
        stated = derivatives.stated(leaky, h, x, name)
        np.testing.assert_allclose(stated, truth, rtol=1e-13, atol=1e-15)
    unmoved = run(residual(RNN(np.zeros((1, 1)), [[0.0]], [0.0]), tau), [1.0], [[0.0]])
    assert unmoved.states[1, 0] == pytest.approx(1 - 1 / tau, rel=1e-15)


def test_forget_biases_alone_are_raised(rng):
    cell = LSTM.random(4, 2, gain=1.0, rng=rng)
    shift = remembering(cell, 2.5).cell.b_h - cell.b_h
    np.testing.assert_allclose(shift[4:8], 2.5, rtol=1e-14)
    assert not shift[:4].any()
    assert not shift[8:].any()


def forget_bias_of(trajectory):
    (layer,) = diagnose(trajectory, required_lag=LAG - 1, rng=0).layers
    (found,) = (one for one in layer.remedies if one.name == "forget bias")
    return found


def test_forget_biases_of_gates_alone_are_raised_by_what_the_lag_needs():
    """With weights 0, λ₁ = ln σ(b): from −ln 2 to −1/lag by δ = ln(lag ln 2)."""
    silent = LSTM(np.zeros((8, 2)), np.zeros((8, 1)), np.zeros(8))
    found = forget_bias_of(run(silent, np.ones(4), np.zeros((LAG, 1))))
    raised = math.log((LAG - 1) * math.log(2))
    assert found.words.endswith(f"raised by {raised:.3g}")
    # ln σ(δ) = −ln(1 + e^(−δ)).
    expected = -math.log1p(math.exp(-raised))
    assert found.exponent_after == pytest.approx(expected, rel=1e-6)


def test_forget_biases_are_raised_to_the_edge_of_chaos_and_not_beyond(rng):
    """At torch's initial weights open gates alone would make these cells chaotic."""
    cell = LSTM.random(64, 28, gain=1.0, rng=0, init="torch")
    x = rng.normal(size=(400, 4, 28))
    far = run(remembering(cell, 5.0).cell, np.zeros((4, 128)), x)
    assert diagnose(far, rng=0).layers[0].exponent > 0
    found = forget_bias_of(run(cell, np.zeros((4, 128)), x))
    assert -0.02 < found.exponent_after <= 1e-3
    assert found.helps
