"""Eigenvalues and ρ against exact polynomials: defective, clustered and complex."""

import math

import numpy as np
import pytest
from flint import acb, arb
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError, InputTypeError
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic
from gradlab.linalg.discs import covering, discs
from gradlab.linalg.powers_of_two import split_power
from gradlab.testing import matrices
from gradlab.verified import (
    Verdict,
    eigen,
    enclosed_eigenvalues,
    enclosed_spectral_radius,
)
from gradlab.verified._ball_integers import largest_size
from tests.oracles.exact_norms import eigenvalue_balls, radius_ball

squares = st.integers(1, 4).flatmap(matrices)


def is_inside(ball, found):
    return not ball < found.lower and not ball > found.upper


def matched(roots, found):
    """Whether eigenvalues and discs can be matched one to one (Hall, by search)."""
    allowed = [
        [not abs(root - complex(c)) > r for c, r in zip(*found, strict=True)]
        for root in roots
    ]

    def place(i, taken):
        if i == len(roots):
            return True
        return any(
            ok and j not in taken and place(i + 1, taken | {j})
            for j, ok in enumerate(allowed[i])
        )

    return place(0, frozenset())


@given(squares)
def test_the_radius_is_enclosed(A):
    found = enclosed_spectral_radius(A)
    assert found.certified
    ball = radius_ball(A, bits=600)
    assert is_inside(ball, found)
    # 10⁻⁹ is what is asked for; subnormal numbers are coarse.
    assert found.width <= 1.1e-9 * found.upper + 1e-322


@given(squares)
def test_every_eigenvalue_has_a_disc(A):
    found = enclosed_eigenvalues(A)
    roots = eigenvalue_balls(A, bits=600)
    if np.isfinite(found.radii).all():
        assert matched(roots, (found.centres, found.radii))
    size = np.abs(found.centres).max()
    assert (found.radii <= 1.1e-9 * size + 1e-322).all()


@given(squares)
def test_discs_of_float64_hold_alone(A):
    S, _ = split_power(A)
    found = discs(S, FLOAT64)
    if np.isfinite(found[1]).all():
        assert matched(eigenvalue_balls(S, bits=600), (found[0], covering(*found)))


def sheared(n, eigenvalue):
    """Return S J S⁻¹ for a Jordan block and an integer S of determinant 1, exactly."""
    J = eigenvalue * np.eye(n) + np.eye(n, k=1)
    for i, j, c in [(0, n - 1, 2), (n - 1, 1, -1), (1, 0, 3), (n // 2, n - 1, -2)]:
        if i != j:
            J[i] += c * J[j]
            J[:, j] -= c * J[:, i]
    return J


@pytest.mark.parametrize(("n", "m"), [(2, 26), (5, 9), (8, 6), (12, 4)])
def test_defective_matrices_are_decided(n, m):
    radius = 1 - 2.0**-m
    A = sheared(n, radius)
    found = enclosed_spectral_radius(A)
    assert found.lower <= radius <= found.upper
    assert found.below(1.0) is Verdict.PROVED
    assert found.width <= 1e-9
    discs = enclosed_eigenvalues(A)
    assert discs.certified
    assert (np.abs(discs.centres - radius) <= discs.radii + 1e-15).all()
    assert discs.arithmetic == "balls of 128 bits"


RADIUS_ONE = {
    "cycle of 8": np.roll(np.eye(8), 1, axis=1),
    "cycle of 13": np.roll(np.eye(13), 1, axis=1),
    # Dyadic rows that sum to 1 exactly.
    "stochastic": np.random.default_rng(0).multinomial(2**30, [0.2] * 5, size=5)
    / 2.0**30,
    "defective": sheared(5, 1.0),
}


@pytest.mark.parametrize("name", RADIUS_ONE)
def test_a_radius_of_one_is_not_decided(name):
    found = enclosed_spectral_radius(RADIUS_ONE[name])
    assert found.lower <= 1.0 <= found.upper
    assert found.below(1.0) is not Verdict.PROVED
    assert found.above(1.0) is not Verdict.PROVED
    assert found.width <= 1e-9


def test_nilpotent_and_triangular_matrices_are_exact():
    found = enclosed_spectral_radius([[3.0, -9.0], [1.0, -3.0]])
    assert (found.lower, found.upper) == (0.0, 0.0)
    J = np.triu(np.ones((4, 4))) - 1.75 * np.eye(4)
    for A in (J, J.T):
        found = enclosed_spectral_radius(A)
        assert (found.lower, found.upper) == (0.75, 0.75)
        every = enclosed_eigenvalues(A)
        assert every.certified
        assert every.centres.tolist() == [-0.75] * 4
        assert every.radii.tolist() == [0.0] * 4


def test_clusters_in_float64_are_covered_whole():
    # Two eigenvalues 2⁻⁵⁰ apart, and one far away.
    A = np.diag([1.0, 1.0 + 2.0**-50, -3.0])
    Q = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    found = enclosed_eigenvalues(Q @ A @ Q.T, rtol=1e-6)
    assert found.arithmetic == "float64"
    assert matched(eigenvalue_balls(Q @ A @ Q.T), (found.centres, found.radii))
    assert found.radii.max() < 1e-12


def test_a_complex_matrix_has_the_radius_of_its_real_form(rng):
    Z = rng.normal(size=(4, 4, 2)) @ [1, 1j]
    real = np.block([[Z.real, -Z.imag], [Z.imag, Z.real]])
    for rtol in (1e-9, 1e-15):
        found = enclosed_spectral_radius(Z, rtol=rtol)
        assert is_inside(radius_ball(real), found)
        assert found.width < 1e-10


@pytest.mark.parametrize("power", [-900, -20, 20, 900])
def test_scaling_by_a_power_of_two_scales_the_ends(power, rng):
    A = rng.normal(size=(4, 4))
    one, two = (enclosed_spectral_radius(X) for X in (A, np.ldexp(A, power)))
    assert two.lower == math.ldexp(one.lower, power)
    assert two.upper == math.ldexp(one.upper, power)


def test_transposes_and_similar_matrices_overlap(rng):
    A = rng.normal(size=(4, 4))
    found = enclosed_spectral_radius(A)
    for B in (A.T, A[::-1, ::-1], -A):
        found.met(enclosed_spectral_radius(B))
    square = enclosed_spectral_radius(A @ A)  # rounded: only near ρ²
    assert square.lower == pytest.approx(found.lower**2, rel=1e-12)


def test_small_eigenvalues_are_measured_by_the_largest():
    # Discs of some u, which is 1e-4 of the smaller one.
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    A = turn @ np.diag([1.0, 2.0**-40]) @ turn.T
    found = enclosed_eigenvalues(A)
    assert found.arithmetic == "float64"
    assert found.radii.max() < 1e-14
    assert matched(eigenvalue_balls(A), (found.centres, found.radii))


def test_the_largest_size_for_polynomials_is_kept_to():
    A = sheared(8, 0.5)
    found = enclosed_spectral_radius(A, most_rows=7)
    assert found.arithmetic == "float64"
    assert found.width > 1e-6
    assert found.lower <= 0.5 <= found.upper
    discs = enclosed_eigenvalues(A, most_rows=7)
    assert discs.arithmetic == "float64"
    assert discs.radii.max() > 1e-6


@pytest.mark.parametrize("A", [np.eye(2), sheared(2, 0.5), np.array([[0, 1], [1, 0]])])
@pytest.mark.parametrize(
    ("function", "option", "least"),
    [
        (enclosed_eigenvalues, "most_rows", 0),
        (enclosed_eigenvalues, "bits", 64),
        (enclosed_spectral_radius, "most_rows", 0),
        (enclosed_spectral_radius, "most_bits", 64),
    ],
)
def test_limits_are_checked_whether_they_are_met_or_not(A, function, option, least):
    assert function(A, **{option: least}).certified
    message = f"`{option}` must be an integer >= {least}; got {least - 1}"
    with pytest.raises(InputError, match=message):
        function(A, **{option: least - 1})


def test_a_size_that_may_be_zero_is_not_below_zero():
    with BALLS.precision(64):
        low, high = largest_size([acb(arb(0, 0.5))])
    assert low == 0.0
    assert 0.5 <= high < 0.51


@pytest.mark.parametrize("function", [enclosed_eigenvalues, enclosed_spectral_radius])
@pytest.mark.parametrize("rows", [128, 129])
def test_128_rows_are_the_most_for_a_polynomial_unless_it_is_said(
    function, rows, monkeypatch
):
    asked = []

    def roots(A):
        asked.append(len(A))
        return [acb(0.5)] * len(A)

    monkeypatch.setattr(eigen, "eigenvalues_in_balls", roots)
    A = 0.5 * np.eye(rows)
    A[:8, :8] = sheared(8, 0.5)
    found = function(A)
    assert asked == ([128] if rows == 128 else [])
    assert (found.arithmetic == "float64") == (rows == 129)


def test_wrong_arithmetic_leaves_it_to_balls():
    wrong = Arithmetic(matmul=lambda X, Y: np.matmul(X, Y) + 1e-3)
    A = [[1.0, 2.0], [3.0, 4.0]]
    found = enclosed_spectral_radius(A, arithmetic=wrong)
    assert found.certified
    assert found.arithmetic.startswith("balls")
    assert is_inside((5 + arb(33).sqrt()) / 2, found)
    assert enclosed_eigenvalues(A, arithmetic=wrong).arithmetic.startswith("balls")
    loose = enclosed_spectral_radius(A, most_rows=0, arithmetic=wrong)
    assert not loose.certified


@pytest.mark.parametrize("function", [enclosed_eigenvalues, enclosed_spectral_radius])
def test_what_is_no_finite_square_matrix_is_refused(function):
    with pytest.raises(InputError, match=r"`A` must have shape \(n, n\); got \(2, 3\)"):
        function(np.zeros((2, 3)))
    with pytest.raises(InputError, match="`A` must be finite; got nan"):
        function([[math.nan]])
    with pytest.raises(InputError, match="`A` must have a row and a column"):
        function(np.zeros((0, 0)))
    with pytest.raises(InputError, match="`rtol` must be a finite number > 0"):
        function(np.eye(2), rtol=-1.0)


def test_eigenvalues_of_complex_matrices_are_not_offered():
    with pytest.raises(InputTypeError, match="`A` must be real; got dtype complex128"):
        enclosed_eigenvalues([[1j]])


def test_discs_are_saved_and_loaded(tmp_path):
    found = enclosed_eigenvalues([[0.0, 1.0], [-1.0, 0.0]])
    found.save(tmp_path / "discs")
    back = type(found).load(tmp_path / "discs")
    np.testing.assert_array_equal(back.centres, found.centres)
    assert "johansson2017arb" in found.cite()
