"""One flipped input: exact where linear, tangent where small, softmax to the end."""

import math

import mpmath as mp
import numpy as np
import pytest

from gradlab.butterfly import flip, influence
from gradlab.butterfly.flip import _softmax_change
from gradlab.cells import LSTM, RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError


def text(rng, T=40, m=5):
    return np.eye(m)[rng.integers(m, size=T)]


def test_an_identical_character_changes_nothing(rng):
    cell = LSTM.random(4, 5, gain=2.0, rng=rng)
    x = text(rng)
    found = flip(cell, np.zeros(8), x, np.eye(4), position=3, replacement=x[2])
    assert np.isneginf(found.log_hidden).all()
    assert np.isneginf(found.log_output).all()
    assert not found.total_variation.any()
    assert not found.divergence.any()


def test_nothing_changes_before_the_position(rng):
    cell = RNN.random(4, 5, gain=2.0, rng=rng)
    x = text(rng)
    other = np.roll(x[9], 1)
    found = flip(cell, np.zeros(4), x, np.eye(4), position=10, replacement=other)
    assert np.isneginf(found.log_hidden[:9]).all()
    assert np.isfinite(found.log_hidden[9])
    assert found.position == 10


def test_a_linear_cell_forgets_a_flip_at_its_own_rate():
    cell = Linear([[0.5]], [[1.0]])
    found = flip(cell, [0.0], np.zeros((30, 1)), [[3.0]], position=1, replacement=[1.0])
    steps = np.arange(30)
    # Halving and the difference with 0 are exact; ln is not.
    np.testing.assert_allclose(found.log_hidden, -steps * math.log(2), atol=1e-14)
    np.testing.assert_allclose(
        found.log_output, math.log(3) - steps * math.log(2), atol=1e-14
    )


def test_a_small_change_of_input_is_what_the_influence_says(rng):
    cell = RNN.random(6, 3, gain=1.2, rng=rng)
    h0, x = np.zeros(6), rng.normal(size=(8, 3))
    W_qh = rng.normal(size=(2, 6))
    change = 1e-6 * rng.normal(size=3)
    found = flip(cell, h0, x, W_qh, position=1, replacement=x[0] + change)
    predicted = influence(run(cell, h0, x), W_qh).first.to_float() @ change
    # The second order is about 1e-6 of the change, the rounding of the states 1e-8.
    assert found.log_output[-1] == pytest.approx(
        math.log(np.linalg.norm(predicted)), abs=1e-5
    )


@pytest.mark.parametrize("size", [1e-14, 1e-5, 0.3, 3.0, 60.0, 2000.0])
def test_changes_of_probabilities_are_right_to_many_digits(size, rng):
    outputs = rng.normal(size=(3, 7)) * 2
    shift = size * rng.normal(size=(3, 7))
    variation, divergence = _softmax_change(outputs, shift)
    with mp.workdps(80):
        for row in range(3):
            p = softmax(outputs[row], 0 * shift[row])
            q = softmax(outputs[row], shift[row])
            exact = sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2
            # A handful of roundings per outcome, all terms of the sum positive; ln Σ
            # carries an absolute error ε, which is ε/size of the smallest change.
            assert variation[row] == pytest.approx(float(exact), rel=1e-13)
            exact = sum(a * mp.log(a / b) for a, b in zip(p, q, strict=True))
            assert divergence[row] == pytest.approx(float(exact), rel=1e-13)


def softmax(outputs, shift):
    weights = [
        mp.exp(mp.mpf(float(o)) + mp.mpf(float(s)))
        for o, s in zip(outputs, shift, strict=True)
    ]
    total = sum(weights)
    return [w / total for w in weights]


def test_an_output_that_no_longer_has_any_probability_is_no_overflow():
    variation, divergence = _softmax_change(
        np.array([[0.0, -2000.0]]), np.array([[-4000.0, 0.0]])
    )
    assert variation[0] == 1.0
    assert divergence[0] == pytest.approx(2000.0, rel=1e-15)


def test_the_table_has_a_row_a_step(rng):
    cell = RNN.random(4, 5, gain=2.0, rng=rng)
    x = text(rng, T=12)
    found = flip(cell, np.zeros(4), x, np.eye(4), position=1, replacement=x[1])
    columns = found.columns()
    assert columns["t"].tolist() == list(range(1, 13))
    assert len(columns) == 5


CELL = Linear(np.eye(2), np.zeros((2, 1)))
GOOD = {
    "h0": np.ones(2),
    "inputs": np.zeros((10, 1)),
    "W_qh": np.eye(2),
    "position": 1,
    "replacement": [1.0],
}


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            {"position": 12},
            InputError,
            "`position` must be in 1…T with T = 10; got 12.",
        ),
        (
            {"position": 0},
            InputError,
            "`position` must be an integer >= 1; got 0.",
        ),
        (
            {"position": 1.0},
            InputTypeError,
            "`position` must be an integer >= 1; got 1.0.",
        ),
        (
            {"replacement": [1.0, 2.0]},
            InputError,
            "`replacement` must have shape (m,) with m = 1; got (2,).",
        ),
        (
            {"W_qh": np.eye(3)},
            InputError,
            "`W_qh` must have shape (q, n_hidden) with n_hidden = 2; got (3, 3).",
        ),
        (
            {"b_q": np.ones(3)},
            InputError,
            "`b_q` must have shape (q,) with q = 2; got (3,).",
        ),
        (
            {"h0": np.ones((1, 2))},
            InputError,
            "`h0` must have shape (n,) with n = 2; got (1, 2).",
        ),
    ],
)
def test_bad_arguments_are_named(change, kind, message):
    with pytest.raises(kind) as caught:
        flip(CELL, **(GOOD | change))
    assert str(caught.value) == message
