"""Powers of singular matrices: −inf as often as directions are lost, the rest right."""

import math

import numpy as np
import pytest

from gradlab.exponents import lyapunov_spectrum

LN2 = math.log(2.0)
SINGULAR = {
    "zero": (np.zeros((2, 2)), [-math.inf] * 2),
    "nilpotent": ([[3.0, -9.0], [1.0, -3.0]], [-math.inf] * 2),
    "shift": (np.eye(3, k=1), [-math.inf] * 3),
    "zero row": ([[0.0, 0.0], [1.0, 2.0]], [LN2, -math.inf]),
    "zero column": ([[2.0, 0.0], [1.0, 0.0]], [LN2, -math.inf]),
    "rank one": (np.ones((2, 2)), [LN2, -math.inf]),  # plain QR says −35.4
    "one axis lost": (np.diag([0.5, 0.0, 2.0]), [LN2, -LN2, -math.inf]),
}


@pytest.mark.parametrize("k", [1, None])
@pytest.mark.parametrize("name", SINGULAR)
def test_powers_of_singular_matrices(name, k):
    A, exact = SINGULAR[name]
    # Burnt in until a frame in general position leads along the top axis, by 2⁻²⁰⁰.
    found = lyapunov_spectrum([A] * 164, burn_in=100, k=k).exponents
    np.testing.assert_allclose(found, exact[:k], rtol=1e-14, atol=0)
