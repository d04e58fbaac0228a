"""Growth of a flag: blocks, frames, iterables, and what no block length changes."""

import itertools
import math

import numpy as np
import pytest

from gradlab.errors import LostDigitsWarning
from gradlab.linalg import block_log_growths, graded_product, orthogonal
from tests.linalg.families import FAMILIES, upper_triangular
from tests.oracles.products import log_growths


def test_the_last_block_may_be_shorter():
    growths = block_log_growths([np.diag([3.0, 1.0])] * 7, block=3)
    np.testing.assert_allclose(growths[:, 0], np.array([3, 3, 1]) * math.log(3))
    assert block_log_growths(np.zeros((0, 2, 2)), block=3).shape == (0, 2)


@pytest.mark.parametrize("block", [1, 7, 64, 10_000])
def test_block_lengths_do_not_change_the_total(block):
    chain = FAMILIES["tanh, gain 8"](6, 100, np.random.default_rng(1))
    frame = orthogonal(6, gain=1.0, rng=2)
    whole = block_log_growths(chain, block=100, frame=frame).sum(axis=0)
    parts = block_log_growths(chain, block=block, frame=frame).sum(axis=0)
    # Sums of some hundred numbers up to 20, each rounded once.
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-10)


def test_a_constant_matrix_gives_its_eigenvalues():
    cat = np.array([[2.0, 1.0], [1.0, 1.0]])
    frame = orthogonal(2, gain=1.0, rng=0)
    growths = block_log_growths(itertools.repeat(cat, 2000), block=1000, frame=frame)
    top = math.log((3 + math.sqrt(5)) / 2)
    np.testing.assert_allclose(growths[1] / 1000, [top, -top], rtol=1e-12)


def test_thin_frames_follow_the_leading_directions():
    chain = FAMILIES["gaussian"](7, 80, np.random.default_rng(3))
    frame = orthogonal(7, gain=1.0, rng=4)
    whole = block_log_growths(chain, block=20, frame=frame)
    for k in (1, 3, 6):
        thin = block_log_growths(chain, block=20, frame=frame[:, :k])
        np.testing.assert_allclose(thin, whole[:, :k], rtol=0, atol=1e-12)
    named = block_log_growths(chain, block=20, k=2)
    plain = block_log_growths(chain, block=20, frame=np.eye(7)[:, :2])
    assert np.array_equal(named, plain)


def test_start_columns_need_not_be_orthonormal():
    chain = FAMILIES["gaussian"](4, 30, np.random.default_rng(5))
    Q = orthogonal(4, gain=1.0, rng=6)
    skewed = Q @ np.triu(np.ones((4, 4)))
    np.testing.assert_allclose(
        block_log_growths(chain, block=10, frame=skewed),
        block_log_growths(chain, block=10, frame=Q),
        rtol=0,
        atol=1e-12,
    )


def test_triangular_factors_show_their_diagonals():
    chain = upper_triangular(5, 300, np.random.default_rng(7))
    growths = block_log_growths(chain, block=300)
    # Upper triangles keep the flag of the identity: r_ii is the diagonal itself.
    np.testing.assert_allclose(
        growths, np.full((1, 5), 300 * math.log(0.9)), atol=1e-11
    )


@pytest.mark.parametrize("k", [1, 3])
def test_singular_factors_in_the_middle(engine, k):
    rng = np.random.default_rng(8)
    chain = rng.standard_normal((40, 3, 3))
    chain[11] = np.outer([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    growths = block_log_growths(
        chain, block=10, frame=orthogonal(3, gain=1.0, rng=9)[:, :k], engine=engine
    )
    assert np.isfinite(growths[0]).all()
    assert np.isfinite(growths[:, 0]).all()
    assert np.isneginf(growths[1:, 1:]).all()
    v = orthogonal(3, gain=1.0, rng=9)[:, 0]
    total = 0.0
    for J in chain:
        v = J @ v
        total += math.log(np.linalg.norm(v))
        v /= np.linalg.norm(v)
    assert growths[:, 0].sum() == pytest.approx(total, abs=1e-11)


def test_a_dependent_column_dies_and_the_next_goes_on(engine):
    # The second column follows the first after this factor; the third does not.
    chain = np.array(
        [[[1.0, 2.0, 0.0], [3.0, 6.0, 0.0], [0.0, 0.0, 0.5]], 2 * np.eye(3)]
    )
    growths = block_log_growths(chain, block=1, engine=engine)
    top = math.log(math.sqrt(10))
    np.testing.assert_allclose(growths[0], [top, -math.inf, math.log(0.5)], atol=1e-14)
    np.testing.assert_allclose(growths[1], [math.log(2), -math.inf, math.log(2)])


def test_everything_dies(engine):
    growths = block_log_growths(
        [np.eye(2), np.zeros((2, 2)), np.eye(2)], block=1, engine=engine
    )
    assert growths.tolist() == [[0.0, 0.0], [-math.inf] * 2, [-math.inf] * 2]


def test_nearly_parallel_rows_are_told_apart(engine):
    a = 1e8
    growths = block_log_growths([[[a, a + 1], [a - 1, a]]] * 5, block=5, engine=engine)
    assert growths.sum() == pytest.approx(0.0, abs=1e-12)  # det = 1


def test_complex_factors(engine):
    chain = FAMILIES["complex"](4, 25, np.random.default_rng(10))
    growths = block_log_growths(chain, block=25, engine=engine)
    Q, total = np.eye(4), 0.0
    for J in chain:
        Q, R = np.linalg.qr(J @ Q)
        total = total + np.log(np.abs(np.diag(R)))
    np.testing.assert_allclose(growths[0], total, rtol=0, atol=1e-12)


def test_where_partial_pivoting_fails(engine):
    # Wilkinson's matrix: elimination by rows doubles the last column at every step,
    # 2^59 in all, and would leave no digit.
    n = 60
    W = np.eye(n) - np.tri(n, n, -1)
    W[:, -1] = 1.0
    chain = [W, W.T] * 10
    Q, sums = np.eye(n), np.zeros(n)
    for J in chain:
        Q, R = np.linalg.qr(J @ Q)
        sums += np.log(np.abs(np.diag(R)))
    growths = block_log_growths(chain, block=7, engine=engine)
    # Perturbing the entries by 1e-15 moves the exact growths by 2e-7.
    np.testing.assert_allclose(growths.sum(axis=0), sums, rtol=0, atol=1e-6)
    product = graded_product(chain, engine=engine)
    assert product.log_abs_det == pytest.approx(sums.sum(), abs=1e-9)


def test_a_singular_factor_then_an_all_but_singular_one(engine):
    a = 1e8
    near = np.array([[a, a + 1, 0.0], [a - 1, a, 0.0], [0.0, 0.0, 1.0]])
    chain = [np.diag([1.0, 1.0, 0.0]), near, near]
    # A change of 1e-16 makes it singular; whole numbers save what is asked here.
    with pytest.warns(LostDigitsWarning):
        growths = block_log_growths(chain, block=3, engine=engine)
    assert growths[0, :2].sum() == pytest.approx(0.0, abs=1e-12)
    assert growths[0, 2] == -math.inf


def test_a_frame_that_loses_its_independence_without_growth(engine):
    # Unit lower triangles with |L^-1| = 2^38 each, whose LU is themselves.
    n = 40
    L = np.eye(n) - np.tri(n, n, -1)
    with pytest.warns(LostDigitsWarning) as warned:
        growths = block_log_growths([L] * 3, block=3, engine=engine)
    error = np.abs(growths[0] - log_growths([L] * 3, np.eye(n))).max()
    assert 1e-9 < error < warned[0].message.nats
    # det L = 1; the condition 2^38 of each factor costs 11 digits of its last pivot.
    assert growths.sum() == pytest.approx(0.0, abs=1e-3)
    assert graded_product([L] * 3, engine=engine).log_abs_det == pytest.approx(
        0.0, abs=1e-3
    )


def test_nothing_is_left_to_follow_after_a_dead_flag(engine):
    growths = block_log_growths(
        [np.zeros((2, 2)), np.eye(2)], block=1, k=1, engine=engine
    )
    assert growths.tolist() == [[-math.inf], [-math.inf]]
