"""Wrapped: given and measured Jacobians agree; a bad function is named."""

import math

import numpy as np
import pytest

from gradlab.algebra.symbols import SYMBOLS, symbols
from gradlab.cells import RNN, Wrapped
from gradlab.errors import InputError, InputTypeError, ShapeError

W = np.array([[0.5, -1.5], [1.0, 0.3]])
V = np.array([[1.0], [2.0]])
H, X = np.array([0.4, -0.7]), np.array([0.2])


def smooth(h, x):
    return np.tanh(W @ h + V @ x)


def scalar(h, x):
    return np.array([math.tanh(sum(row * h) + v[0] * x[0]) for row, v in zip(W, V)])  # noqa: B905


def folded(h, x):
    return np.abs(W @ h + V @ x)


def casting(h, x):
    out = np.empty(2)
    out[:] = W @ h + V @ x
    return out


def stated(h, x):
    return np.diag(1 - smooth(h, x) ** 2) @ W


@pytest.mark.parametrize("derivative", ["auto", "complex"])
def test_the_complex_step_is_right_to_rounding(derivative):
    cell = Wrapped(smooth, n=2, m=1, derivative=derivative)
    twin = RNN(W, V, np.zeros(2))
    np.testing.assert_allclose(cell.jacobian(H, X), twin.jacobian(H, X), rtol=1e-15)
    np.testing.assert_allclose(
        cell.input_jacobian(H, X), twin.input_jacobian(H, X), rtol=1e-15
    )


@pytest.mark.parametrize(
    ("function", "truth"),
    [
        (smooth, stated(H, X)),
        (scalar, stated(H, X)),
        (folded, np.sign(W @ H + V @ X)[:, None] * W),
        (casting, W),
    ],
)
@pytest.mark.parametrize("derivative", ["auto", "central"])
def test_functions_that_are_not_analytic_fall_back_on_central_differences(
    function, truth, derivative
):
    J = Wrapped(function, n=2, m=1, derivative=derivative).jacobian(H, X)
    # Rounding 1e-16 over steps of 2⁻¹⁷ is 3e-11, as much as δ²/6 times a third
    # derivative of order one.
    np.testing.assert_allclose(J, truth, atol=1e-10)


def test_trusting_the_complex_step_where_it_is_wrong_is_what_auto_avoids():
    assert (Wrapped(folded, n=2, m=1, derivative="complex").jacobian(H, X) == 0).all()


def test_a_complex_step_that_loses_its_imaginary_part_is_an_error():
    cell = Wrapped(casting, n=2, m=1, derivative="complex")
    with pytest.raises(InputError, match="`casting` raised ComplexWarning"):
        cell.jacobian(H, X)


def test_given_jacobians_are_used():
    cell = Wrapped(smooth, lambda h, x: 2 * stated(h, x), n=2, m=1)
    np.testing.assert_array_equal(cell.jacobian(H, X), 2 * stated(H, X))
    cell = Wrapped(smooth, n=2, m=1, input_jacobian=lambda h, x: [[1], [0]])
    np.testing.assert_array_equal(cell.input_jacobian(H, X), [[1.0], [0.0]])


def test_one_input_may_serve_a_stack_of_states():
    cell = Wrapped(smooth, n=2, m=1)
    stack = np.array([H, 2 * H, 3 * H])
    together = cell.step(stack, X)
    np.testing.assert_array_equal(together[1], cell.step(2 * H, X))
    assert cell.jacobian(np.empty((0, 2)), np.empty((0, 1))).shape == (0, 2, 2)


def test_a_function_of_plus_and_times_alone_runs_as_a_formula():
    cell = Wrapped(lambda h, x: 2 * h * (1 - h), n=1)
    formula = cell.step(symbols("h", 1), np.zeros(0), SYMBOLS)
    assert str(formula[0]) == "2*h_1*(1 - h_1)"


def test_integer_results_are_numbers():
    cell = Wrapped(lambda h, x: [1, 2], n=2)
    assert cell.step(H, np.zeros(0)).dtype == float


def narrow(h, x):
    return h[:1]


def broken(h, x):
    raise ZeroDivisionError


def overwriting(h, x):
    h *= 0.5
    return h


def turned(h, x):
    return 1j * h


def words(h, x):
    return ["a", "b"]


def scaled(h, x):
    return 2 * h


def flat(h, x):
    return h


CASES = [
    (narrow, ShapeError, "`narrow(h, x)` must have shape (2,); got (1,)."),
    (broken, InputError, "`broken` raised ZeroDivisionError."),
    (
        turned,
        InputTypeError,
        "`turned(h, x)` must be real; got dtype complex128.",
    ),
    (words, InputTypeError, "`words(h, x)` must be real; got dtype <U1."),
]


@pytest.mark.parametrize(("function", "error", "message"), CASES)
def test_a_bad_function_is_named(function, error, message):
    with pytest.raises(error) as caught:
        Wrapped(function, n=2).step(H, np.zeros(0))
    assert str(caught.value) == message


def test_a_bad_function_is_named_with_the_place_in_a_stack():
    cell = Wrapped(narrow, n=2)
    with pytest.raises(ShapeError) as caught:
        cell.step(np.zeros((3, 2)), np.zeros((3, 0)))
    expected = "`narrow(h, x)` must have shape (2,); got (1,) at index (0,)."
    assert str(caught.value) == expected


def test_a_function_cannot_change_the_state_it_is_given():
    h = H.copy()
    with pytest.raises(InputError) as caught:
        Wrapped(overwriting, n=2).step(h, np.zeros(0))
    assert str(caught.value).startswith("`overwriting` raised ValueError: ")
    assert str(caught.value).endswith("A step must not change its arguments.")
    np.testing.assert_array_equal(h, H)


def test_what_a_function_returns_is_not_the_state_itself():
    h = H.copy()
    out = Wrapped(flat, n=2).step(h, np.zeros(0))
    out[0] = 9.0
    np.testing.assert_array_equal(h, H)


def test_a_jacobian_of_the_wrong_shape_is_named():
    with pytest.raises(ShapeError) as caught:
        Wrapped(scaled, flat, n=2).jacobian(H, np.zeros(0))
    assert str(caught.value) == "`flat(h, x)` must have shape (2, 2); got (2,)."


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"step": 3}, InputTypeError, "`step` must be a function of (h, x); got 3."),
        (
            {"jacobian": np.eye(2).tolist()},
            InputTypeError,
            "`jacobian` must be a function of (h, x); got [[1.0, 0.0], [0.0, 1.0]].",
        ),
        ({"n": 0}, InputError, "`n` must be an integer >= 1; got 0."),
        ({"m": 1.0}, InputTypeError, "`m` must be an integer >= 0; got 1.0."),
        (
            {"derivative": "adjoint"},
            InputError,
            "`derivative` must be one of 'auto', 'complex', 'central'; got 'adjoint'.",
        ),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error) as caught:
        Wrapped(**({"step": scaled, "n": 2} | arguments))
    assert str(caught.value) == message


@pytest.mark.parametrize("size", [1e-30, 1e-9, 1e9])
def test_auto_sees_a_wrong_complex_step_at_any_size(size):
    cell = Wrapped(lambda h, x: size * np.abs(h), n=2)
    J = cell.jacobian(np.array([1, -1]), np.zeros(0))
    np.testing.assert_allclose(J, size * np.diag([1.0, -1.0]), rtol=1e-10)


def test_batched_functions_are_called_once_for_all_states(rng):
    calls = []

    def step(h, x):
        calls.append(h.shape)
        return np.tanh(2 * h) + x

    def jacobian(h, x):
        return 2 * (1 / np.cosh(2 * h) ** 2)[..., None] * np.eye(3)

    def by_input(h, x):
        return np.broadcast_to(np.eye(3), (*h.shape, 3))

    given = {"n": 3, "m": 3, "input_jacobian": by_input}
    cell = Wrapped(step, jacobian, batched=True, **given)
    alone = Wrapped(step, jacobian, **given)
    h, x = rng.normal(size=(2, 4, 5, 3))
    for name in ("step", "jacobian", "input_jacobian"):
        calls.clear()
        together = getattr(cell, name)(h, x)
        assert calls == ([(4, 5, 3)] if name == "step" else [])
        np.testing.assert_array_equal(together, getattr(alone, name)(h, x))
    with pytest.raises(InputError, match="`batched` needs `jacobian`"):
        Wrapped(step, n=3, m=3, batched=True)
    with pytest.raises(ShapeError, match=r"must have shape \(4, 5, 3\)"):
        Wrapped(lambda h, x: h[..., :1], jacobian, batched=True, **given).step(h, x)
