"""What a stored step lacks of an exact one, beside mpmath at 60 digits."""

import mpmath
import numpy as np
import pytest

from gradlab.verified._ball_steps import step_defects

mpmath.mp.dps = 60
FUNCTIONS = {
    "tanh": (mpmath.tanh, lambda a: mpmath.sech(a) ** 2),
    "sigmoid": (
        lambda a: 1 / (1 + mpmath.exp(-a)),
        lambda a: mpmath.exp(-a) / (1 + mpmath.exp(-a)) ** 2,
    ),
    "identity": (lambda a: a, lambda a: mpmath.mpf(1)),
}


def exact_defects(name, weights, arguments, states, slopes):
    value, slope = FUNCTIONS[name]
    W, x = (mpmath.matrix(M.tolist()) for M in (weights, arguments))
    a = W * x
    n, T = states.shape
    for t in range(T):
        gaps = [value(a[i, t]) - mpmath.mpf(states[i, t]) for i in range(n)]
        yield (
            mpmath.sqrt(sum(gap**2 for gap in gaps)),
            max(abs(slope(a[i, t]) - mpmath.mpf(slopes[i, t])) for i in range(n)),
        )


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("size", [0.0, 1e-9, 0.25])
def test_defects_are_the_distances_from_an_exact_step(name, size):
    rng = np.random.default_rng(3)
    weights, arguments = rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    value, slope = FUNCTIONS[name]
    a = weights @ arguments
    states = np.vectorize(lambda x: float(value(x)))(a) + size * rng.normal(size=(3, 5))
    slopes = np.vectorize(lambda x: float(slope(x)))(a) + size * rng.normal(size=(3, 5))
    found = step_defects(name, weights, arguments, states, slopes)
    exact = exact_defects(name, weights, arguments, states, slopes)
    for gap, largest, (distance, most) in zip(*found, exact, strict=True):
        # 128 bits, of numbers near 1, and a float64 next above.
        assert distance <= gap <= distance * (1 + 1e-15) + 1e-37
        assert most <= largest <= most * (1 + 1e-15) + 1e-37


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_step_that_is_exact_lacks_nothing(name):
    value = {"tanh": 0.0, "sigmoid": 0.5, "identity": 0.0}[name]
    slope = {"tanh": 1.0, "sigmoid": 0.25, "identity": 1.0}[name]
    zeros = np.zeros((2, 3))
    found = step_defects(name, np.eye(2), zeros, zeros + value, zeros + slope)
    assert found == ([0.0] * 3, [0.0] * 3)
