"""Singular factors: −inf exactly where it is the truth, the rest right, no warnings."""

import math

import numpy as np
import pytest

from gradlab.linalg import (
    block_log_growths,
    graded_product,
    log_singular_values,
    orthogonal,
)

INF = math.inf
NILPOTENT = np.diag(np.ones(3), 1)


def test_a_zero_factor_ends_everything():
    chain = [np.eye(3), np.zeros((3, 3)), np.eye(3)]
    product = graded_product(chain)
    assert product.rank == 0
    assert product.log_norm == product.log_abs_det == -INF
    assert product.log_singular_values().tolist() == [-INF] * 3
    assert not product.scaled().mantissa.any()
    assert product.after([np.eye(3)]).steps == 4


@pytest.mark.parametrize("T", range(1, 6))
def test_nilpotent_products(T):
    values = log_singular_values([NILPOTENT] * T)
    assert values.tolist() == [0.0] * max(4 - T, 0) + [-INF] * min(T, 4)


def test_a_hidden_nilpotent_product():
    # Every factor has rank 2, their product rank 1, 0: in a basis of small integers.
    S = np.array([[1.0, 2.0, 1.0], [0.0, 1.0, 3.0], [0.0, 0.0, 1.0]])
    S_inverse = np.array([[1.0, -2.0, 5.0], [0.0, 1.0, -3.0], [0.0, 0.0, 1.0]])
    N = S @ np.diag([1.0, 1.0], 1) @ S_inverse
    ranks = [graded_product([N] * T).rank for T in range(1, 4)]
    assert ranks == [2, 1, 0]


def test_rank_one_factors():
    values = log_singular_values([np.ones((2, 2))] * 5)
    assert values[0] == pytest.approx(5 * math.log(2.0), rel=1e-15)
    assert values[1] == -INF  # QR says −35.4 more than the truth allows


def test_a_singular_matrix_of_integers():
    A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    values = log_singular_values([A])
    # A Aᵀ has trace 285 and second symmetric function 324 [exact integers].
    squares = np.roots([1.0, -285.0, 324.0])
    np.testing.assert_allclose(values[:2], np.log(squares) / 2, rtol=0, atol=1e-14)
    assert values[2] == -INF


@pytest.mark.parametrize("step", [0, 7, 19])
def test_one_singular_factor_takes_one_from_the_rank(step, rng):
    chain = rng.standard_normal((20, 3, 3))
    chain[step] = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    ranks = [graded_product(chain[:T]).rank for T in range(21)]
    assert ranks == [3] * (step + 1) + [2] * (20 - step)
    assert np.isneginf(log_singular_values(chain)).tolist() == [False, False, True]


def test_garbage_of_a_singular_factor_does_not_overtake():
    # The first factor has rank 2 and leaves 1e-16 in the third direction; the second
    # shrinks the second direction far below that.
    rng = np.random.default_rng(2)
    Q = orthogonal(3, gain=1.0, rng=rng)
    A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]])
    D = np.diag([1.0, 1e-60, 1.0])
    values = log_singular_values([A, D @ Q])
    assert graded_product([A, D @ Q]).rank == 2
    U, sizes, _ = np.linalg.svd(A)
    plane = (D @ Q) @ (U[:, :2] * sizes[:2])
    assert values[2] == -INF
    # sigma_1 sigma_2 is the area that D Q leaves of the plane of A.
    minors = [np.linalg.det(plane[[i, j]]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert values[:2].sum() == pytest.approx(math.log(np.linalg.norm(minors)), abs=1e-9)


@pytest.mark.parametrize("axis", [0, 1])
def test_zero_rows_and_columns(axis, rng):
    chain = rng.standard_normal((20, 4, 4))
    index = [slice(None)] * 3
    index[axis + 1] = 2
    chain[(slice(5, 6), *index[1:])] = 0.0
    values = log_singular_values(chain)
    assert np.isneginf(values).tolist() == [False, False, False, True]
    # Leave the coordinate out of the two factors around it: the same product.
    U, sizes, V = np.linalg.svd(chain[5])
    shorter = np.linalg.multi_dot(chain[4::-1])
    longer = np.linalg.multi_dot(chain[:5:-1])
    P = longer @ (U[:, :3] * sizes[:3]) @ V[:3] @ shorter
    exact = np.linalg.svd(P, compute_uv=False)[:1]
    assert values[0] == pytest.approx(math.log(exact[0]), abs=1e-10)


def test_relu_masks(rng):
    W = rng.standard_normal((8, 8))
    masks = rng.random((30, 8)) < 0.7
    chain = masks[:, :, None] * W
    product = graded_product(chain)
    ranks = [graded_product(chain[:T]).rank for T in range(1, 31)]
    assert product.rank == ranks[-1] <= masks.sum(axis=1).min()
    assert (np.diff(ranks) <= 0).all()
    assert np.isfinite(product.log_singular_values()[: product.rank]).all()


def test_jordan_block_past_underflow():
    J = 0.5 * np.eye(2) + np.diag([1.0], 1)
    k = 1075
    # J^k = 2^-k [[1, 2k], [0, 1]].
    top = math.asinh(k)
    np.testing.assert_allclose(
        log_singular_values([J] * k),
        [-k * math.log(2) + top, -k * math.log(2) - top],
        rtol=0,
        atol=1e-10,
    )


@pytest.mark.parametrize("size", [1e-310, 1e-300, 1e200, 1.7e308])
def test_sizes_at_the_ends_of_float64(size):
    chain = np.full((3, 2, 2), size) * np.array([[1.0, 0.5], [0.25, -1.0]])
    expected = log_singular_values([[[1.0, 0.5], [0.25, -1.0]]] * 3)
    # 1e-310 is subnormal: its quarter is rounded to 1e-14.
    atol = 1e-12 if size > 1e-307 else 1e-12 * 10
    np.testing.assert_allclose(
        log_singular_values(chain), expected + 3 * math.log(size), rtol=0, atol=atol
    )


def test_both_ends_in_one_factor():
    values = log_singular_values([np.diag([1e300, 1e-300])] * 4)
    np.testing.assert_allclose(
        values, np.array([1200, -1200]) * math.log(10), rtol=1e-15
    )


def test_huge_entries_that_cancel_to_nothing():
    A = np.array([[1e200, -1e200], [1e200, -1e200]])
    assert log_singular_values([A, A]).tolist() == [-INF, -INF]
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    D = np.diag([1e300, 0.0])
    values = log_singular_values([swap, D, D])
    assert values[0] == pytest.approx(600 * math.log(10), rel=1e-15)
    assert values[1] == -INF


def test_growth_of_a_flag_that_loses_a_direction():
    growths = block_log_growths([np.ones((2, 2))] * 5, block=2)
    assert growths[:, 1].tolist() == [-INF] * 3
    assert growths[:, 0].sum() == pytest.approx(4.5 * math.log(2), rel=1e-15)


def test_growth_goes_on_without_the_lost_direction():
    lost = np.diag([2.0, 0.0, 0.5])
    growths = block_log_growths([lost] * 6, block=3)
    expected = [3 * math.log(2), -INF, -3 * math.log(2)]
    np.testing.assert_allclose(growths, [expected] * 2, rtol=1e-14)


def test_growth_of_rank_one_mixtures():
    chain = np.array([[[1.0, 1.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]])
    choice = np.random.default_rng(0).integers(0, 2, 4000)
    growths = block_log_growths(chain[choice], block=40) / 40
    # λ = p² Σ (1−p)^k ln(k + 2) at p = ½.
    stderr = growths[:, 0].std(ddof=1) / 10
    assert abs(growths[:, 0].mean() - 0.5078339228684384) < 4 * stderr
    assert np.isneginf(growths[1:, 1]).all()
