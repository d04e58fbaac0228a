"""What holds for all joint spectral radii, and what no basis and no polytope may break.

Brackets of equal numbers overlap; a bracket of a larger one is not below.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlab.linalg import joint_spectral_radius, orthogonal
from gradlab.linalg._frames import in_basis
from gradlab.linalg._polytope_norm import cone_norm_above, polytope_norm_above
from gradlab.linalg._products import word_rate_below
from gradlab.testing import matrices
from tests.oracles.exact_norms import radius_ball

COARSE = {"rtol": 1e-3, "max_products": 200}


def bracket(A, **keywords):
    return joint_spectral_radius(A, **(COARSE | keywords))


def overlap(one, other):
    return one.lower <= other.upper and other.lower <= one.upper


def below(one, other):
    """Whether nothing speaks against one number ≤ another."""
    return one.lower <= other.upper


def pairs(n):
    return st.tuples(matrices(n), matrices(n)).map(np.stack)


def in_eighths(A):
    """Return entries up to 8 whose products of six are exact in float64."""
    return np.rint(8 * np.clip(A, -8, 8)) / 8


sets = st.integers(1, 3).flatmap(pairs)
exact_sets = sets.map(in_eighths)
few = settings(max_examples=25)  # some 20 ms a bracket


@few
@given(sets)
def test_transposed_sets_have_the_same_radius(A):
    assert overlap(bracket(A), bracket(np.swapaxes(A, 1, 2)))


@few
@given(sets, st.sampled_from([-8.0, 0.25, 2.0]))
def test_scaled_sets_have_scaled_radii(A, c):
    plain, scaled = bracket(A), bracket(c * A)  # exact: powers of two
    assert abs(c) * plain.lower <= scaled.upper
    assert scaled.lower <= abs(c) * plain.upper


@few
@given(exact_sets, st.integers(-3, 3))
def test_similar_sets_have_the_same_radius(A, shear):
    n = A.shape[-1]
    V, X = np.eye(n), np.eye(n)
    V[0, -1] += shear * (n > 1)
    X[0, -1] -= shear * (n > 1)
    assert overlap(bracket(A), bracket(X @ A @ V))  # X A V is exact


@few
@given(sets)
def test_subsets_grow_no_faster(A):
    whole = bracket(A)
    for part in (A[:1], A[1:]):
        assert below(bracket(part), whole)
        # One matrix: its spectral radius, here as a ball.
        radius = radius_ball(part[0])
        assert not radius > whole.upper
        assert not radius < bracket(part).lower


@few
@given(exact_sets)
def test_products_of_two_have_the_square(A):
    twice = bracket(np.stack([P @ Q for P in A for Q in A]))
    once = bracket(A)
    # Squares of floats round by 2⁻⁵³.
    assert once.lower**2 * (1 - 1e-15) <= twice.upper
    assert twice.lower <= once.upper**2 * (1 + 1e-15)


@few
@given(sets)
def test_brackets_are_brackets(A):
    found = bracket(A)
    assert 0 <= found.lower <= found.upper < np.inf
    assert found.upper <= np.linalg.norm(A, 2, axis=(1, 2)).max() * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_blocks_on_the_diagonal_decide(seed):
    rng = np.random.default_rng(seed)
    P, Q = rng.normal(size=(2, 2, 2, 2))
    whole = np.zeros((2, 4, 4))
    whole[:, :2, :2], whole[:, 2:, 2:] = P, Q
    whole[:, :2, 2:] = 1e6 * rng.normal(size=(2, 2, 2))
    order = rng.permutation(4)
    found = joint_spectral_radius(whole[:, order][:, :, order])
    parts = [joint_spectral_radius(P), joint_spectral_radius(Q)]
    assert found.lower <= max(part.upper for part in parts)
    assert max(part.lower for part in parts) <= found.upper
    assert found.upper <= found.lower * (1 + 1e-6)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_orthogonal_sets_neither_grow_nor_shrink(n, rng):
    Q = np.stack([orthogonal(n, gain=1.0, rng=rng) for _ in range(4)])
    found = joint_spectral_radius(Q)
    # They are orthogonal up to rounding.
    assert found.lower <= 1 + 1e-14
    assert 1 - 1e-14 <= found.upper <= found.lower * (1 + 1e-11)


@pytest.mark.parametrize("n", [2, 4, 6])
def test_commuting_and_normal_sets_have_the_largest_spectral_radius(n, rng):
    V = rng.normal(size=(n, n)) + 2 * np.eye(n)
    values = rng.normal(size=(3, n))
    commuting = np.stack([V @ np.diag(v) @ np.linalg.inv(V) for v in values])
    found = joint_spectral_radius(commuting)
    # A condition below 100 times n u.
    near = pytest.approx(np.abs(values).max(), rel=1e-6)
    assert found.lower == near
    assert found.upper == near
    symmetric = rng.normal(size=(3, n, n))
    symmetric += np.swapaxes(symmetric, 1, 2)
    found = joint_spectral_radius(symmetric)
    largest = np.abs(np.linalg.eigvalsh(symmetric)).max()
    # Their norms are attained, which leaves n u of rounding.
    assert found.lower == pytest.approx(largest, rel=1e-12)
    assert found.upper == pytest.approx(largest, rel=1e-12)


@pytest.mark.parametrize("n", [3, 8, 20])
def test_row_stochastic_sets_have_radius_one(n, rng):
    # Powers of two as weights: rows add up exactly.
    A = np.zeros((3, n, n))
    for i in range(n):
        for k in range(3):
            for weight in (0.5, 0.25, 0.25):
                A[k, i, rng.integers(n)] += weight
    found = joint_spectral_radius(A)
    # What is less than 2⁻³⁰ outside a polytope is taken for inside.
    assert found.lower <= 1 <= found.upper <= found.lower * (1 + 1e-9)


@given(pairs(2), matrices(2), matrices(2), pairs(2))
def test_no_basis_and_no_polytope_can_make_a_norm_too_small(A, V, X, C):
    """Whatever V, V⁻¹ and the coefficients are claimed to be, ρ is not below."""
    with np.errstate(all="ignore"):
        claims = [
            in_basis("any", A, V, X).norm(),
            polytope_norm_above(A, V, C),
            cone_norm_above(np.abs(A), np.abs(V), np.abs(C)),
        ]
    for claim, letters in zip(claims, (A, A, np.abs(A)), strict=True):
        for letter in letters:
            assert not radius_ball(letter) > claim


@few
@given(
    pairs(3).map(in_eighths),
    st.lists(st.integers(0, 1), min_size=1, max_size=6).map(tuple),
)
def test_the_rate_of_a_word_is_not_above_the_truth(A, word):
    product = np.eye(3)
    for letter in word:
        product = A[letter] @ product
    low = word_rate_below(A, word)
    with np.errstate(under="ignore"):
        assert not radius_ball(product) < low ** len(word) * (1 - 1e-15)
