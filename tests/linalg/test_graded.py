"""The parts of a graded product: its SVD, its frames, and what is at their edges."""

import math

import numpy as np
import pytest

from gradlab.errors import ConvergenceError
from gradlab.linalg import _graded_svd, graded_product, log_singular_values, orthogonal
from gradlab.linalg._graded_svd import graded_log_singular_values
from gradlab.linalg._weighted import (
    add_logs,
    log_of_product,
    weighted_elimination,
    weighted_triangle,
)
from tests.linalg.families import FAMILIES
from tests.oracles.products import log_singular_values as exact_log_singular_values


def test_weights_of_any_range_are_singular_values_of_a_diagonal(rng):
    s = np.sort(rng.uniform(-1e5, 1e5, 30))[::-1]
    Q = orthogonal(30, gain=1.0, rng=rng)
    # Rows of an orthogonal matrix times weights have exactly those singular values;
    # the spacing of float64 at 1e5 is 1.5e-11.
    np.testing.assert_allclose(graded_log_singular_values(s, Q), s, rtol=0, atol=1e-10)


def test_a_chain_of_coupled_values_wider_than_float64(rng):
    # Gaps of 3 nats couple all neighbours over 750 nats: turns go on until they do not.
    s, n = -3.0 * np.arange(250.0), 250
    V = np.eye(n) + 0.5 * np.tri(n, n, -1) * (rng.random((n, n)) < 0.02)
    found = graded_log_singular_values(s, V)
    # det V = 1.
    assert found.sum() == pytest.approx(s.sum(), rel=1e-12)
    top = np.linalg.svd(np.exp(s[:60])[:, None] * V[:60], compute_uv=False)[:5]
    np.testing.assert_allclose(found[:5], np.log(top), rtol=0, atol=1e-12)


def test_one_row(rng):
    v = rng.standard_normal((1, 4))
    found = graded_log_singular_values(np.array([700.0]), v)
    assert found[0] == pytest.approx(700 + math.log(np.linalg.norm(v)), rel=1e-15)


def test_complex_values_come_once_each(rng):
    A = rng.standard_normal((5, 5)) + 1j * rng.standard_normal((5, 5))
    s = -np.arange(5.0)
    expected = np.linalg.svd(np.exp(s)[:, None] * A, compute_uv=False)
    np.testing.assert_allclose(
        graded_log_singular_values(s, A), np.log(expected), rtol=0, atol=1e-13
    )


def test_jacobi_that_does_not_converge_says_so(monkeypatch, rng):
    def stopped(A, **options):
        return np.ones(len(A)), None, None, np.ones(7), None, 1

    monkeypatch.setattr(_graded_svd, "dgejsv", stopped)
    with pytest.raises(ConvergenceError, match="one-sided Jacobi did not converge"):
        graded_log_singular_values(np.zeros(3), rng.standard_normal((3, 3)))


def test_a_million_small_terms_lose_nothing():
    high, low = np.array([1e6]), np.zeros(1)
    for _ in range(10_000):
        high, low = add_logs(high, low, np.array([1e-10]))
    # Each term is below the spacing of float64 at 1e6, 1.2e-10.
    assert math.fsum([high[0], low[0], -1e6]) == pytest.approx(1e-6, rel=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e-38, 1e-36, 3.0, 1e36, 1e38, 1e300])
def test_logs_of_products_that_are_no_floats(size):
    values = size * np.ones((19, 2)) * [1.0, -2.0]
    # Nineteen logs right to half an ulp of 691 each, and products of eight.
    np.testing.assert_allclose(
        log_of_product(values), 19 * np.log([size, 2 * size]), rtol=1e-15
    )


def test_a_zero_among_logs_is_minus_infinity():
    values = np.array([[2.0, 0.0], [3.0, 0.0], [0.5, 1.0]])
    found = log_of_product(values)
    assert found[0] == pytest.approx(math.log(3.0), rel=1e-15)
    assert np.isneginf(found[1])


def test_weighted_triangle_where_the_ratio_is_known_and_the_sizes_are_not():
    U = np.array([[2.0, 1.0], [0.0, -4.0]])
    s = np.array([1000.0, 990.0])
    W = weighted_triangle(U, s, np.log([2.0, 4.0]))
    np.testing.assert_allclose(W, [[1.0, 0.5 * math.exp(-10)], [0.0, -1.0]], rtol=1e-13)


def test_elimination_stops_where_nothing_is_left():
    M = np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 0.0]])
    L, logs, chosen, W = weighted_elimination(M, np.zeros(3), 3)
    assert L.shape == (3, 1)
    assert chosen.tolist() == [1]
    np.testing.assert_allclose(L @ (np.exp(logs)[:, None] * W), M, rtol=1e-15)


@pytest.mark.parametrize("n", [3, 20])
def test_pivots_that_cancel_to_zero_without_being_zero(n):
    # The last two rows of float64's elimination cancel exactly; det is 1, not 0.
    a = 2.0**27
    A = np.eye(n)
    A[:2, :2] = [[a, a + 1], [a - 1, a]]
    product = graded_product([A])
    assert product.rank == n
    assert product.log_abs_det == pytest.approx(0.0, abs=1e-12)
    values = product.log_singular_values()
    assert values[-1] == pytest.approx(-math.log(2 * a), rel=1e-12)


def test_low_rank_factors_in_floats_are_not_singular(rng):
    # U V' in float64 has full rank with probability one: the rounding of its entries.
    W = rng.standard_normal((20, 3)) @ rng.standard_normal((3, 20))
    product = graded_product([W] * 3)
    assert product.rank == 20
    top = 3 * np.log(np.linalg.svd(W, compute_uv=False)[:3])
    assert np.abs(product.log_singular_values()[:3] - top).max() < 5
    assert product.log_singular_values()[3] < -60


def test_singular_factors_above_the_size_of_exact_steps(rng):
    chain = rng.standard_normal((12, 20, 20))
    chain[9, 4] = 2 * chain[9, 5]
    product = graded_product(chain)
    assert product.rank == 19
    P = np.linalg.multi_dot(chain[::-1])
    top = np.log(np.linalg.svd(P, compute_uv=False)[:5])
    np.testing.assert_allclose(product.log_singular_values()[:5], top, atol=1e-9)


def test_singular_complex_factors():
    A = np.array([[1.0, 1j], [1j, -1.0]])
    values = log_singular_values([A, np.eye(2), A.conj()])
    # A has the singular values 2, 0, and A* A the values 4, 0.
    assert values[0] == pytest.approx(math.log(4), rel=1e-15)
    assert values[1] == -math.inf


def test_real_factors_followed_by_complex_ones():
    chain = FAMILIES["gaussian"](3, 10, np.random.default_rng(0))
    turned = graded_product(chain).after([1j * np.eye(3)])
    np.testing.assert_allclose(
        turned.log_singular_values(), log_singular_values(chain), rtol=0, atol=1e-12
    )


def test_powers_of_a_badly_conditioned_similarity():
    # V grows skew at first: A = S diag(1, 1/2, 1/4) S^-1 with entries of S^-1 near 1e4.
    S = np.array([[1.0, 1.0, 0.0], [0.0, 2.0**-14, 1.0], [0.0, 0.0, 2.0**-14]])
    A = S @ np.diag([1.0, 0.5, 0.25]) @ np.linalg.inv(S)
    for T in (5, 200):
        exact = exact_log_singular_values([A] * T)
        # cond(A) of about 1e8 is lost once, not T times, where the frame has settled.
        np.testing.assert_allclose(
            log_singular_values([A] * T), exact, rtol=0, atol=1e-6
        )


def test_weights_that_thaw():
    # 40 steps separate the directions by 240 nats, the next 60 bring them together.
    apart, together = np.diag([math.exp(3), math.exp(-3)]), np.diag([0.05, 20.0])
    chain = [apart] * 40 + [together] * 60
    values = log_singular_values(chain)
    first = 120 + 60 * math.log(0.05)
    np.testing.assert_allclose(
        values, [-first, first] if first < 0 else [first, -first]
    )


def test_frozen_weights_that_a_rotation_mixes():
    # After the freeze one factor turns the plane, and the order must be found again.
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    apart = np.diag([8.0, 0.125])
    for chain in (
        [apart] * 64 + [turn] + [apart] * 64,
        [apart] * 64 + [turn[::-1]] * 3,
    ):
        exact = exact_log_singular_values(np.array(chain))
        np.testing.assert_allclose(
            log_singular_values(chain), exact, rtol=0, atol=1e-10
        )
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    # diag(8, 1/8)^60 after a swap undoes the 60 before it.
    undone = log_singular_values([apart] * 60 + [swap] + [apart] * 60)
    np.testing.assert_allclose(undone, [0.0, 0.0], rtol=0, atol=1e-11)
