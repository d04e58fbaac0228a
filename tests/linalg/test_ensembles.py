"""Random matrices have the law they are named after; Newman's exponents are exact."""

import mpmath
import numpy as np
import pytest

from gradlab.errors import InputError, InputTypeError
from gradlab.linalg import (
    block_log_growths,
    gaussian,
    identity,
    newman_exponents,
    orthogonal,
    uniform,
)

ENSEMBLES = {"gaussian": gaussian, "orthogonal": orthogonal, "uniform": uniform}


@pytest.mark.parametrize(
    ("name", "variance"),
    [("gaussian", 4 / 300), ("orthogonal", 4 / 300), ("uniform", 4 / 900)],
)
def test_mean_and_variance_of_entries(name, variance):
    W = ENSEMBLES[name](300, gain=2.0, rng=1)
    # 9e4 entries: the variance is known to 4 standard errors of sqrt(2/9e4) = 0.5 %.
    assert W.var() == pytest.approx(variance, rel=0.02)
    assert abs(W.mean()) < 4 * np.sqrt(variance / W.size)


def test_orthogonal_matrices_are_orthogonal_and_of_both_orientations():
    signs = set()
    for seed in range(20):
        Q = orthogonal(3, gain=1.0, rng=seed)
        np.testing.assert_allclose(Q @ Q.T, np.eye(3), atol=1e-15)
        signs.add(round(np.linalg.det(Q)))
    assert signs == {-1, 1}


def test_the_first_column_of_a_haar_matrix_has_no_preferred_sign():
    first = [orthogonal(4, gain=1.0, rng=seed)[0, 0] for seed in range(400)]
    # Without the sign correction LAPACK makes every one of them negative or none.
    assert abs(np.mean(np.sign(first))) < 4 / np.sqrt(400)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_the_seed_decides(name):
    make = ENSEMBLES[name]
    assert np.array_equal(make(5, gain=1.0, rng=7), make(5, gain=1.0, rng=7))
    assert not np.array_equal(make(5, gain=1.0, rng=7), make(5, gain=1.0, rng=8))


def test_identity_ignores_the_seed():
    assert identity(3, gain=0.5, rng=0).tolist() == (0.5 * np.eye(3)).tolist()


def test_uniform_keeps_to_its_range():
    assert np.abs(uniform(64, gain=1.0, rng=0)).max() <= 1 / 8


@pytest.mark.parametrize("name", ENSEMBLES)
def test_refusals(name):
    make = ENSEMBLES[name]
    with pytest.raises(InputError, match=r"`n` must be an integer >= 1; got 0"):
        make(0, gain=1.0, rng=0)
    with pytest.raises(InputError, match=r"`gain` must be a finite number >= 0"):
        make(2, gain=-1.0, rng=0)
    with pytest.raises(InputTypeError, match=r"`rng` must be a numpy Generator"):
        make(2, gain=1.0, rng=None)


def test_newman_exponents_against_mpmath():
    for n, variance in [(2, 1.0), (7, 1 / 7)]:
        expected = [
            float(
                (mpmath.log(2 * variance) + mpmath.digamma((n - i) / mpmath.mpf(2))) / 2
            )
            for i in range(n)
        ]
        # Two logarithms of size 1 are subtracted: a few eps.
        np.testing.assert_allclose(
            newman_exponents(n, variance=variance), expected, atol=4e-16
        )


def test_newman_exponents_of_two_add_up_to_minus_gamma():
    total = newman_exponents(2, variance=1.0).sum()
    assert total == pytest.approx(-0.57721566490153286061, abs=1e-15)


def test_gaussian_products_grow_as_newman_says():
    n, T, block = 4, 20_000, 100
    rng = np.random.default_rng(11)
    factors = (gaussian(n, gain=1.0, rng=rng) for _ in range(T))
    growths = block_log_growths(factors, block=block) / block
    stderr = growths.std(axis=0, ddof=1) / np.sqrt(len(growths))
    error = growths.mean(axis=0) - newman_exponents(n, variance=1 / n)
    # The frames are independent of the next factor, so blocks are independent.
    assert (np.abs(error) < 4 * stderr).all()
    assert stderr.max() < 0.01
