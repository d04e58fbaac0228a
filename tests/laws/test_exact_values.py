"""Where all is exact, a bound is its formula but for some tens of u: it is not wider.

One unit, powers of two, permutations and circles with a node where the resolvent is
largest leave no room: a constant that is too large shows as one that is too small does.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from gradlab import verified
from gradlab.bounds import (
    AbsoluteProduct,
    KreissFloor,
    LSTMCeiling,
    NormProduct,
    TwinCeiling,
    cauchy_power,
    common_lyapunov,
    kreiss_ceiling,
    kreiss_floor,
    lstm_ceiling,
    pseudospectral_growth,
)
from gradlab.bounds._circles import Circle
from gradlab.bounds.circle_maximum import log_largest_above, ratio_above
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import AssumptionError
from gradlab.linalg.outward import log_norm_between
from gradlab.testing import powers_of, switched
from gradlab.verified import (
    enclosed_eigenvalues,
    enclosed_log_power_gain,
    enclosed_spectral_radius,
)
from gradlab.verified.singular import singular_values_between
from tests.cases.bounds import BOUNDS
from tests.oracles.gain import exact_product, gain_at_most
from tests.oracles.sides import blunt, exceeded

U = 2.0**-53
# A step costs 4 n² u or less for its norm, 20 u for its logarithm, and u of the sum.
ROOM = 120
BLUNT = {"numerical_radius", "cauchy_power", "kreiss_ceiling"}  # 2 w^T, and circles
GATED = {"lstm_ceiling", "gru_ceiling", "forget_floor"}
SHARP = [name for name in BOUNDS if name not in BLUNT | GATED]
ONES = [0.5, 1.0, -2.0, 2.0**-700, -(2.0**500)]


def room(T, log):
    return ROOM * U * (T + 1) * (1 + abs(log))


def is_beyond_its_inner_end(bound, trajectory):
    """Decide whether the gain, which is the bound, is not between the ends of it."""
    found = bound.enclosed_bound(trajectory)
    P = exact_product(trajectory.chain.factors())
    if bound.direction == "below":
        return not gain_at_most(P, found.upper)
    low = found.lower
    return low > -math.inf and gain_at_most(P, math.nextafter(low, -math.inf))


@pytest.mark.parametrize("name", SHARP)
@pytest.mark.parametrize("w", ONES)
def test_one_unit_has_its_own_gain(name, w):
    bound = BOUNDS[name].bound
    for T in (1, 7):
        one = powers_of(np.array([[w]]), T)
        if name.startswith("orthogonal") and abs(w) != 1:
            with pytest.raises(AssumptionError):
                bound.log_bound(one)
        elif name != "logarithmic_norm" or 0.1 < abs(w) < 10:  # 1 + 2μ + μ² cancels
            assert not exceeded(bound, one)
            assert not blunt(bound, one, room(T, math.log(abs(w))))
            assert not is_beyond_its_inner_end(bound, one)


@pytest.mark.parametrize("name", SHARP)
def test_a_permutation_keeps_lengths(name):
    # It is no Jordan block, no diagonal, more than twice as long by Frobenius, and
    # neither is near I: but for these the gain is 1 and known to be.
    swap = powers_of(np.array([[0.0, 1.0], [1.0, 0.0]]), 6)
    bound = BOUNDS[name].bound
    if name in ("jordan_floor", "diagonal_recurrence"):
        with pytest.raises(AssumptionError):
            bound.log_bound(swap)
    elif name not in ("frobenius_product", "logarithmic_norm"):
        assert not exceeded(bound, swap)
        assert not blunt(bound, swap, 4 * room(6, 0.0))


@pytest.mark.parametrize("r", [0.0, 0.25, 0.3, 0.49])
@pytest.mark.parametrize("w", [0.5, -0.75])
def test_a_form_gives_back_what_its_inverse_lacks(r, w):
    V, R = np.eye(1), np.array([[1 - r]])
    T = 5
    found = common_lyapunov._with_shape(np.full((T, 1, 1), w), V, R)
    exact = T * math.log(abs(w))
    assert gain_at_most(exact_product([[[w]]] * T), found)
    # |RJV|/(1 − r) is |V⁻¹JV|, each time; and κ has the same factor.
    assert found <= exact + room(T, 1.0)


def test_a_form_gives_away_what_its_products_may_lack():
    # Whole numbers throughout: V⁻¹ is R, and V⁻¹SV has norm 2.
    V = R = np.eye(4)
    for i, j, c in ((0, 1, 7), (2, 1, 5), (1, 3, -6), (3, 0, 4), (0, 2, 3)):
        shear = np.eye(4)
        shear[i, j] = c
        V, R = V @ shear, (2 * np.eye(4) - shear) @ R
    S = V @ np.diag([2.0, 1.0, -1.0, 0.5]) @ R
    T = 20
    found = common_lyapunov._with_shape(np.tile(S, (T, 1, 1)), V, R)
    ends = [log_norm_between(one) for one in (V, R)]
    exact = T * math.log(2)
    assert sum(low for low, _ in ends) + exact < found
    # Two products of four terms each, of an exact norm of 2, at every step.
    lack = 2 * 4 * 2.0**-53 * np.linalg.norm(abs(R) @ abs(S) @ abs(V)) / 2
    assert found < sum(high for _, high in ends) + exact + T * lack


@pytest.mark.parametrize("r", [0.51, 1.0, 1.5])
def test_a_form_with_a_residual_from_a_half_on_is_none(r):
    R = np.array([[1 - r]])
    found = common_lyapunov._with_shape(np.ones((2, 1, 1)), np.eye(1), R)
    assert found == math.inf


@pytest.mark.parametrize("z", [1.5, 1.25 + 0.5j, -2.0 + 1.0j])
@pytest.mark.parametrize("T", [1, 3, 40])
def test_growth_shown_by_a_resolvent_is_the_formula(z, T):
    # One unit beside the point: ‖(zI − W)⁻¹‖ = 1/|z − w|; it says the more the nearer.
    w = 1.125 if z == 1.5 else 0.75 * z
    W = np.array([[w]])
    r = abs(z)
    L = (r - 1) * (r / abs(z - w) - 1)
    exact = T * math.log(r) - np.logaddexp(0.0, T * math.log(r) - math.log(L))
    found = pseudospectral_growth._at(W, T, z)
    # |z| is known to 8 u, and L to the cancellation of r − 1 and of r/|z − w| − 1.
    assert exact - 16 * room(T, math.log(r)) < found < exact


@pytest.mark.parametrize("z", [0.5, 1.0, 0.6 + 0.8j, -1.0])
@pytest.mark.parametrize("w", [0.25, -8.0])  # resolvents above and below 1/|z|
def test_no_point_inside_the_unit_circle_shows_growth(z, w):
    assert pseudospectral_growth._at(np.array([[w]]), 5, z) == -math.inf


def test_no_point_at_all_shows_no_growth(monkeypatch):
    monkeypatch.setattr(pseudospectral_growth, "points_outside", lambda W, T: [])
    found = pseudospectral_growth.PseudospectralGrowth().enclosed_bound
    assert found(powers_of(np.array([[2.0]]), 3)).lower == -math.inf


def test_a_turn_keeps_lengths_in_a_basis_that_is_complex():
    # Its sizes grow by 1.4 a step; the Schur form has 0.6 ± 0.8i on its diagonal.
    turn = powers_of(np.array([[0.6, -0.8], [0.8, 0.6]]), 6)
    bound = BOUNDS["triangular_transient"].bound
    assert not exceeded(bound, turn)
    assert not blunt(bound, turn, 8 * room(6, 0.0))


def test_a_resolvent_no_larger_than_that_of_zero_shows_no_growth():
    assert pseudospectral_growth._at(np.array([[0.0]]), 5, 2.0) == -math.inf
    assert pseudospectral_growth._at(np.array([[-0.5]]), 5, 2.0) == -math.inf


@pytest.mark.parametrize("z", [1.5, 3.0 + 4.0j])
def test_a_kreiss_floor_is_the_formula_at_its_points(z, monkeypatch):
    monkeypatch.setattr(kreiss_floor, "points_outside", lambda W, T: [0.5, z])
    W = np.array([[0.875 * z]])
    W = W if np.iscomplexobj(W) else W.astype(float)
    exact = math.log(abs(z) - 1) - math.log(abs(z) / 8)
    if np.iscomplexobj(W):
        W = np.array([[W[0, 0].real, -W[0, 0].imag], [W[0, 0].imag, W[0, 0].real]])
    found = kreiss_floor.KreissFloor().log_bound(powers_of(W, 3))
    assert max(exact, 0.0) - room(1, 1.0) <= found <= max(exact, 0.0)


def test_no_powers_are_below_the_identity():
    # (|z| − 1)/(|z| − ½) is below 1 everywhere, and W⁰ = I.
    assert KreissFloor().log_bound(powers_of(np.array([[0.5]]), 3)) == 0.0


CIRCLES = [(0.5, 1.0, 4), (-0.25, 0.5, 8), (0.5, 2.0, 2), (0.5, 0.5625, 64)]


@pytest.mark.parametrize(("w", "radius", "degree"), CIRCLES)
def test_a_circle_is_the_formula_where_a_node_is_the_largest(w, radius, degree):
    W, tau = np.array([[w]]), (abs(w) / radius) ** degree
    assert tau <= ratio_above(W, radius, degree) <= tau * (1 + room(degree, 1.0))
    # Of N = 32 d nodes, but for d = 64, where N = 4 d is 256.
    between = math.pi / (8 if degree == 64 else 64)
    exact = -math.log(radius - abs(w)) - math.log(math.cos(between))
    exact += math.log1p(tau) - math.log1p(-tau)
    found = log_largest_above(W, radius, degree)
    assert exact <= found <= exact + room(degree, 2.0)


def test_a_ratio_is_as_narrow_as_was_asked_for():
    # ‖W²‖ is 1e-13 of ‖W‖²: float64 knows it to a hundredth, and balls to all places.
    c = 2.0**24
    shear, back = np.array([[1.0, c], [0.0, 1.0]]), np.array([[1.0, -c], [0.0, 1.0]])
    turn = np.array([[1.0, 0.0], [c / 8, 1.0]]), np.array([[1.0, 0.0], [-c / 8, 1.0]])
    W = turn[0] @ shear @ np.diag([1.0, 0.5]) @ back @ turn[1]
    wide = enclosed_log_power_gain(W, 2, atol=1.0)
    narrow = enclosed_log_power_gain(W, 2)
    radius = 2 * float(np.abs(W).max())
    log_ratio = narrow.upper - 2 * math.log(radius)
    assert wide.width > 2e-3
    assert narrow.width <= 1e-9
    assert ratio_above(W, radius, 2) <= math.exp(log_ratio) * 1.001


@pytest.mark.parametrize(("w", "radius", "degree"), CIRCLES)
@pytest.mark.parametrize("T", [1, 5, 8, (1 << 14) - 1])
def test_cauchys_bound_is_the_mean_over_nodes(w, radius, degree, T, monkeypatch):
    monkeypatch.setattr(
        cauchy_power, "best_circle", lambda W, T: Circle(radius, degree)
    )
    N = 4 * degree if 4 * degree > T else 1 << T.bit_length()
    z = radius * np.exp(2j * np.pi * np.arange(N) / N)
    tau = (abs(w) / radius) ** N
    exact = (T + 1) * math.log(radius) + math.log(np.mean(1 / np.abs(z - w)))
    exact += math.log1p(tau)
    found = cauchy_power._above(np.array([[w]]), T)
    assert exact - room(T, 1.0) <= found <= exact + room(T, 4.0)


@pytest.mark.parametrize(("w", "radius", "degree"), CIRCLES)
def test_from_so_many_steps_on_the_maximum_stands_for_the_mean(
    w, radius, degree, monkeypatch
):
    T, circle = 1 << 14, Circle(radius, degree)
    monkeypatch.setattr(cauchy_power, "best_circle", lambda W, T: circle)
    W = np.array([[w]])
    exact = (T + 1) * math.log(radius) + log_largest_above(W, radius, degree)
    found = cauchy_power._above(W, T)
    assert exact - room(T, 1.0) <= found <= exact + room(T, 4.0)


@pytest.mark.parametrize(("w", "radius", "degree"), CIRCLES)
@pytest.mark.parametrize("T", [1, 5])
def test_kreiss_bound_is_its_formula(w, radius, degree, T, monkeypatch):
    circle = Circle(radius, degree)
    monkeypatch.setattr(kreiss_ceiling, "best_circle", lambda W, T: circle)
    W = np.diag([w, w])
    exact = math.log(2) - math.log(T + 1) + (T + 1) * math.log(radius)
    exact += log_largest_above(np.array([[w]]), radius, degree)
    found = kreiss_ceiling._above(W, T)
    assert exact - room(T, 1.0) <= found <= exact + room(T, 4.0)


# 1e-14 is left of two halves of size 1, each known to u: float64 has 1e-2 of it.
_FADE = np.array([np.diag([1.0, 1e-7])] * 2 + [np.diag([1e-7, 1.0])] * 2)
LOST = 14 * math.log(10)


@pytest.mark.parametrize(
    ("enclosed", "atol"),
    [
        (lambda: verified.enclosed_log_gain(_FADE), 1e-9),
        (lambda: verified.enclosed_log_singular_values(_FADE)[0], 1e-9),
        (lambda: AbsoluteProduct().enclosed_bound(switched(_FADE)), 1e-9),
        (lambda: NormProduct().certify(switched(_FADE)).log_gain, 1e-3),
    ],
)
def test_gains_are_as_narrow_as_is_said_where_float64_is_not(enclosed, atol):
    found = enclosed()
    assert found.lower - 1e-14 <= -LOST <= found.upper + 1e-14
    assert found.width <= atol
    loose = verified.enclosed_log_gain(_FADE, atol=1.0)
    assert 2e-3 < loose.width < 1


def test_blocks_that_fade_in_turn_have_a_ceiling_as_narrow(monkeypatch):
    monkeypatch.setattr(lstm_ceiling, "block_norms_above", lambda _: _FADE)
    found = LSTMCeiling().enclosed_bound(BOUNDS["lstm_ceiling"].witness())
    assert found.width <= 1e-9


def test_twins_are_a_millionth_apart_if_nothing_is_said():
    one = run(RNN([[0.5]], [[1.0]], [0.0]), [0.1], [[0.2], [0.3]])
    said = TwinCeiling(separation=1e-6)
    assert TwinCeiling().log_bound(one) == said.log_bound(one)
    assert Fraction(said.separation) == Fraction(1e-6)


@pytest.mark.parametrize("name", ["absolute_product", "entrywise_radius"])
def test_what_is_nilpotent_by_its_zeros_has_no_gain(name):
    # A zero weight is a zero entry, to which no rounding adds a thing.
    shift = powers_of(np.eye(3, k=1), 3)
    assert BOUNDS[name].bound.log_bound(shift) == -math.inf
    assert BOUNDS["triangular_transient"].bound.log_bound(shift) == -math.inf


def test_a_zero_among_singular_values_is_known_in_float64():
    low, high = singular_values_between(np.diag([1.0, 0.5, 0.0]))
    assert (low <= [1.0, 0.5, 0.0]).all()
    assert (high >= [1.0, 0.5, 0.0]).all()
    assert (high - low <= 4 * 9 * 4 * U).all()


@pytest.mark.parametrize(
    "A", [np.diag([3.0, -4.0]), np.diag([0.1, 0.2, 0.3]) + np.eye(3, k=1)]
)
def test_a_triangular_matrix_has_its_diagonal_for_eigenvalues(A):
    for B in (A, A.T):
        found = enclosed_spectral_radius(B)
        assert found.lower == found.upper == np.abs(np.diag(A)).max()
        discs = enclosed_eigenvalues(B)
        assert discs.centres.tolist() == np.diag(A).tolist()
        assert not discs.radii.any()


PRODUCTS = [name for name in SHARP if BOUNDS[name].bound.assumptions == "none"]


@pytest.mark.parametrize("name", PRODUCTS)
def test_one_jacobian_of_zeros_leaves_no_gain_and_a_dead_unit_leaves_some(name):
    bound, A = BOUNDS[name].bound, np.array([[1.0, 2.0], [-3.0, 4.0]])
    cut = switched(np.stack([A, 0 * A, A]))
    assert not exceeded(bound, cut)
    if name != "logarithmic_norm":  # 1 + 2μ + μ² = 0 is known to 1e-15 or so
        assert bound.log_bound(cut) == -math.inf
    for dead in (A * [[1.0], [0.0]], A * [[0.0], [1.0]], A * [1.0, 0.0]):
        assert not exceeded(bound, switched(np.stack([dead] * 3)))


@pytest.mark.parametrize("name", [*SHARP, *sorted(BLUNT)])
def test_no_weights_have_no_gain(name):
    # A sum of −∞ may be neither the lowest float64 nor, some steps on, +∞.
    bound = BOUNDS[name].bound
    nothing = powers_of(np.zeros((2, 2)), 3)
    try:
        found = bound.log_bound(nothing)
    except AssumptionError:
        assert name.startswith("orthogonal")
        return
    if name != "logarithmic_norm":  # 1 + 2μ + μ² = 0 is known to 1e-15 or so
        assert found == -math.inf
