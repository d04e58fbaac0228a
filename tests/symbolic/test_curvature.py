"""Second derivatives: of the Jacobian, in closed form, and sup|φ''|."""

import numpy as np
import pytest
import sympy
from flint import arb

from gradlab.algebra.balls import BALLS
from gradlab.algebra.symbols import SYMBOLS
from gradlab.cells import (
    ACTIVATIONS,
    GRU,
    LSTM,
    RNN,
    AbstractActivation,
    Henon,
    Linear,
    Logistic,
)
from gradlab.errors import InputError
from gradlab.symbolic import curvature, jacobian, largest_curvature
from gradlab.symbolic.enclosure import nearest_float
from tests.oracles.zero import vanishes

SMOOTH = [phi for phi in ACTIVATIONS if not phi.kinks]


def symbol(name):
    return sympy.Symbol(name, real=True)


def test_linear_cells_have_none():
    assert not np.any(curvature(Linear, 2, 1))


def test_the_maps_have_their_constants():
    assert curvature(Henon, 2, 0).tolist() == [
        [[-2 * symbol("a"), 0], [0, 0]],
        [[0, 0], [0, 0]],
    ]
    assert curvature(Logistic, 1, 0).tolist() == [[[-2 * symbol("r")]]]


def test_a_plain_rnn_has_the_second_slope_before_two_weights():
    """∂²h'_i/∂h_j∂h_k = φ''(a_i) W_ij W_ik with φ'' = −2 tanh (1 − tanh²)."""
    found = curvature(RNN, 2, 0)
    for i in range(2):
        W = [symbol(f"W_hh_{i + 1}_{j + 1}") for j in range(2)]
        h = [symbol(f"h_{j + 1}") for j in range(2)]
        value = sympy.tanh(W[0] * h[0] + W[1] * h[1] + symbol(f"b_h_{i + 1}"))
        for j in range(2):
            for k in range(2):
                stated = -2 * value * (1 - value**2) * W[j] * W[k]
                assert vanishes(found[i, j, k] - stated)


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_it_is_the_derivative_of_the_jacobian(kind):
    J, H = jacobian(kind, 1, 1), curvature(kind, 1, 1)
    h = [symbol(f"h_{i + 1}") for i in range(len(H))]
    for index in np.ndindex(H.shape):
        i, j, k = index
        assert vanishes(H[index] - J[i, j].diff(h[k]))
        assert H[i, j, k] == H[i, k, j]


def second_slope(phi):
    a = symbol("a")
    return a, phi.value(np.array([a], dtype=object), SYMBOLS)[0].diff(a, 2)


@pytest.mark.parametrize("phi", SMOOTH, ids=lambda phi: phi.name)
def test_the_largest_curvature_is_attained(phi):
    """At a zero of φ''' found on a grid: the largest |φ''| of 10⁵ points."""
    a, formula = second_slope(phi)
    evaluate = sympy.lambdify(a, formula, ["numpy", {"erf": np.vectorize(float)}])
    grid = np.linspace(-8, 8, 100_001)
    with np.errstate(over="ignore"):
        largest = np.abs(np.broadcast_to(evaluate(grid), grid.shape)).max()
    exact = (
        nearest_float(largest_curvature(phi))
        if phi.name != "erf"
        else float(largest_curvature(phi))
    )
    # The grid misses a maximum by at most its step, 1.6e-4, squared.
    assert largest <= exact * (1 + 1e-14)
    assert largest >= exact * (1 - 1e-7)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_the_largest_curvature_is_never_exceeded(name):
    """For all a, in balls: on 1000 pieces of [−8, 8], and by decay beyond."""
    exact = arb(nearest_float(largest_curvature(name))) + arb("1e-15")
    for k in range(-500, 500):
        piece = arb(k, 1) * arb("0.016") + arb("0.008")
        array = np.array([piece], dtype=object)
        v = (BALLS.tanh if name == "tanh" else BALLS.sigmoid)(array)[0]
        # −2 t (1 − t²), and s (1 − s)(1 − 2s): derivatives of the slope.
        second = -2 * v * (1 - v * v) if name == "tanh" else v * (1 - v) * (1 - 2 * v)
        assert not abs(second).lower() > exact


def test_a_kink_has_no_bound():
    for phi in ACTIVATIONS:
        if phi.kinks:
            assert largest_curvature(phi) == sympy.oo


@AbstractActivation.register
class Unknown:
    name, lipschitz, kinks = "unknown", 1.0, ()


def test_an_unknown_activation_is_refused():
    with pytest.raises(InputError, match=r"the largest curvature of .*Unknown"):
        largest_curvature(Unknown())
