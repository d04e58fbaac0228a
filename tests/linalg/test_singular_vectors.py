"""Leading singular vectors against multiprecision, closed forms, and P v = σ u."""

import math

import numpy as np
import pytest

from gradlab.errors import InputError
from gradlab.linalg import (
    SingularVectors,
    gaussian,
    graded_product,
    leading_singular_vectors,
    orthogonal,
)
from tests.linalg.families import FAMILIES, gaussian_chain, tanh_chain
from tests.oracles.products import singular_triples

EPS = np.finfo(float).eps


def sines(found, exact):
    """Return the sine of the angle between columns, whatever their phases."""
    cosines = (np.conj(found) * exact).sum(axis=0)
    aligned = exact * (np.conj(cosines) / np.abs(cosines))
    return np.linalg.norm(found - aligned, axis=0)


@pytest.mark.parametrize("T", [1, 30])
@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"orthogonal"}))
def test_families(name, T, rng):
    factors = FAMILIES[name](5, T, rng)
    found = leading_singular_vectors(factors, 5)
    logs, left, right = singular_triples(factors)
    sizes = np.maximum(np.abs(logs), 1.0)
    assert (np.abs(found.log_singular_values - logs) / sizes).max() < 1e-13
    assert np.all(sines(found.left, left) <= found.errors)
    assert np.all(sines(found.right, right) <= found.errors)
    assert found.errors.max() < 1e-10


def test_vectors_are_orthonormal_and_signed(rng):
    for name in FAMILIES:
        found = leading_singular_vectors(FAMILIES[name](6, 12, rng), 4)
        for side in (found.left, found.right):
            gram = np.conj(side.T) @ side
            np.testing.assert_allclose(gram, np.eye(4), atol=50 * EPS)
        largest = found.left[np.abs(found.left).argmax(axis=0), range(4)]
        assert (largest.real > 0).all()
        assert np.abs(largest.imag).max() < EPS


def test_the_product_takes_right_to_left_vectors(rng):
    # A spread of thousands of nats: P v_i is formed in logarithms, step by step, and
    # only what is far above the rounding of larger directions can be checked so.
    factors = tanh_chain(32, 500, 2.0, rng)
    found = leading_singular_vectors(factors, 3)
    v = found.right[:, 0]
    total = 0.0
    for J in factors:
        v = J @ v
        size = np.linalg.norm(v)
        v, total = v / size, total + math.log(size)
    assert abs(total - found.log_singular_values[0]) < 1e-10
    np.testing.assert_allclose(v, found.left[:, 0], atol=1e-11)
    assert found.log_singular_values[0] - found.log_singular_values[2] > 10


def test_graded_beyond_float64_is_exact_in_each():
    # P = Q D Qᵀ with D from 1 down to e^−9000: every vector is a column of Q.
    Q = orthogonal(4, gain=1.0, rng=3)
    D = np.diag(np.exp([0.0, -30.0, -60.0, -90.0]))
    factors = [Q.T, *[D] * 100, Q]
    found = leading_singular_vectors(factors, 4)
    np.testing.assert_allclose(
        found.log_singular_values, [0, -3000, -6000, -9000], rtol=1e-14, atol=1e-13
    )
    assert sines(found.left, Q).max() < 20 * EPS
    assert sines(found.right, Q).max() < 20 * EPS
    np.testing.assert_allclose(found.gaps, 3000, rtol=1e-12)


def test_transposition_swaps_sides(rng):
    factors = gaussian_chain(5, 8, rng)
    found = leading_singular_vectors(factors, 2)
    back = leading_singular_vectors(factors[::-1].transpose(0, 2, 1), 2)
    assert sines(back.left, found.right).max() < 1e-13
    assert sines(back.right, found.left).max() < 1e-13


@pytest.mark.parametrize("kind", ["orthogonal", "identity"])
def test_multiple_values_have_no_vectors_of_their_own(kind, rng):
    A = 2 * np.eye(4) if kind == "identity" else orthogonal(4, gain=2.0, rng=rng)
    found = leading_singular_vectors([A], 4)
    np.testing.assert_allclose(found.log_singular_values, math.log(2), atol=4 * EPS)
    assert (found.errors > 0.01).all()


def test_a_product_is_taken_as_it_is(rng):
    factors = gaussian_chain(4, 6, rng)
    product = graded_product(factors)
    found = leading_singular_vectors(product, 2)
    expected = leading_singular_vectors(iter(factors), 2)
    np.testing.assert_array_equal(found.left, expected.left)
    F, s, V = product.parts()
    dense = np.linalg.multi_dot(factors[::-1])
    np.testing.assert_allclose((F * np.exp(s)) @ V, dense, atol=1e-13)


def test_singular_products_have_as_many_as_their_rank(rng):
    factors = rng.normal(size=(3, 4, 4))
    factors[1, 2] = 0.0
    found = leading_singular_vectors(factors, 3)
    U, sizes, V = np.linalg.svd(np.linalg.multi_dot(factors[::-1]))
    np.testing.assert_allclose(np.exp(found.log_singular_values), sizes[:3], rtol=1e-12)
    assert sines(found.left, U[:, :3]).max() < 1e-12
    assert sines(found.right, V[:3].T).max() < 1e-12
    assert np.isfinite(found.gaps).all()
    message = "`k` must be at most the rank 3 of the product; got 4."
    with pytest.raises(InputError) as caught:
        leading_singular_vectors(factors, 4)
    assert str(caught.value) == message


def test_wide_matrices_agree_with_lapack(rng):
    W = gaussian(120, gain=1.0, rng=rng)
    found = leading_singular_vectors([W], 3)
    U, sizes, V = np.linalg.svd(W)
    np.testing.assert_allclose(np.exp(found.log_singular_values), sizes[:3], rtol=1e-13)
    assert np.all(sines(found.left, U[:, :3]) <= found.errors)
    assert np.all(sines(found.right, V[:3].T) <= found.errors)


def test_saved_and_loaded(tmp_path, rng):
    found = leading_singular_vectors(gaussian_chain(3, 4, rng), 2)
    back = SingularVectors.load(found.save(tmp_path / "vectors"))
    np.testing.assert_array_equal(back.left, found.left)
    assert list(found.columns()) == ["log_singular_values", "gaps", "errors"]
    assert "Jacobi" in found.cite()
