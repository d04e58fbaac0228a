"""Leading eigenvalues from a filtered subspace against those of the whole matrix."""

import numpy as np
import pytest

from gradlab.gradients._spectra import Subspace, leading_eigenvalues
from gradlab.linalg import orthogonal

n, B = 120, 3


def gram(K):
    return K @ np.swapaxes(K, 1, 2)


def turned(spectrum, rng):
    """Rows of given singular values in general position, (B, n, 2n)."""
    left = [orthogonal(n, gain=1.0, rng=rng) for _ in range(B)]
    right = [orthogonal(2 * n, gain=1.0, rng=rng)[:n] for _ in range(B)]
    return np.stack(
        [U @ (spectrum[:, None] * V) for U, V in zip(left, right, strict=True)]
    )


FAMILIES = {
    "random": lambda rng: rng.normal(size=(B, n, 2 * n)),
    "orthogonal": lambda rng: turned(np.ones(n), rng),
    "graded": lambda rng: turned(np.exp(-0.2 * np.arange(n)), rng),
    "one large": lambda rng: turned(np.r_[1.0, np.full(n - 1, 1e-3)], rng),
    "a cluster": lambda rng: turned(np.r_[np.full(30, 1.0), np.full(n - 30, 0.5)], rng),
    "pairs": lambda rng: turned(np.repeat(np.exp(-0.1 * np.arange(n // 2)), 2), rng),
    "low rank": lambda rng: turned(np.r_[np.ones(4), np.zeros(n - 4)], rng),
    "zero": lambda rng: np.zeros((B, n, 2 * n)),
    "unit vectors": lambda rng: (
        np.eye(n)[None, ::-1].repeat(B, 0) * np.linspace(1, 2, n)[:, None]
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_are_those_of_the_whole_matrix(family, count, dtype, rng):
    G = gram(FAMILIES[family](rng)).astype(dtype)
    expected = np.linalg.eigvalsh(G.astype(float))[:, ::-1][:, :count]
    found, near = leading_eigenvalues(G, count, None, rtol=1e-13)
    again, _ = leading_eigenvalues(G, count, near, rtol=1e-13)
    # Some ten roundings relative to the largest, which is what a dense solver does.
    atol = 40 * np.finfo(dtype).eps * max(expected.max(), 1e-300)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=atol)
    np.testing.assert_allclose(again, expected, rtol=1e-12, atol=atol)


def test_a_direction_that_was_small_is_seen_when_it_is_large(rng):
    """The subspace of the last call is blind to it; the fresh columns are not."""
    sizes = np.r_[np.linspace(2, 1, 20), np.full(n - 20, 0.1)]
    G = np.diag(sizes)[None].repeat(B, axis=0)
    _, near = leading_eigenvalues(G, 4, None, rtol=1e-13)
    assert isinstance(near, Subspace)
    G[1, 77, 77] = 9.0
    found, _ = leading_eigenvalues(G, 4, near, rtol=1e-13)
    expected = np.sort(np.diagonal(G, 0, 1, 2))[:, ::-1][:, :4]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_small_matrices_are_solved_whole(rng):
    G = gram(rng.normal(size=(B, 20, 30)))
    found, near = leading_eigenvalues(G, 30, None, rtol=1e-13)
    assert near is None
    assert found.shape == (B, 20)
    np.testing.assert_array_equal(found, np.linalg.eigvalsh(G)[:, ::-1])
