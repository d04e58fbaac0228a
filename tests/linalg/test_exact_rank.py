"""Ranks in finite fields and pivots in integers, against exact rational arithmetic."""

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.linalg import gaussian
from gradlab.linalg._exact_elimination import exact_elimination
from gradlab.linalg._weighted import weighted_elimination
from gradlab.linalg.exact_rank import ImageBasis, singular_factors

SMALL = st.integers(-2, 2)


def rational_rank(A):
    rows = [
        [flint.fmpq(*entry.as_integer_ratio()) for entry in row] for row in A.tolist()
    ]
    return flint.fmpq_mat(rows).rank()


def integer_matrices(n):
    return st.lists(st.lists(SMALL, min_size=n, max_size=n), min_size=n, max_size=n)


@given(st.lists(integer_matrices(3), min_size=1, max_size=6))
def test_rank_of_a_product(members):
    stack = np.array(members, dtype=float)
    image, P = ImageBasis(3), np.eye(3)
    for J in stack:
        image.advance(J[None])
        P = J @ P  # integers below 10^6: exact
        assert image.rank() == rational_rank(P)
    assert singular_factors(stack).tolist() == [rational_rank(J) < 3 for J in stack]


def test_waiting_factors_are_multiplied_in_order(rng):
    stack = rng.integers(-1, 2, (700, 4, 4)).astype(float) + np.eye(4)
    stack[650] = np.diag([1.0, 0.0, 1.0, 0.0])
    at_once, one_by_one = ImageBasis(4), ImageBasis(4)
    at_once.advance(stack)
    for J in stack:
        one_by_one.advance(J[None])
    assert at_once.rank() == one_by_one.rank() == at_once.copy().rank() <= 2


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 2.0**-700, 1.0, 2.0**900])
def test_any_exponent_has_an_image(scale):
    stack = scale * np.array([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 2.0], [2.0, 3.0]]])
    assert singular_factors(stack).tolist() == [True, False]


def test_floats_that_look_singular_are_told_apart():
    # 0.1 · 0.9 and 0.3 · 0.3 differ in these floats, 0.1 · 0.8 and 0.2 · 0.4 do not.
    near, exact = np.array([[[0.1, 0.3], [0.3, 0.9]], [[0.1, 0.2], [0.4, 0.8]]])
    assert [rational_rank(near), rational_rank(exact)] == [2, 1]
    assert singular_factors(np.array([near, exact])).tolist() == [False, True]


def test_complex_matrices():
    singular = np.array([[1.0, 1j], [1j, -1.0]])
    regular = np.array([[1.0, 1j], [1j, 1.0]])
    assert singular_factors(np.array([singular, regular])).tolist() == [True, False]


def test_duplicate_rows_in_a_large_matrix(rng):
    stack = rng.standard_normal((2, 40, 40))
    stack[1, 17] = stack[1, 3]
    assert singular_factors(stack).tolist() == [False, True]


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_exact_elimination_agrees_where_float64_is_enough(seed, n):
    rng = np.random.default_rng(seed)
    J, frame = gaussian(n, gain=1.0, rng=rng), rng.uniform(-1, 1, (n, n))
    weights = -3.0 * np.arange(n)
    exact = exact_elimination(J, frame, weights)
    rounded = weighted_elimination(J @ frame, weights, n)
    L, logs, chosen, W = exact
    assert np.abs(L).max() <= 1.0
    assert np.abs(W).max() <= 1.0 + 1e-15
    rebuilt = L @ (np.exp(logs + weights[chosen])[:, None] * W)
    size = np.abs(J) @ np.abs(frame) * np.exp(weights)
    # Both |L| and |W| are at most 1 and n <= 6 terms are added: a few tens of eps.
    assert (np.abs(rebuilt - J @ frame * np.exp(weights)) <= 1e-13 * size.max()).all()
    assert chosen.tolist() == rounded[2].tolist()
