"""Numerical abscissa and radius: closed forms, definiteness, and their inequalities."""

import cmath
import inspect
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError
from gradlab.linalg.arithmetic import Arithmetic
from gradlab.testing import matrices
from gradlab.verified import (
    Verdict,
    enclosed_norm,
    enclosed_numerical_abscissa,
    enclosed_numerical_radius,
    enclosed_spectral_radius,
    numerical_range,
)
from tests.oracles.exact_norms import exact, is_semidefinite, scaled_identity

squares = st.integers(1, 4).flatmap(matrices)


def top_at_most(A, limit):
    """Decide λ_max((A + Aᵀ)/2) ≤ limit exactly."""
    double = exact(A) + exact(A).transpose()
    return is_semidefinite(scaled_identity(double, 2 * Fraction(limit)) - double)


@given(squares)
def test_an_abscissa_is_enclosed(A):
    found = enclosed_numerical_abscissa(A)
    if math.isfinite(found.upper):
        assert top_at_most(A, found.upper)
    if math.isfinite(found.lower):
        assert not top_at_most(A, Fraction(found.lower) - Fraction(1, 10**400))
    # Some 4 n² u of the norm, shifted by it once.
    assert found.width <= 2e-13 * enclosed_norm(A).upper + 1e-300


@given(squares)
def test_a_radius_keeps_its_inequalities(A):
    # max(ρ, ‖A‖/2, ω(±A)) ≤ w ≤ ‖A‖: no enclosure may refute them.
    found = enclosed_numerical_radius(A, rtol=1e-3)
    norm = enclosed_norm(A)
    assert found.at_most(norm) is not Verdict.REFUTED
    assert enclosed_norm(A / 2).at_most(found) is not Verdict.REFUTED
    assert enclosed_spectral_radius(A).at_most(found) is not Verdict.REFUTED
    for B in (A, -A):
        assert enclosed_numerical_abscissa(B).at_most(found) is not Verdict.REFUTED
    assert found.width <= 1.1e-3 * found.upper + 1e-300


def cosine_of_pi_over(k):
    with BALLS.precision(100):
        return (arb.pi() / k).cos()


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_a_nilpotent_jordan_block_has_radius_cos_of_pi_over_n_plus_one(n):
    found = enclosed_numerical_radius(np.eye(n, k=1))
    exact_radius = cosine_of_pi_over(n + 1)
    assert found.lower <= exact_radius <= found.upper
    assert found.width <= 1.1e-6
    with BALLS.precision(100):
        assert enclosed_numerical_abscissa(np.eye(n, k=1)).lower <= exact_radius


def test_normal_matrices_have_their_spectral_radius():
    Q = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    for A in (np.diag([1.0, -3.0, 2.0]), Q, np.eye(4)[[1, 2, 3, 0]], -np.eye(2)):
        found = enclosed_numerical_radius(A)
        found.met(enclosed_spectral_radius(A))
        assert found.width <= 1.1e-6 * found.upper


def test_complex_matrices_are_turned_all_the_way(rng):
    # The range of iA is that of A, turned by 90°; of a complex diagonal, its corners.
    A = rng.normal(size=(3, 3))
    found = enclosed_numerical_radius(A)
    found.met(enclosed_numerical_radius(1j * A))
    corners = np.diag([1.0, -2j, 1 - 1j])
    assert enclosed_numerical_radius(corners).lower <= 2.0
    assert enclosed_numerical_radius(corners).upper >= 2.0
    assert enclosed_numerical_abscissa(corners).lower <= 1.0
    assert enclosed_numerical_abscissa(corners).upper >= 1.0


def test_an_abscissa_may_be_negative_and_zero_is_zero():
    found = enclosed_numerical_abscissa(-np.eye(3))
    assert -1 - 1e-14 < found.lower <= -1.0 <= found.upper < -1 + 1e-14
    for function in (enclosed_numerical_abscissa, enclosed_numerical_radius):
        zero = function(np.zeros((2, 2)))
        assert zero.lower == zero.upper == 0.0


@pytest.mark.parametrize("power", [-700, 700])
def test_scaling_by_a_power_of_two_scales_the_ends(power, rng):
    A = rng.normal(size=(3, 3))
    for function in (enclosed_numerical_abscissa, enclosed_numerical_radius):
        one, two = function(A), function(np.ldexp(A, power))
        assert two.lower == math.ldexp(one.lower, power)
        assert two.upper == math.ldexp(one.upper, power)


def test_few_directions_give_a_wide_enclosure():
    J = np.eye(3, k=1)
    wide = enclosed_numerical_radius(J, most_directions=17)
    narrow = enclosed_numerical_radius(J)
    assert wide.lower <= narrow.lower <= narrow.upper < wide.upper
    assert wide.width > 1e-4


DISC = np.array([[0.0, 2.0], [0.0, 0.0]])  # its range is the unit disc


def widest_angle(directions, count):
    """Return the widest angle of so many directions, all halved again and again."""
    while len(directions) < count:
        middles = [(a + b) / 2 for a, b in itertools.pairwise(directions)]
        both = [x for pair in zip(directions, middles, strict=False) for x in pair]
        directions = [*both, directions[-1]]
    return max(abs(cmath.phase(b / a)) for a, b in itertools.pairwise(directions))


@pytest.mark.parametrize(
    ("most", "count"), [(16, 17), (32, 17), (33, 33), (4096, 2049), (None, 2049)]
)
@pytest.mark.parametrize("quarters", [2, 4])
def test_directions_leave_the_cosine_of_half_their_angle(most, count, quarters):
    # On half the circle for real matrices, from quarters of it.
    limit = {} if most is None else {"most_directions": most}
    A = DISC if quarters == 2 else DISC * (0.6 + 0.8j)
    found = enclosed_numerical_radius(A, rtol=1e-15, **limit)
    assert found.lower == pytest.approx(1.0, abs=1e-13)
    widest = widest_angle([1j**k for k in range(quarters + 1)], count)
    assert found.upper == pytest.approx(1 / math.cos(widest / 2), abs=1e-13)


@pytest.mark.parametrize("rtol", [1.0, 1e-3, 1e-6])
@pytest.mark.parametrize(
    "A", [DISC, np.diag([1.0, -3.0, 2.0]), np.array([[1.0, 2.0], [0.5, -0.25]])]
)
def test_directions_are_added_no_longer_than_it_takes(A, rtol, monkeypatch):
    tried, usual = [], numerical_range._supports

    def supports(S, directions, arithmetic):
        tried.append(directions.shape[1])
        return usual(S, directions, arithmetic)

    monkeypatch.setattr(numerical_range, "_supports", supports)
    found = enclosed_numerical_radius(A, rtol=rtol)
    assert found.upper <= (1 + rtol) * found.lower * (1 + 1e-12)
    if A is DISC:
        # 1/cos(δ/2) < 1 + rtol for δ² = 8 rtol, which halving meets to a factor 2.
        assert sum(tried) <= 17 + 2 * math.pi / math.sqrt(8 * rtol)
    else:
        # Two beside the one that counts, for every factor 4.
        assert sum(tried) <= 17 + 2 * math.ceil(math.log(1 / rtol, 4))


def test_a_half_angle_is_that_of_the_longest_that_directions_may_be(monkeypatch):
    # (1, 0) and (3, 4)/5, with lengths from ½ to 2 for all that is known.
    lengths = np.array([0.5, 0.5]), np.array([2.0, 2.0])
    monkeypatch.setattr(numerical_range, "_lengths", lambda _: lengths)
    found = numerical_range._half_cosines(np.array([[1.0, 0.6], [0.0, 0.8]]))
    assert found == pytest.approx(math.sqrt((1 + 0.6 / 4) / 2), abs=1e-15)


def test_an_angle_beyond_90_degrees_says_nothing():
    # cos δ is below 0, and closer to it by the longest that directions may be.
    found = numerical_range._half_cosines(np.array([[1.0, -0.6], [0.0, 0.8]]))
    assert np.isnan(found).all()


def test_where_directions_end_unless_it_is_said():
    parameters = inspect.signature(enclosed_numerical_radius).parameters
    default = parameters["most_directions"].default
    assert default == 4096
    said = enclosed_numerical_radius(DISC, most_directions=default)
    assert said.upper == enclosed_numerical_radius(DISC).upper


def test_fewer_directions_than_it_begins_with_are_refused():
    message = "`most_directions` must be an integer >= 16; got 15"
    with pytest.raises(InputError, match=message):
        enclosed_numerical_radius(DISC, most_directions=15)


def test_a_width_of_nothing_is_refused():
    with pytest.raises(InputError, match="`rtol` must be a finite number > 0; got 0"):
        enclosed_numerical_radius(DISC, rtol=0.0)


def test_wrong_arithmetic_certifies_nothing():
    wrong = Arithmetic(matmul=lambda X, Y: np.matmul(X, Y) + 1e-3)
    for function in (enclosed_numerical_abscissa, enclosed_numerical_radius):
        assert not function(np.diag([1.0, 2.0]), arithmetic=wrong).certified


@pytest.mark.parametrize(
    "function", [enclosed_numerical_abscissa, enclosed_numerical_radius]
)
def test_what_is_no_finite_square_matrix_is_refused(function):
    with pytest.raises(InputError, match=r"`A` must have shape \(n, n\); got \(2, 3\)"):
        function(np.zeros((2, 3)))
    with pytest.raises(InputError, match="`A` must be finite; got inf"):
        function([[math.inf]])


@pytest.mark.parametrize("turn", range(32))
def test_a_number_has_its_size_for_radius_at_every_angle(turn):
    # Directions have to go all around: what they leave out would be missed here.
    z = 5 * complex(
        math.cos(turn * math.pi / 16 + 0.1), math.sin(turn * math.pi / 16 + 0.1)
    )
    exact = math.hypot(z.real, z.imag)
    for A in (np.array([[z]]), np.diag([z, 0.125 * z])):
        found = enclosed_numerical_radius(A)
        # hypot errs by an ulp.
        assert found.lower <= exact * (1 + 2.0**-52)
        assert found.upper >= exact * (1 - 2.0**-52)
        assert found.width <= 1.1e-6 * exact


@pytest.mark.parametrize("n", [1, 2, 3])
def test_an_abscissa_of_exact_numbers_is_known_to_some_places(n):
    # ω(−I/2 + cN) = −1/2 + |c| cos(π/(n + 1)), and 4 n² u of some twice the norm.
    A = -np.eye(n) / 2 + np.eye(n, k=1)
    exact = -0.5 + float(cosine_of_pi_over(n + 1)) if n > 1 else -0.5
    for B in (A, A.T, 1j * (-1j * A)):
        found = enclosed_numerical_abscissa(B)
        assert found.lower - 1e-15 <= exact <= found.upper + 1e-15
        assert found.width <= 40 * n**2 * 2.0**-53 * 4


def test_what_a_sum_is_taken_for_is_within_its_steps():
    # Next to powers of two a step down is half of a step up.
    tiny = 2.0**-53
    near = np.array([1.0, 1 + 2 * tiny, 1 - tiny, 0.5, -1.0, -1 - 2 * tiny, 1e-320])
    added = np.array([0.0, tiny, tiny - tiny**2, -tiny, tiny**2, -(tiny**2), 0.75])
    X, Y = (part.ravel() for part in np.meshgrid(near, added))
    exact_sums = [Fraction(x) + Fraction(y) for x, y in zip(X, Y, strict=True)]
    real = numerical_range._up_sum(X, Y)
    both = numerical_range._up_sum(X + 1j * X[::-1], Y + 1j * Y[::-1])
    sums = (real, both.real, both.imag[::-1])
    steps = (numerical_range._steps(real), numerical_range._steps(both))
    for total, step in zip(sums, (*steps, steps[1][::-1]), strict=True):
        for x, y, error in zip(exact_sums, total, step, strict=True):
            assert abs(x - Fraction(y)) <= Fraction(error)
    # And the parts share what is allowed to both.
    parts = (numerical_range._steps(part) for part in (both.real, both.imag))
    assert (steps[1] <= (1 + 4 * tiny) * sum(parts) + 1e-320).all()
