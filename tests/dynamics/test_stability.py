"""Multipliers and how far a change of the matrix can move the largest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.dynamics.stability import Stability, multipliers, radius_error, stability


def test_multipliers_come_in_order_of_modulus_with_pairs_together(rng):
    for _ in range(20):
        found = multipliers(rng.normal(size=(7, 7)))
        assert (np.diff(np.abs(found)) <= 1e-12).all()
        pairs = found[found.imag != 0]
        np.testing.assert_array_equal(pairs[::2], pairs[1::2].conj())
        assert (pairs[::2].imag > 0).all()


@given(st.integers(1, 6), st.integers(0, 10**6), st.floats(-12, -1))
def test_a_changed_matrix_stays_within_the_error(n, seed, exponent):
    rng = np.random.default_rng(seed)
    kinds = [rng.normal(size=(n, n)), np.triu(rng.normal(size=(n, n)))]
    kinds.append(0.9 * np.eye(n) + np.eye(n, k=1))  # one Jordan block
    for P in kinds:
        D = rng.normal(size=(n, n))
        change = 10.0**exponent
        D *= change / np.linalg.norm(D, 2)
        moved = np.abs(np.linalg.eigvals(P + D)).max()
        assert abs(moved - np.abs(np.linalg.eigvals(P)).max()) <= radius_error(
            P, change
        )


def test_a_jordan_block_moves_by_a_root():
    """λ^n = δ: the eigenvalues of [[0, 1], [δ, 0]] are ±√δ."""
    J, delta = np.array([[0.0, 1.0], [0.0, 0.0]]), 1e-10
    assert np.sqrt(delta) <= radius_error(J, delta) <= 8 * np.sqrt(delta)


def test_a_normal_matrix_moves_by_no_more_than_a_few_changes():
    assert radius_error(np.diag([0.9, 0.1, -0.5]), 1e-6) <= 5.01e-6


def test_nothing_moves_nothing_and_anything_may_move_by_anything():
    assert radius_error(np.zeros((3, 3)), 0.0) == 0.0
    assert radius_error(np.eye(2), np.inf) == np.inf


@pytest.mark.parametrize(
    ("margin", "error", "verdict"),
    [
        (0.1, 0.05, Stability.STABLE),
        (-0.1, 0.05, Stability.UNSTABLE),
        (0.0, 0.0, Stability.UNDECIDED),
        (0.1, 0.1, Stability.UNDECIDED),
        (-0.1, np.inf, Stability.UNDECIDED),
        (0.1, np.nan, Stability.UNDECIDED),
    ],
)
def test_a_verdict_needs_more_margin_than_error(margin, error, verdict):
    assert stability(margin, error) is verdict
