"""What a cell says to weights it cannot use, word for word; and what it keeps."""

import warnings
from fractions import Fraction

import numpy as np
import pytest

from gradlab.cells import (
    GRU,
    LSTM,
    RNN,
    Henon,
    LeakyRelu,
    Linear,
    Logistic,
)
from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError

NAN, INF = float("nan"), float("inf")


def rnn(**changed):
    params = {"W_hh": np.eye(3), "W_hx": np.zeros((3, 2)), "b_h": np.zeros(3)}
    return RNN(**(params | changed))


def lstm(**changed):
    params = {"W_hh": np.zeros((8, 2)), "W_hx": np.zeros((8, 1)), "b_h": np.zeros(8)}
    return LSTM(**(params | changed))


def gru(**changed):
    params = {"W_hh": np.zeros((6, 2)), "W_hx": np.zeros((6, 1))}
    params |= {"b_hx": np.zeros(6), "b_hh": np.zeros(6)}
    return GRU(**(params | changed))


def spoiled(shape, index, value):
    array = np.zeros(shape)
    array[index] = value
    return array


class Raising:
    """An object whose conversion to an array fails."""

    def __array__(self, *args, **options):
        message = "no numbers here"
        raise ValueError(message)


CASES = [
    # B1 1, 2, B5 93: NaN and infinities, with their place.
    (
        lambda: rnn(W_hh=spoiled((3, 3), (0, 2), NAN)),
        NonFiniteError,
        "`W_hh` must be finite; got nan at index (0, 2).",
    ),
    (
        lambda: rnn(W_hx=spoiled((3, 2), (1, 0), -INF)),
        NonFiniteError,
        "`W_hx` must be finite; got -inf at index (1, 0).",
    ),
    (
        lambda: lstm(b_h=spoiled(8, 5, INF)),
        NonFiniteError,
        "`b_h` must be finite; got inf at index (5,).",
    ),
    (
        lambda: gru(b_hh=spoiled(6, 0, NAN)),
        NonFiniteError,
        "`b_hh` must be finite; got nan at index (0,).",
    ),
    # B1 11 to 17, B5 92: shapes.
    (
        lambda: rnn(W_hh=1.0),
        ShapeError,
        "`W_hh` must have shape (n, n); got ().",
    ),
    (
        lambda: rnn(W_hh=np.zeros((2, 3))),
        ShapeError,
        "`W_hh` must have shape (n, n); got (2, 3).",
    ),
    (
        lambda: rnn(W_hh=np.zeros((1, 3, 3))),
        ShapeError,
        "`W_hh` must have shape (n, n); got (1, 3, 3).",
    ),
    (
        lambda: RNN(np.zeros((0, 0)), np.zeros((0, 1)), np.zeros(0)),
        ShapeError,
        "`W_hh` must have shape (n, n) with n >= 1; got (0, 0).",
    ),
    (
        lambda: rnn(W_hx=np.zeros((2, 3))),
        ShapeError,
        "`W_hx` must have shape (n, m) with n = 3; got (2, 3).",
    ),
    (
        lambda: rnn(b_h=np.zeros((3, 1))),
        ShapeError,
        "`b_h` must have shape (n,) with n = 3; got (3, 1).",
    ),
    (
        lambda: lstm(W_hh=np.zeros((6, 2))),
        ShapeError,
        "`W_hh` must have shape (4n, n); got (6, 2).",
    ),
    (
        lambda: lstm(W_hh=np.zeros((0, 0))),
        ShapeError,
        "`W_hh` must have shape (4n, n) with n >= 1; got (0, 0).",
    ),
    (
        lambda: lstm(W_hx=np.zeros((2, 1))),
        ShapeError,
        "`W_hx` must have shape (4n, m) with 4n = 8; got (2, 1).",
    ),
    (
        lambda: gru(b_hx=np.zeros(2)),
        ShapeError,
        "`b_hx` must have shape (3n,) with 3n = 6; got (2,).",
    ),
    (
        lambda: Linear(np.eye(2), np.zeros(2)),
        ShapeError,
        "`W_hx` must have shape (n, m) with n = 2; got (2,).",
    ),
    # B1 19 to 21, 27, 30, 34, 37: what is not an array of real numbers.
    (
        lambda: rnn(b_h=[0.0, None, 0.0]),
        InputTypeError,
        "`b_h` must be an array of numbers; got NoneType at index (1,).",
    ),
    (
        lambda: rnn(b_h=["1.0", "2", "3"]),
        InputTypeError,
        "`b_h` must be an array of numbers no wider than float64; got dtype <U3.",
    ),
    (
        lambda: rnn(b_h=np.zeros(3, dtype="datetime64[D]")),
        InputTypeError,
        "`b_h` must be an array of numbers no wider than float64; "
        "got dtype datetime64[D].",
    ),
    (
        lambda: rnn(b_h=np.zeros(3, dtype=np.longdouble)),
        InputTypeError,
        "`b_h` must be an array of numbers no wider than float64; "
        f"got dtype {np.dtype(np.longdouble)}.",
    ),
    (
        lambda: rnn(W_hh=1j * np.eye(3)),
        InputTypeError,
        "`W_hh` must be real; got dtype complex128.",
    ),
    (
        lambda: rnn(b_h=np.ma.masked_array(np.zeros(3), mask=[0, 1, 0])),
        InputTypeError,
        "`b_h` must be an array without a mask; got a masked array.",
    ),
    (
        lambda: rnn(b_h=Raising()),
        InputError,
        "`b_h` must be a regular array of numbers; no numbers here",
    ),
    # B5 90: leaks; other numbers.
    (
        lambda: LeakyRelu(NAN),
        InputError,
        "`leak` must be a finite number; got nan.",
    ),
    (
        lambda: LeakyRelu("0.1"),
        InputTypeError,
        "`leak` must be a finite number; got '0.1'.",
    ),
    (
        lambda: rnn(activation="swish"),
        InputError,
        "`activation` must be one of 'tanh', 'relu', 'sigmoid', 'identity', 'erf', "
        "'hardtanh', 'softplus', 'leaky_relu', 'gelu', 'silu'; got 'swish'.",
    ),
    (lambda: Henon(a=NAN), InputError, "`a` must be a finite number; got nan."),
    (lambda: Henon(b=INF), InputError, "`b` must be a finite number; got inf."),
    (lambda: Logistic(1j), InputTypeError, "`r` must be a finite number; got 1j."),
    (lambda: Logistic(True), InputTypeError, "`r` must be a finite number; got True."),
]


@pytest.mark.parametrize(
    ("make", "error", "message"), CASES, ids=[message for *_, message in CASES]
)
def test_bad_weights_are_named_with_what_they_should_be(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value) == message


def test_a_ragged_matrix_is_refused():
    with pytest.raises(InputError, match=r"^`W_hh` must be a regular array of numbers"):
        rnn(W_hh=[[1.0, 2.0], [3.0]])


@pytest.mark.parametrize(
    "W",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], dtype=np.uint8),
        np.array([[1, 2], [3, 4]], dtype=">f8"),
        np.array([[1, 2], [3, 4]], dtype=np.float16),
        np.array([[1, 2], [3, 4]], order="F"),
        np.array([[4, 3], [2, 1]])[::-1, ::-1],
        np.array([[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]]),
        np.frombuffer(b"\0" + np.arange(1.0, 5.0).tobytes(), offset=1).reshape(2, 2),
    ],
    ids=["list", "uint8", "big-endian", "half", "F", "strided", "exact", "unaligned"],
)
def test_every_layout_and_width_means_the_same_numbers(W):
    cell = Linear(W, np.zeros((2, 0)))
    assert cell.W_hh.dtype == float
    h = cell.step(np.array([1.0, 0.5]), np.zeros(0))
    # Small integers: exact in any order of summation.
    np.testing.assert_array_equal(h, [2.0, 5.0])


def test_boolean_weights_are_numbers_not_logic():
    cell = Linear(np.ones((2, 2), dtype=bool), np.zeros((2, 0)))
    assert cell.step(np.ones(2), np.zeros(0)).tolist() == [2.0, 2.0]


def test_a_cell_keeps_its_own_copy_and_never_writes_to_yours():
    W = np.eye(3)
    before = W.copy()
    cell = rnn(W_hh=W)
    W[0, 0] = 9.0
    np.testing.assert_array_equal(cell.W_hh, before)
    with pytest.raises(ValueError, match="read-only"):
        cell.W_hh[0, 0] = 1.0
    frozen = np.eye(3)
    frozen.setflags(write=False)
    np.testing.assert_array_equal(rnn(W_hh=frozen).W_hh, frozen)


@pytest.mark.parametrize("leak", [0.0, 0.5, 1.0, 2.0, -1.5])
def test_a_leak_of_any_sign_gives_its_slope_and_largest_slope(leak):
    phi = LeakyRelu(leak)
    a = np.array([-2.0, -0.0, 0.0, 3.0])
    np.testing.assert_array_equal(phi.slope(a), [leak, leak, leak, 1.0])
    np.testing.assert_array_equal(phi.value(a), [-2 * leak, 0.0, 0.0, 3.0])
    assert phi.lipschitz == max(1.0, abs(leak))


def test_dead_relu_units_give_an_exact_zero_and_log_minus_infinity():
    cell = RNN(np.eye(2), np.zeros((2, 0)), [-1.0, -2.0], "relu")
    J = cell.slopes(np.array([0.5, -0.0]), np.zeros(0))
    assert (J.dense() == 0).all()
    assert J.log_abs_det() == -INF


def test_gates_that_are_exactly_open_or_shut_leave_finite_numbers():
    # i shut, f open, g at one, o open: c passes through unchanged.
    b_h = np.array([-800.0, 800.0, 800.0, 800.0])
    cell = LSTM(np.ones((4, 1)), np.zeros((4, 0)), b_h)
    h = np.array([0.3, 0.7])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        h_next = cell.step(h, np.zeros(0))
        J = cell.jacobian(h, np.zeros(0))
    np.testing.assert_allclose(h_next, [np.tanh(0.7), 0.7], rtol=1e-15)
    np.testing.assert_allclose(
        J, [[0.0, 1 / np.cosh(0.7) ** 2], [0.0, 1.0]], rtol=1e-15, atol=0
    )


def test_a_saturated_gate_keeps_its_tiny_slope():
    # σ'(−700) = e^−700 (1 + …): the input gate is shut, and not exactly.
    cell = LSTM(np.ones((4, 1)), np.zeros((4, 0)), [-700.0, 0.0, 0.0, 0.0])
    J = cell.jacobian(np.zeros(2), np.zeros(0))
    assert J[1, 0] == pytest.approx(np.exp(-700.0), rel=1e-13)


@pytest.mark.parametrize(
    ("h", "x", "message"),
    [
        (
            np.zeros(2),
            np.zeros(2),
            "`h` must have shape (..., n) with n = 3; got (2,).",
        ),
        (0.0, np.zeros(2), "`h` must have shape (..., n) with n = 3; got ()."),
        (
            np.zeros(3),
            np.zeros(1),
            "`x` must have shape (..., m) with m = 2; got (1,).",
        ),
        ([0, NAN, 0], np.zeros(2), "`h` must be finite; got nan at index (1,)."),
        (np.zeros(3), [INF, 0.0], "`x` must be finite; got inf at index (0,)."),
    ],
)
def test_a_point_that_does_not_fit_the_cell_is_refused(h, x, message):
    cell = rnn()
    for ask in (
        cell.jacobian,
        cell.input_jacobian,
        lambda h, x: cell.tangent(h, x, np.zeros(3)),
        lambda h, x: cell.cotangent(h, x, np.zeros(3)),
    ):
        with pytest.raises(InputError) as caught:
            ask(h, x)
        assert str(caught.value) == message


def test_lists_of_integers_are_points_too():
    cell = rnn(W_hh=[[1, 2, 0], [0, 1, 0], [0, 0, 1]], activation="identity")
    assert cell.jacobian([1, 2, 3], [0, 0]).tolist() == cell.W_hh.tolist()
    assert cell.tangent([1, 2, 3], [0, 0], [0, 1, 0]).tolist() == [2.0, 1.0, 0.0]
    assert cell.cotangent([1, 2, 3], [0, 0], [1, 0, 0]).state.tolist() == [1, 2, 0]


LIMITS = {"tanh": (0.0, 0.0), "sigmoid": (0.0, 0.0), "relu": (1.0, 0.0)}


@pytest.mark.parametrize("activation", LIMITS)
def test_preactivations_beyond_float64_have_the_slopes_of_the_limits(activation):
    # ±2 · 1.5e308; a warning would be an error here.
    W = np.array([[1.5e308, 1.5e308], [-1.5e308, -1.5e308]])
    cell = RNN(W, np.zeros((2, 0)), np.zeros(2), activation=activation)
    J = cell.slopes(np.ones((3, 2)), np.zeros((3, 0)))
    above, below = LIMITS[activation]
    assert J.dense().tolist() == [(np.diag([above, below]) @ W).tolist()] * 3


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_gates_beyond_float64_are_shut_or_open(kind):
    rows = 2 * (4 if kind is LSTM else 3)
    W = np.full((rows, 2), 1.5e308)
    W[-2:] = 0.0  # of an LSTM o, of a GRU the part that the reset gate multiplies
    biases = [np.zeros(rows)] * (1 if kind is LSTM else 2)
    cell = kind(W, np.zeros((rows, 0)), *biases)
    J = cell.jacobian(np.ones(cell.sizes[0]), np.zeros(0))
    # c' = c + 1, h' = tanh(c')/2: what is left is ∂/∂c.  A GRU with z = 1 keeps h.
    half = 0.5 / np.cosh(2.0) ** 2
    expected = np.eye(2)
    if kind is LSTM:
        expected = np.block(
            [[np.zeros((2, 2)), half * np.eye(2)], [np.zeros((2, 2)), np.eye(2)]]
        )
    np.testing.assert_allclose(J, expected, rtol=1e-15)
