"""Laws of log singular values of products, over chains on which products go wrong."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.linalg import (
    block_log_growths,
    graded_product,
    log_singular_values,
    orthogonal,
    running_log_singular_values,
)
from tests.linalg.families import FAMILIES
from tests.oracles.products import log_growths, log_singular_values_of_integers
from tests.oracles.products import log_singular_values as exact_log_singular_values

# Every ln σ here is a sum of some hundred logarithms of pivots with errors of a few eps
# times the condition of the frames (10 to 10^4): observed 1e-14 to 5e-11.
ACCURACY = 1e-10

SEEDS = st.integers(0, 2**32)


@pytest.fixture(params=FAMILIES, ids=str)
def chain(request):
    return FAMILIES[request.param](8, 60, np.random.default_rng(5))


def test_all_singular_values_are_those_of_the_exact_product(chain):
    exact = exact_log_singular_values(chain)
    np.testing.assert_allclose(log_singular_values(chain), exact, rtol=0, atol=ACCURACY)


@pytest.mark.parametrize("n", [2, 5, 10])  # registers, loops, blocks of columns
@pytest.mark.parametrize("family", FAMILIES)
def test_growths_are_those_of_the_exact_product(engine, family, n):
    for k in (n, n // 2):
        chain, frame, exact = chain_and_growths(family, n, k, 40)
        blocks = block_log_growths(chain, block=15, frame=frame, engine=engine)
        # Observed 3e-11 at gain 20, where QR at every step is off by 2e2; 5e-13 else.
        np.testing.assert_allclose(blocks.sum(axis=0), exact, rtol=0, atol=ACCURACY)


@pytest.mark.parametrize(
    "family", ["graded on both sides", "upper triangular", "tanh, gain 20"]
)
def test_growths_where_no_step_is_redone_in_whole_numbers(engine, family):
    # n > 16: what is right here is right by pivoting and by splitting off columns.
    chain, frame, exact = chain_and_growths(family, 18, 18, 16)
    found = block_log_growths(chain, block=16, frame=frame, engine=engine)[0]
    np.testing.assert_allclose(found, exact, rtol=0, atol=ACCURACY)


@functools.cache
def chain_and_growths(family, n, k, T):
    """Return a chain, a start frame, and ln|r_ii| of their exact product."""
    chain = FAMILIES[family](n, T, np.random.default_rng(11))
    frame = orthogonal(n, gain=1.0, rng=12)[:, :k]
    return chain, frame, log_growths(chain, frame)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_all_singular_values_of_long_chains(family):
    chain = FAMILIES[family](16, 200, np.random.default_rng(6))
    exact = exact_log_singular_values(chain)
    np.testing.assert_allclose(log_singular_values(chain), exact, rtol=0, atol=ACCURACY)


def test_the_transposed_product_has_the_same_values(chain):
    back = chain.transpose(0, 2, 1)[::-1]
    np.testing.assert_allclose(
        log_singular_values(back), log_singular_values(chain), rtol=0, atol=2 * ACCURACY
    )


def test_logs_add_up_to_those_of_the_determinants(chain):
    product = graded_product(chain)
    # Each determinant is known to about n eps times the condition of its factor.
    total = np.linalg.slogdet(chain)[1].sum()
    assert product.log_abs_det == pytest.approx(total, rel=1e-9)
    assert product.log_singular_values().sum() == pytest.approx(total, rel=1e-9)


def test_a_factor_c_shifts_every_log(chain):
    for c in (-3.0, 1e-200, 1e150):
        np.testing.assert_allclose(
            log_singular_values(c * chain),
            log_singular_values(chain) + len(chain) * np.log(abs(c)),
            rtol=0,
            atol=2 * ACCURACY,
        )


def test_orthogonal_similarity_changes_nothing_for_even_chains():
    # Similarity mixes rows of all sizes and rounds each entry, so the chain must be one
    # whose factors are well conditioned: n eps kappa per step is about 1e-14.
    rng = np.random.default_rng(8)
    chain, Q = FAMILIES["gaussian"](6, 50, rng), orthogonal(6, gain=1.0, rng=rng)
    np.testing.assert_allclose(
        log_singular_values(Q @ chain @ Q.T), log_singular_values(chain), atol=1e-10
    )


def test_the_order_of_time_matters(chain):
    product = log_singular_values(chain)
    other = log_singular_values(chain[::-1])
    if np.abs(product).max() > 1e-9:  # not so for orthogonal factors
        assert np.abs(product - other).max() > 1e-3


def test_a_product_can_be_continued(chain):
    whole = graded_product(chain)
    first = graded_product(chain[:23])
    before = first.log_singular_values()
    parts = first.after(chain[23:])
    assert parts.steps == len(chain)
    np.testing.assert_allclose(
        parts.log_singular_values(), whole.log_singular_values(), rtol=0, atol=ACCURACY
    )
    assert np.array_equal(first.log_singular_values(), before)


def test_running_values_are_those_of_the_prefixes(chain):
    at = [0, 1, 7, 60, 7]
    running = running_log_singular_values(chain, at)
    for t, values in zip(at, running, strict=True):
        np.testing.assert_allclose(
            values, log_singular_values(chain[:t]), rtol=0, atol=2 * ACCURACY
        )


def test_blocks_are_those_of_the_qr_recursion():
    chain = FAMILIES["gaussian"](5, 43, np.random.default_rng(9))
    start = orthogonal(5, gain=1.0, rng=10)
    for k in (5, 2):
        Q, sums = start[:, :k], np.zeros((5, k))
        for t, J in enumerate(chain):
            Q, R = np.linalg.qr(J @ Q)
            sums[t // 10] += np.log(np.abs(np.diag(R)))
        found = block_log_growths(chain, block=10, frame=start[:, :k])
        # 10 QRs of well-conditioned matrices on either side.
        np.testing.assert_allclose(found, sums, rtol=0, atol=1e-12)


def test_blocks_of_a_full_flag_add_up_to_the_determinants(chain):
    growths = block_log_growths(chain, block=17)
    total = np.linalg.slogdet(chain)[1].sum()
    assert growths.shape == (4, chain.shape[1])
    assert growths.sum() == pytest.approx(total, rel=1e-9)


@given(SEEDS, st.integers(1, 4), st.integers(1, 12))
def test_integer_products_of_any_rank(seed, n, T):
    chain = np.random.default_rng(seed).integers(-2, 3, (T, n, n))
    exact = log_singular_values_of_integers(chain)
    found = log_singular_values(chain)
    assert np.isneginf(found).tolist() == np.isneginf(exact).tolist()
    finite = np.isfinite(exact)
    np.testing.assert_allclose(found[finite], exact[finite], rtol=0, atol=ACCURACY)


@given(SEEDS, st.integers(1, 5), st.integers(0, 30))
def test_gaussian_chains_of_any_length(seed, n, T):
    chain = np.random.default_rng(seed).standard_normal((T, n, n))
    exact = exact_log_singular_values(chain)
    found = graded_product(chain).log_singular_values()  # which never warns
    np.testing.assert_allclose(found, exact, rtol=0, atol=ACCURACY)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["tanh, gain 3", "gaussian", "complex"])
def test_engines_agree(name, seed):
    pytest.importorskip("numba")
    chain = FAMILIES[name](4, 20, np.random.default_rng(seed))
    np.testing.assert_allclose(
        log_singular_values(chain, engine="numba"),
        log_singular_values(chain, engine="numpy"),
        rtol=0,
        atol=2 * ACCURACY,
    )


def test_dense_product_in_scaled_form(chain):
    P = np.eye(chain.shape[1])
    for J in chain[:6]:
        P = J @ P
    scaled = graded_product(chain[:6]).scaled()
    # Six products in float64, each right to n eps of the sizes that it adds up.
    error = np.abs(scaled.to_float() - P).max()
    assert error <= 1e-11 * np.abs(P).max()
