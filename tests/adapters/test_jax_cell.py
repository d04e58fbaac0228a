"""Cells from JAX: exact Jacobians, gradients through whole runs, settings untouched."""

import sys

import numpy as np
import pytest

from gradlab.adapters import from_jax
from gradlab.cells import GRU
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError, MissingExtraError, ShapeError
from gradlab.gradients import Full
from gradlab.objectives import CrossEntropy, SquaredError

jax = pytest.importorskip("jax")
jnp = jax.numpy

N, M, T = 5, 3, 40


def gru_step(cell):
    """A GRU's equations written for JAX, independently of the cell's own."""
    weights = [np.array(p) for p in cell.params.values()]

    def step(h, x):
        W_hh, W_hx, b_hx, b_hh = (jnp.asarray(w) for w in weights)
        p_r, p_z, p_n = jnp.split(W_hx @ x + b_hx, 3)
        q_r, q_z, q_n = jnp.split(W_hh @ h + b_hh, 3)
        r, z = jax.nn.sigmoid(p_r + q_r), jax.nn.sigmoid(p_z + q_z)
        return (1 - z) * jnp.tanh(p_n + r * q_n) + z * h

    return step


@pytest.fixture
def pair(rng):
    cell = GRU.random(N, M, gain=1.0, rng=rng)
    return cell, from_jax(gru_step(cell), N, M)


def test_step_and_jacobians_are_those_of_the_same_cell(pair, rng):
    ours, theirs = pair
    assert theirs.sizes == (N, M)
    h, x = rng.normal(size=(4, N)), rng.normal(size=(4, M))
    for name in ("step", "jacobian", "input_jacobian"):
        found, expected = (getattr(cell, name)(h, x) for cell in (theirs, ours))
        assert found.dtype == np.float64
        # A handful of rounded operations; 1 − z cancels where ours does not.
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_gradients_through_a_run_are_those_of_the_same_cell(pair, rng):
    h0, x = rng.normal(size=N), rng.normal(size=(T, M))
    y, W_qh = rng.normal(size=(T, 2)), rng.normal(size=(2, N))
    ours, theirs = (
        Full().gradient(SquaredError(run(cell, h0, x), y, W_qh)) for cell in pair
    )
    # Rounding of each step, contracting: some 100 eps normwise.
    for a, b in (
        (theirs.states, ours.states),
        (theirs.inputs, ours.inputs),
        (theirs.params["W_qh"], ours.params["W_qh"]),
    ):
        assert np.linalg.norm(a - b) <= 1e-13 * np.linalg.norm(b)
    assert list(theirs.params) == ["W_qh"]


@pytest.mark.parametrize("loss", [SquaredError, CrossEntropy])
def test_full_agrees_with_jax_grad_of_the_whole_loss(loss, rng):
    cell = GRU.random(N, M, gain=1.0, rng=rng)
    h0, x, W_qh = (rng.normal(size=s) for s in ((N,), (T, M), (4, N)))
    targets = {
        SquaredError: rng.normal(size=(T, 4)),
        CrossEntropy: rng.integers(0, 4, size=T),
    }[loss]
    step = gru_step(cell)

    def total(h0, x, W_qh):
        _, h = jax.lax.scan(lambda h, x: (step(h, x),) * 2, h0, x)
        o = h @ W_qh.T
        if loss is SquaredError:
            return ((o - targets) ** 2).sum() / 2 / T
        return -jax.nn.log_softmax(o)[jnp.arange(T), targets].mean()

    with jax.enable_x64(True):
        value, expected = jax.value_and_grad(total, argnums=(0, 1, 2))(h0, x, W_qh)
        value, expected = float(value), [np.asarray(g) for g in expected]
    objective = loss(run(cell, h0, x), targets, W_qh)
    gradient = Full().gradient(objective)
    assert objective.loss == pytest.approx(value, rel=1e-13)
    found = (gradient.initial, gradient.inputs, gradient.params["W_qh"])
    for a, b in zip(found, expected, strict=True):
        assert np.linalg.norm(a - b) <= 1e-12 * np.linalg.norm(b)


def test_jax_keeps_its_own_precision():
    cell = from_jax(lambda h, x: h / 3, 1)
    assert cell.step(np.ones(1), np.zeros(0)).tolist() == [1 / 3]
    assert cell.jacobian(np.ones(1), np.zeros(0)).tolist() == [[1 / 3]]
    assert cell.input_jacobian(np.ones(1), np.zeros(0)).shape == (1, 0)
    assert jnp.ones(1).dtype == np.float32


def test_older_versions_keep_the_switch_elsewhere(monkeypatch):
    switch = jax.enable_x64
    monkeypatch.delattr(jax, "enable_x64")
    monkeypatch.setattr(jax.experimental, "enable_x64", switch, raising=False)
    cell = from_jax(lambda h, x: h / 3, 1)
    assert cell.step(np.ones(1), np.zeros(0)).tolist() == [1 / 3]


def test_errors_name_the_user_s_step():
    def wrong_shape(h, x):
        return h[:1]

    def untraceable(h, x):
        return h if h[0] > 0 else -h

    with pytest.raises(
        ShapeError, match=r"`wrong_shape\(h, x\)` .* \(2,\); got \(1,\)"
    ):
        from_jax(wrong_shape, 2).step(np.ones(2), np.zeros(0))
    with pytest.raises(InputError, match="`untraceable` raised Tracer"):
        from_jax(untraceable, 2).step(np.ones(2), np.zeros(0))


def test_bad_arguments_are_refused():
    with pytest.raises(InputTypeError, match="`step` must be a function"):
        from_jax(np.eye(2), 2)
    for n in (2.0, "2", None, True):
        with pytest.raises(InputTypeError, match="`n` must be an integer"):
            from_jax(jnp.tanh, n)
    with pytest.raises(InputError, match="`m` must be an integer >= 0; got -1"):
        from_jax(lambda h, x: h, 2, -1)


def test_without_jax_the_error_is_the_instruction(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'gradlab\[jax\]'"):
        from_jax(lambda h, x: h, 1)
