"""Cross-entropy: relative accuracy in both tails, and classes at the door."""

import mpmath
import numpy as np
import pytest

from gradlab.cells import Linear
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.objectives import CrossEntropy


def of_outputs(outputs, targets):
    """A cross-entropy whose outputs are the given numbers: h = o, W_qh = 1."""
    outputs = np.asarray(outputs, dtype=float)
    q = outputs.shape[1]
    cell = Linear(np.zeros((q, q)), np.eye(q))
    return CrossEntropy(run(cell, np.zeros(q), outputs), targets, np.eye(q))


EXTREMES = [
    [0.0, 0.0, 0.0],
    [50.0, 0.0, -1.0],  # 1 − p_0 = 2.6e−22: 0 in plain float64
    [-50.0, 3.0, 2.0],
    [700.0, -700.0, 0.0],
    [1e4, 0.0, 0.0],
    [-1e4, 0.0, 0.0],
    [1e300, 1e300, 0.0],
]


@pytest.mark.parametrize("target", [0, 1, 2])
@pytest.mark.parametrize("outputs", EXTREMES)
def test_losses_and_errors_are_relatively_accurate(outputs, target):
    objective = of_outputs([outputs], [target])
    with mpmath.workdps(50):
        o = [mpmath.mpf(value) for value in outputs]
        odds = [mpmath.exp(value - o[target]) for value in o]
        rest = mpmath.fsum(d for k, d in enumerate(odds) if k != target)
        loss = float(mpmath.log1p(rest))
        p = [float(d / (1 + rest)) for d in odds]
        p[target] = float(-rest / (1 + rest))
    # d_k − ℓ rounds in its own size before the exponential: 1400 eps at most here.
    size = np.abs(np.subtract(outputs, outputs[target])).max()
    rtol = 1e-15 * (4 + min(size, 1500))
    assert objective.losses[0] == pytest.approx(loss, rel=rtol, abs=0)
    np.testing.assert_allclose(objective.errors[0], p, rtol=rtol, atol=0)


def test_one_class_costs_nothing():
    objective = of_outputs([[3.0], [-4.0]], [0, 0])
    assert objective.loss == 0.0
    assert (objective.errors == 0).all()
    assert (objective.cotangents == 0).all()


def test_errors_sum_to_zero(rng):
    objective = of_outputs(rng.normal(size=(20, 6)), rng.integers(0, 6, size=20))
    # p_y − 1 is built as −Σ_{k≠y} p_k: equal up to the order of the sum.
    np.testing.assert_allclose(objective.errors.sum(axis=1), 0, atol=4e-16)


@pytest.mark.parametrize("bad", [-1, 3, 10**9])
def test_targets_out_of_range_are_refused(bad):
    with pytest.raises(InputError, match=rf"in 0 … 2; got {bad} at index \(1,\)"):
        of_outputs(np.zeros((2, 3)), [0, bad])


@pytest.mark.parametrize(
    "bad", [[0.0, 1.0], [True, False], ["0", "1"], [np.nan, 0], None, [None, 1]]
)
def test_targets_that_are_no_integers_are_refused(bad):
    with pytest.raises(InputTypeError, match="`targets` must be integers"):
        of_outputs(np.zeros((2, 3)), bad)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64])
def test_every_integer_dtype_counts_the_same(dtype):
    plain = of_outputs([[0.0, 1.0, 2.0]] * 2, [2, 0])
    found = of_outputs([[0.0, 1.0, 2.0]] * 2, np.array([2, 0], dtype=dtype))
    np.testing.assert_array_equal(found.losses, plain.losses)


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"`targets` .* \(T,\) with T = 2; got \(3,\)"):
        of_outputs(np.zeros((2, 3)), [0, 1, 2])
    with pytest.raises(ShapeError, match=r"got \(2, 1\)"):
        of_outputs(np.zeros((2, 3)), [[0], [1]])
    with pytest.raises(InputError, match="`targets` must be a regular array"):
        of_outputs(np.zeros((2, 3)), [[0], [1, 2]])


def test_targets_are_a_snapshot():
    targets = np.array([0, 1])
    objective = of_outputs(np.zeros((2, 3)), targets)
    targets[:] = 99
    assert objective.targets.tolist() == [0, 1]


def test_log_odds_beyond_float64_are_named():
    objective = of_outputs([[1e308, -1e308]], [1])
    with pytest.raises(NonFiniteError, match=r"`log odds` .* index \(0, 0\)"):
        _ = objective.losses
    assert objective.errors.tolist() == [[1.0, -1.0]]
