"""Resolvents are enclosed: exactly decided at points, in balls on circles."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError, InputTypeError
from gradlab.testing import matrices
from gradlab.verified import enclosed_resolvent_norm
from gradlab.verified._ball_circle import unit_roots_between
from gradlab.verified.resolvent import resolvent_norms_on_circle
from tests.cases.adversaries import ADVERSARIES
from tests.oracles.exact_norms import exact, least_at_least, scaled_identity

squares = st.integers(1, 4).flatmap(matrices)
points = st.sampled_from([0.0, 1.0, -1.0, 0.5, 1 + 2.0**-30, 3.0, 1e-300, 1e300])


def shifted(A, z):
    """Return zI − A in rationals, for a real z."""
    P = exact(A)
    return scaled_identity(P, z) - P


@given(squares, points)
def test_the_resolvent_is_enclosed_at_a_real_point(A, z):
    found = enclosed_resolvent_norm(A, z)
    gap = shifted(A, z)
    # 1/σ_min ≤ upper, and lower ≤ 1/σ_min.
    if 0 < found.upper < math.inf:
        assert least_at_least(gap, 1 / Fraction(found.upper))
    if found.lower > 0:
        smaller = math.nextafter(found.lower, 0.0)
        assert smaller == 0 or not least_at_least(gap, 1 / Fraction(smaller))
    if gap.det() == 0:
        assert found.upper == math.inf


@pytest.mark.parametrize("arithmetic", ADVERSARIES.values(), ids=ADVERSARIES)
def test_resolvents_hold_whatever_arithmetic_does_within_its_bounds(arithmetic):
    for entries in ([[0.5, 4.0], [0.0, -0.5]], [[3.0, -9.0], [1.0, -3.0]]):
        A = np.array(entries)
        found = enclosed_resolvent_norm(A, 1.25, arithmetic=arithmetic)
        gap = shifted(A, 1.25)
        assert found.upper == math.inf or least_at_least(gap, 1 / Fraction(found.upper))
        below = math.nextafter(found.lower, 0.0)
        assert below == 0 or not least_at_least(gap, 1 / Fraction(below))


def test_a_number_has_a_resolvent_in_closed_form():
    for z in (2.0, 1j, 0.3 - 0.4j, 1e200, 1e-200j):
        found = enclosed_resolvent_norm([[0.5]], z)
        truth = 1 / abs(z - 0.5)
        assert found.lower <= truth * (1 + 1e-15)
        assert found.upper >= truth * (1 - 1e-15)
        assert found.upper / found.lower < 1 + 1e-13


def test_sizes_that_are_far_apart_do_not_meet():
    tiny = enclosed_resolvent_norm(np.full((3, 3), 5e-324), 1e300)
    assert tiny.lower <= 1e-300 <= tiny.upper < 1.001e-300
    huge = enclosed_resolvent_norm(1e300 * np.eye(3), 5e-324)
    assert huge.lower <= 1e-300 <= huge.upper < 1.001e-300


def test_an_eigenvalue_has_no_resolvent():
    for A in (np.eye(2), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])):
        z = 1.0 if len(A) == 2 else 0.0
        assert enclosed_resolvent_norm(A, z).upper == math.inf


@pytest.mark.parametrize("N", [1, 2, 3, 4, 12, 64])
def test_roots_of_unity_are_between_neighbours(N):
    for j, ends in enumerate(unit_roots_between(N, N)):
        turn = flint.fmpq(2 * j, N)
        for truth, (low, high) in (
            (flint.arb.cos_pi_fmpq(turn), ends[:2]),
            (flint.arb.sin_pi_fmpq(turn), ends[2:]),
        ):
            assert not truth < low
            assert not truth > high
            assert high <= math.nextafter(low, math.inf)


@pytest.mark.parametrize("N", [4, 7, 16])
def test_circles_are_points_of_a_circle(N, rng):
    # Real matrices are computed on half a circle, complex ones on all of it.
    real = rng.normal(size=(3, 3))
    for A in (real, real + 1j * rng.normal(size=(3, 3))):
        radius = 1.5 * float(np.abs(np.linalg.eigvals(A)).max())
        found = resolvent_norms_on_circle(A, radius, N)
        assert found.shape == (N,)
        for j, high in enumerate(found):
            z = radius * np.exp(2j * np.pi * j / N)
            point = enclosed_resolvent_norm(A, complex(z))
            # z itself is rounded, by 1e-16 of a resolvent that is of moderate size.
            assert high >= point.lower * (1 - 1e-13)
            assert high <= point.upper * (1 + 1e-12)


def test_impossible_points_are_refused():
    with pytest.raises(InputTypeError, match=r"^`z` must be a number; got '1'\.$"):
        enclosed_resolvent_norm(np.eye(2), "1")
    with pytest.raises(InputError, match="`z` must be a finite number"):
        enclosed_resolvent_norm(np.eye(2), complex(math.nan, 0))
