"""Random cells: the documented law of every block, the seed, and nothing global."""

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.errors import InputError, InputTypeError

KINDS = {Linear: 1, RNN: 1, LSTM: 4, GRU: 3}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__, name="kind")
def _kind(request):
    return request.param


def blocks(kind, n, **options):
    """Return the recurrent matrix of every gate (gates, n, n)."""
    return kind.random(n, 3, rng=0, **options).W_hh.reshape(KINDS[kind], n, n)


def test_gaussian_blocks_have_variance_gain_squared_over_n(kind):
    W = blocks(kind, 200, gain=1.7)
    # 40,000 squares per gate: relative standard error √(2/40,000) = 0.7 %.
    np.testing.assert_allclose(200 * (W**2).mean((1, 2)), 1.7**2, rtol=0.03)


def test_orthogonal_blocks_are_gain_times_orthogonal(kind):
    W = blocks(kind, 6, gain=1.7, init="orthogonal")
    squares = np.swapaxes(W, 1, 2) @ W
    np.testing.assert_allclose(
        squares, np.broadcast_to(1.7**2 * np.eye(6), W.shape), atol=1e-14
    )


def test_identity_blocks_are_gain_times_the_identity(kind):
    W = blocks(kind, 4, gain=0.5, init="identity")
    np.testing.assert_array_equal(W, np.broadcast_to(0.5 * np.eye(4), W.shape))


def test_input_weights_have_variance_one_over_m_and_biases_are_zero(kind):
    cell = kind.random(100, 50, gain=1.0, rng=0)
    # 5,000 squares or more: relative standard error 2 %.
    assert 50 * (cell.W_hx**2).mean() == pytest.approx(1.0, rel=0.08)
    for name, value in cell.params.items():
        assert name.startswith("W") or (value == 0).all()


def test_the_torch_init_draws_from_the_interval_of_torch(kind):
    cell = kind.random(64, 16, gain=1.0, init="torch", rng=0)
    limit = 1 / 8  # 1/√64
    reach = {"W_hh": 1, "W_hx": 1, "b_hx": 1, "b_hh": 1, "b_h": 2}  # b_h = b_hx + b_hh
    for name, value in cell.params.items():
        # The largest of 64 draws or more; a sum of two is rarely near its limit.
        assert 0.7 < np.abs(value).max() / (reach[name] * limit) <= 1


@pytest.mark.parametrize("init", ["gaussian", "torch"])
def test_forget_bias_is_added_to_the_forget_gate_alone(init):
    plain = LSTM.random(3, 2, gain=1.0, rng=0, init=init)
    kept = LSTM.random(3, 2, gain=1.0, rng=0, init=init, forget_bias=1.5)
    added = kept.b_h - plain.b_h
    np.testing.assert_allclose(added, np.repeat([0.0, 1.5, 0.0, 0.0], 3), atol=1e-15)


def test_the_same_seed_makes_the_same_cell_whatever_the_global_state(kind):
    np.random.seed(1)  # noqa: NPY002 - the global state is what must not matter
    first = kind.random(3, 2, gain=1.0, rng=7)
    np.random.seed(2)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    again = kind.random(3, 2, gain=1.0, rng=np.random.default_rng(7))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    for name, value in first.params.items():
        np.testing.assert_array_equal(value, again.params[name])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 0}, InputError, "`n` must be an integer >= 1; got 0."),
        ({"n": 2.0}, InputTypeError, "`n` must be an integer >= 1; got 2.0."),
        ({"n": True}, InputTypeError, "`n` must be an integer >= 1; got True."),
        ({"m": -1}, InputError, "`m` must be an integer >= 0; got -1."),
        ({"gain": -1.0}, InputError, "`gain` must be a finite number >= 0; got -1.0."),
        (
            {"gain": float("nan")},
            InputError,
            "`gain` must be a finite number >= 0; got nan.",
        ),
        (
            {"init": "xavier"},
            InputError,
            "`init` must be one of 'gaussian', 'orthogonal', 'identity', 'torch'; "
            "got 'xavier'.",
        ),
        (
            {"rng": None},
            InputTypeError,
            "`rng` must be a numpy Generator or an integer seed >= 0; got None.",
        ),
        (
            {"rng": -1},
            InputError,
            "`rng` must be a numpy Generator or an integer seed >= 0; got -1.",
        ),
    ],
)
def test_bad_arguments_are_named(kind, options, error, message):
    options = {"n": 3, "m": 2, "gain": 1.0, "rng": 0} | options
    with pytest.raises(error) as caught:
        kind.random(options.pop("n"), options.pop("m"), **options)
    assert str(caught.value) == message


def test_a_forget_bias_must_be_a_number():
    with pytest.raises(InputTypeError, match="`forget_bias` must be a finite number"):
        LSTM.random(3, 2, gain=1.0, rng=0, forget_bias="1")
