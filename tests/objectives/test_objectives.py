"""What holds for both losses: means, weights, parts, and the readout's gradients."""

import numpy as np
import pytest

from gradlab.cells import LSTM, Linear
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.objectives import CrossEntropy, SquaredError

T, B, N, Q = 6, 3, 4, 5


@pytest.fixture(params=[(), (B,)], ids=["one", "batch"])
def trajectory(request, rng):
    batch = request.param
    cell = LSTM.random(N, 2, gain=1.0, rng=rng)
    h0 = rng.normal(size=(*batch, 2 * N))
    return run(cell, h0, rng.normal(size=(T, *batch, 2)))


@pytest.fixture(params=[SquaredError, CrossEntropy])
def objective(request, trajectory, rng):
    shape = (T, *trajectory.batch)
    targets = {
        SquaredError: rng.normal(size=(*shape, Q)),
        CrossEntropy: rng.integers(0, Q, size=shape),
    }[request.param]
    return request.param(
        trajectory, targets, rng.normal(size=(Q, N)), rng.normal(size=Q)
    )


def test_the_readout_sees_the_hidden_part(objective):
    h = objective.trajectory.states[1:, ..., :N]
    expected = np.einsum("qn,...n->...q", objective.W_qh, h) + objective.b_q
    np.testing.assert_allclose(objective.outputs, expected, rtol=1e-13, atol=1e-14)


def test_the_loss_is_the_mean_over_time_and_batch(objective):
    assert objective.losses.shape == (T, *objective.trajectory.batch)
    assert objective.loss == pytest.approx(objective.losses.mean(), rel=1e-14)
    assert objective.time_weights.tolist() == [1 / T] * T


def loss_of(objective, h, W, b):
    """The loss as an analytic function of the hidden states and the readout."""
    o = h @ W.T + b
    y = objective.targets
    if y.dtype.kind == "f":
        return ((o - y) ** 2).sum(axis=-1).mean() / 2
    o_y = np.take_along_axis(o, y[..., None], -1)[..., 0]
    return (np.log(np.exp(o).sum(axis=-1)) - o_y).mean()


def test_cotangents_and_readout_gradients_are_the_complex_step(objective, rng):
    h = objective.trajectory.hidden
    W, b = objective.W_qh, objective.b_q
    V, dW, db = (rng.normal(size=a.shape) for a in (h, W, b))
    gradients = objective.readout_gradients()
    directions = [
        ((V, 0 * W, 0 * b), (objective.cotangents[..., :N] * V).sum()),
        ((0 * h, dW, 0 * b), (gradients["W_qh"] * dW).sum()),
        ((0 * h, 0 * W, db), (gradients["b_q"] * db).sum()),
    ]
    for moves, found in directions:
        at = [a + 1e-30j * d for a, d in zip((h, W, b), moves, strict=True)]
        # The complex step is exact to rounding: some hundred terms of order 1.
        assert abs(loss_of(objective, *at).imag / 1e-30 - found) < 1e-14


def test_cotangents_are_zero_on_the_cell_part(objective):
    assert objective.cotangents.shape == objective.trajectory.states[1:].shape
    assert (objective.cotangents[..., N:] == 0).all()
    assert (objective.cotangents[..., :N] != 0).all()


def test_restricted_parts_add_up_and_reach_their_steps_alone(objective):
    pieces = [objective.restricted(s) for s in (slice(0, 2), 2, [3, 5], -2)]
    assert sum(p.loss for p in pieces) == pytest.approx(objective.loss, rel=1e-14)
    total = sum(p.cotangents for p in pieces)
    np.testing.assert_array_equal(total, objective.cotangents)
    assert (pieces[1].cotangents[[0, 1, 3, 4, 5]] == 0).all()
    assert (pieces[1].cotangents[2] == objective.cotangents[2]).all()


@pytest.mark.parametrize("steps", [T, [0, T], "first", 1.5])
def test_steps_that_are_not_there_are_refused(objective, steps):
    with pytest.raises(InputError, match=f"`steps` must pick among {T} steps; got"):
        objective.restricted(steps)


def test_weights_choose_the_losses_that_count(objective):
    last = objective.reweighted(np.eye(T)[-1])
    assert last.loss == pytest.approx(objective.losses[-1].mean(), rel=1e-15)
    assert (last.cotangents[:-1] == 0).all()
    np.testing.assert_array_equal(last.losses, objective.losses)


def test_a_batch_is_the_mean_of_its_sequences(objective):
    if not objective.trajectory.batch:
        with pytest.raises(InputError, match="not a batch"):
            objective.sequence(0)
        return
    alone = [objective.sequence(b) for b in range(B)]
    mean = np.mean([each.loss for each in alone])
    assert objective.loss == pytest.approx(mean, rel=1e-14)
    # A product of B rows or of one: sums in another order.
    rows = np.stack([each.cotangents for each in alone], axis=1) / B
    np.testing.assert_allclose(objective.cotangents, rows, rtol=1e-12, atol=1e-16)


def test_without_a_bias_there_is_no_bias_gradient(objective):
    bare = type(objective)(objective.trajectory, objective.targets, objective.W_qh)
    assert list(bare.readout_gradients()) == list(bare.params) == ["W_qh"]
    assert list(objective.readout_gradients()) == list(objective.params)
    zero = type(objective)(
        objective.trajectory, objective.targets, objective.W_qh, np.zeros(Q)
    )
    assert bare.loss == zero.loss


def test_arrays_are_snapshots(objective):
    W_qh = np.array(objective.W_qh)
    fresh = type(objective)(objective.trajectory, objective.targets, W_qh)
    before = fresh.loss
    W_qh[:] = 0
    assert type(objective)(fresh.trajectory, fresh.targets, fresh.W_qh).loss == before


def test_a_readout_that_does_not_fit_is_refused(objective):
    make, run_, y = type(objective), objective.trajectory, objective.targets
    W = objective.W_qh
    with pytest.raises(ShapeError, match=rf"n_hidden = {N}; got \({Q}, {2 * N}\)"):
        make(run_, y, np.ones((Q, 2 * N)))
    with pytest.raises(ShapeError, match=r"with q >= 1; got \(0, 4\)"):
        make(run_, y, np.ones((0, N)))
    with pytest.raises(ShapeError, match=rf"`b_q` .* q = {Q}; got \(2,\)"):
        make(run_, y, W, np.ones(2))
    with pytest.raises(ShapeError, match=rf"`weights` .* T = {T}; got \(2,\)"):
        make(run_, y, W, weights=np.ones(2))
    with pytest.raises(NonFiniteError, match=r"`W_qh` must be finite; got nan"):
        make(run_, y, W * np.nan)
    with pytest.raises(NonFiniteError, match=r"`weights`"):
        make(run_, y, W, weights=[np.inf] * T)
    with pytest.raises(InputTypeError, match="`trajectory` must be a Trajectory"):
        make(run_.states, y, W)


def test_targets_of_another_length_are_refused(objective):
    make, y = type(objective), objective.targets
    for odd in (y[:-1], y[..., None], y.ravel()[0]):
        with pytest.raises(ShapeError, match="`targets` must have shape"):
            make(objective.trajectory, odd, objective.W_qh)


def test_outputs_beyond_float64_are_named():
    trajectory = run(Linear([[1.0]], [[0.0]]), [1e10], np.zeros((2, 1)))
    objective = SquaredError(trajectory, np.zeros((2, 1)), [[1e300]])
    with pytest.raises(NonFiniteError, match=r"`outputs` .* index \(0, 0\)"):
        _ = objective.loss


def test_cotangents_beyond_float64_are_named():
    trajectory = run(Linear([[1.0]], [[0.0]]), [1e100], np.zeros((2, 1)))
    objective = SquaredError(trajectory, np.zeros((2, 1)), [[1.0]])
    huge = objective.reweighted([0.0, 1e300])
    with pytest.raises(NonFiniteError, match=r"`output cotangents` .* \(1, 0\)"):
        _ = huge.cotangents
    steep = SquaredError(trajectory, np.zeros((2, 1)), [[1e200]])
    with pytest.raises(NonFiniteError, match=r"`cotangents` .* \(0, 0\)"):
        _ = steep.cotangents
