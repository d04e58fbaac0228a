"""Eigenvalues of products against exact integers, closed forms and invariances."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlab.cells import Henon, Logistic
from gradlab.errors import InputError, NonFiniteError, ShapeError
from gradlab.linalg import (
    PeriodicEigenvalues,
    graded_product,
    orthogonal,
    periodic_eigenvalues,
)
from tests.linalg.families import FAMILIES, gaussian_chain, tanh_chain
from tests.linalg.matching import apart, gap
from tests.oracles.eigenvalues import log_moduli_of_complex, logs_and_phases

EPS = np.finfo(float).eps
GOLDEN = math.log((1 + math.sqrt(5)) / 2)


# Against exact integers --------------------------------------------------------------


@pytest.mark.parametrize("T", [1, 2, 30])
@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"complex"}))
def test_families(name, T, rng):
    factors = FAMILIES[name](6, T, rng)
    found, exact = periodic_eigenvalues(factors), logs_and_phases(factors)
    logs, phases = apart(found, exact)
    # Condition numbers reach some hundreds here; columns graded by 1e-8 and condition
    # numbers within the period are not in the estimate, for which a factor 5 is left.
    assert np.all(logs <= 5 * found.errors)
    assert np.all(logs <= 1e-12 * np.maximum(1.0, np.abs(exact[:, 0])))
    assert phases.max() < 1e-11


@pytest.mark.parametrize("gain", [3.0, 20.0])
def test_spreads_of_thousands_of_nats(gain, rng):
    factors = tanh_chain(8, 150, gain, rng)
    found, exact = periodic_eigenvalues(factors), logs_and_phases(factors)
    spread = exact[0, 0] - exact[-1, 0]
    assert spread > 250 * gain
    logs, phases = apart(found, exact)
    assert (logs <= found.errors).all()
    assert (logs / np.abs(exact[:, 0])).max() < 1e-12
    assert phases.max() == 0.0  # all real, and the signs are signs


def test_one_matrix_is_what_lapack_finds(rng):
    (A,) = gaussian_chain(64, 1, rng)
    found = periodic_eigenvalues([A])
    values = np.linalg.eigvals(A)
    expected = np.sort(np.log(np.abs(values)))[::-1]
    # Both are off by n ε times condition numbers of up to 20.
    np.testing.assert_allclose(found.log_moduli, expected, rtol=0, atol=1e-12)
    pairs = [np.sort_complex(v.round(9)) for v in (found.values(), values)]
    np.testing.assert_allclose(*pairs, atol=1e-9)
    assert found.closing <= 8 * 64 * EPS


def test_complex_factors(rng):
    factors = FAMILIES["complex"](5, 40, rng)
    found = periodic_eigenvalues(factors)
    exact = log_moduli_of_complex(factors)
    np.testing.assert_allclose(found.log_moduli, exact, rtol=0, atol=1e-12)
    # The phases of all eigenvalues add up to that of the determinant.
    turn = np.angle(np.linalg.det(factors)).sum() - found.phases.sum()
    assert abs(math.remainder(turn, 2 * math.pi)) < 1e-12


small = st.integers(-3, 3)


@given(st.integers(1, 5), st.integers(1, 6), st.data())
@settings(max_examples=40)
def test_integers(n, T, data):
    factors = np.array(
        data.draw(st.lists(small, min_size=T * n * n, max_size=T * n * n))
    )
    factors = factors.reshape(T, n, n).astype(float)
    found, exact = periodic_eigenvalues(factors), logs_and_phases(factors)
    # How often 0 is an eigenvalue is exact, also where it is defective.
    zeros = np.isneginf(found.log_moduli)
    np.testing.assert_array_equal(zeros, np.isneginf(exact[:, 0]))
    assert np.all(found.errors[zeros] == 0.0)
    logs, _ = apart(found, exact)
    assert np.all(logs <= 20 * found.errors)


@pytest.mark.parametrize("T", [1, 3])
@pytest.mark.parametrize("n", [2, 3, 5])
def test_defective_eigenvalues_own_up_to_being_split(n, T, rng):
    # S J S⁻¹ in integers, J one Jordan block: rounding splits it by ε^(1/n).
    for _ in range(10):
        A = rng.integers(1, 4) * np.eye(n) + np.eye(n, k=1)
        exact = T * math.log(A[0, 0])
        for _ in range(n):
            i, j = rng.permutation(n)[:2]
            A[i] += A[j]
            A[:, j] -= A[:, i]
        found = periodic_eigenvalues([A] * T)
        gaps = np.abs(found.log_moduli - exact)
        # Errors are estimates; those of a split eigenvalue are of its own size.
        assert np.all(gaps <= 4 * found.errors)
        assert found.errors.max() < 100 * EPS ** (1 / n)


@pytest.mark.slow
def test_ten_thousand_factors_do_not_care_where_the_cycle_begins(rng):
    factors = tanh_chain(32, 10_000, 8.0, rng)
    found = periodic_eigenvalues(factors)
    assert found.log_moduli[0] - found.log_moduli[-1] > 200_000
    again = periodic_eigenvalues(np.roll(factors, 4321, axis=0))
    sizes = np.abs(found.log_moduli)
    assert (np.abs(again.log_moduli - found.log_moduli) / sizes).max() < 1e-12
    np.testing.assert_array_equal(again.signs, found.signs)
    total = graded_product(factors).log_abs_det
    assert abs(found.log_moduli.sum() - total) < 1e-12 * abs(total)


# Closed forms ------------------------------------------------------------------------


def test_diagonal_factors_are_exact(rng):
    logs = rng.normal(scale=100, size=(500, 4))
    signs = rng.choice([-1.0, 1.0], size=(500, 4))
    factors = np.einsum("ti,ij->tij", signs * np.exp(logs), np.eye(4))
    sums = np.array([math.fsum(np.log(np.abs(f))) for f in factors.diagonal(0, 1, 2).T])
    order = np.argsort(-sums)
    found = periodic_eigenvalues(factors)
    np.testing.assert_array_equal(found.log_moduli, sums[order])
    np.testing.assert_array_equal(found.signs, signs.prod(axis=0)[order])


def test_triangular_factors_show_their_diagonals(rng):
    # Defective as a product: general methods find (0.9^T)^(1/8) of all digits.
    factors = FAMILIES["upper triangular"](8, 200, rng)[:, :, ::-1][:, ::-1]
    found = periodic_eigenvalues(factors)
    expected = 200 * math.log(0.9)
    np.testing.assert_allclose(found.log_moduli, expected, rtol=4 * EPS)
    assert found.signs.tolist() == [1.0] * 8


@pytest.mark.parametrize("T", [1, 17, 18, 5000])  # 18 and more are where others fail
def test_cat_map_powers(T):
    found = periodic_eigenvalues([[[2.0, 1.0], [1.0, 1.0]]] * T)
    exact = np.array([2 * T * GOLDEN, -2 * T * GOLDEN])
    np.testing.assert_allclose(found.log_moduli, exact, rtol=1e-14)
    assert found.signs.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("T", [1, 4, 1001])
def test_turns_add_up(T, rng):
    angle, size = 0.3, 1.7
    c, s = size * math.cos(angle), size * math.sin(angle)
    basis = rng.normal(size=(2, 2))
    turn = basis @ np.array([[c, -s], [s, c]]) @ np.linalg.inv(basis)
    found = periodic_eigenvalues([turn] * T)
    # Rounding the turn costs cond(basis) ε, T times.
    tolerance = 4 * T * EPS * np.linalg.cond(basis)
    assert abs(found.log_moduli - T * math.log(size)).max() < tolerance
    turns = [math.remainder(p - T * angle, 2 * math.pi) for p in found.phases]
    assert min(map(abs, turns)) < tolerance
    assert found.phases[0] == -found.phases[1] > 0


def test_roots_of_a_shift_with_a_small_return():
    # λ^6 = 1e-300 2^5: six eigenvalues on a circle, out of entries 1e300 apart.
    J = np.diag([2.0] * 5, 1)
    J[5, 0] = 1e-300
    found = periodic_eigenvalues([J])
    expected = (math.log(1e-300) + 5 * math.log(2)) / 6
    np.testing.assert_allclose(found.log_moduli, expected, rtol=1e-14)
    turns = np.sort(found.phases) * 3 / math.pi
    np.testing.assert_allclose(turns, [-2, -1, 0, 1, 2, 3], atol=1e-12)


def test_multipliers_of_the_logistic_two_cycle():
    # The multiplier of the 2-cycle is 4 + 2r − r².
    r = 3.2
    root = math.sqrt((r - 3) * (r + 1))
    orbit = np.array([[(r + 1 + root) / (2 * r)], [(r + 1 - root) / (2 * r)]])
    factors = Logistic(r).jacobian(orbit, np.zeros((2, 0)))
    found = periodic_eigenvalues(factors)
    assert abs(found.log_moduli[0] - math.log(4 + 2 * r - r**2)) < 1e-13
    assert found.signs[0] == 1.0


def test_multipliers_of_the_henon_two_cycle():
    # x₁, x₂ are the roots of a²x² − a(1 − b)x + (1 − b)² − a, with y = b x of the
    # other; P = J₂J₁ has trace 4a²x₁x₂ + 2b and determinant b².
    a, b = 1.4, 0.3
    x = np.roots([a**2, -a * (1 - b), (1 - b) ** 2 - a])
    orbit = np.array([[x[0], b * x[1]], [x[1], b * x[0]]])
    factors = Henon(a, b).jacobian(orbit, np.zeros((2, 0)))
    trace = 4 * ((1 - b) ** 2 - a) + 2 * b
    larger = (trace - math.sqrt(trace**2 - 4 * b**2)) / 2
    found = periodic_eigenvalues(factors)
    exact = [math.log(abs(larger)), math.log(b**2 / abs(larger))]
    np.testing.assert_allclose(found.log_moduli, exact, rtol=1e-13)
    assert found.signs.tolist() == [-1.0, -1.0]


def test_orthogonal_factors_have_moduli_of_1(rng):
    factors = np.array([orthogonal(7, gain=1.0, rng=rng) for _ in range(300)])
    found = periodic_eigenvalues(factors)
    assert np.abs(found.log_moduli).max() < 300 * 4 * EPS
    det = np.prod(np.linalg.det(factors).round())
    signs = found.signs[~np.isnan(found.signs)]
    assert signs.prod() == det


# Zeros -------------------------------------------------------------------------------


def test_nilpotent_products_have_only_zeros(rng):
    Q = rng.integers(-2, 3, size=(4, 4)) + 7 * np.eye(4)
    shift = np.diag(np.ones(3), 1)
    # Q⁻¹ is not a matrix of floats; two factors whose product is similar to the shift.
    found = periodic_eigenvalues([Q, shift @ np.diag([1.0, 2.0, 4.0, 8.0])])
    assert np.isneginf(logs_and_phases([Q, shift @ np.diag([1.0, 2, 4, 8])])[-1, 0])
    assert np.isneginf(found.log_moduli).sum() == 1
    only = periodic_eigenvalues([shift] * 3)
    assert np.isneginf(only.log_moduli).all()
    assert only.log_radius == -math.inf
    assert str(only).endswith("λ_4  0")


def test_dead_units_are_zeros(rng):
    factors = rng.normal(size=(9, 6, 6)) * (rng.random((9, 6, 1)) < 0.7)
    found, exact = periodic_eigenvalues(factors), logs_and_phases(factors)
    logs, _ = apart(found, exact)
    assert np.isneginf(found.log_moduli).sum() >= 2
    assert logs.max() < 1e-13


def test_digits_that_cancel():
    # det = 1 with entries of 1e8, and a matrix of rank 2 that float64 takes for 3.
    near = [[1e8, 1e8 + 1], [1e8 - 1, 1e8]]
    logs, _ = apart(periodic_eigenvalues([near] * 5), logs_and_phases([near] * 5))
    assert logs.max() < 1e-13
    counting = [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]
    found = periodic_eigenvalues([counting])
    assert found.log_moduli[2] == -math.inf
    values = (15 + math.sqrt(297)) / 2, (15 - math.sqrt(297)) / 2
    np.testing.assert_allclose(found.values()[:2].real, values, rtol=1e-14)


# The result and the door -------------------------------------------------------------


@pytest.fixture
def factors(rng):
    return gaussian_chain(5, 12, rng)


def test_words_and_views(rng):
    found = periodic_eigenvalues([np.diag([2.0, -0.5, 1.0])] * 3)
    head, *lines = str(found).splitlines()
    assert head == "3 eigenvalues of a product of 3 factors"
    assert lines[0].startswith("λ_1  ln|λ| = +2.079442 ±")
    assert lines[0].endswith("×8, positive")
    assert lines[2].endswith("negative")
    np.testing.assert_allclose(found.values(), [8.0, 1.0, -0.125], rtol=1e-14)
    assert (found.values().imag == 0).all()
    np.testing.assert_allclose(found.rates, [math.log(2), 0, -math.log(2)])
    pair = periodic_eigenvalues([[[0.0, -1.0], [1.0, 0.0]]])
    assert "at +90°" in str(pair)
    assert np.isnan(pair.signs).all()
    np.testing.assert_allclose(pair.values(), [1j, -1j], atol=1e-15)
    wide = periodic_eigenvalues([np.diag(np.arange(1.0, 15.0))])
    assert len(str(wide).splitlines()) == 12


def test_values_beyond_float64_are_infinite_or_0():
    found = periodic_eigenvalues([np.diag([1e200, 1e-200])] * 2)
    assert found.values().tolist() == [np.inf, 0.0]


def test_saved_and_loaded(tmp_path, factors):
    found = periodic_eigenvalues(factors)
    back = PeriodicEigenvalues.load(found.save(tmp_path / "cycle"))
    np.testing.assert_array_equal(back.phases, found.phases)
    assert back.steps == 12
    assert "bojanczyk1992periodic" in found.cite()


def test_iterables_are_read_once(factors):
    expected = periodic_eigenvalues(factors)
    found = periodic_eigenvalues(J for J in factors)
    np.testing.assert_array_equal(found.log_moduli, expected.log_moduli)


def test_no_factors_and_no_size():
    none = periodic_eigenvalues(np.zeros((0, 3, 3)))
    assert none.log_moduli.tolist() == [0.0] * 3
    with pytest.raises(InputError, match="a rate needs T >= 1 steps; got T = 0"):
        _ = none.rates
    empty = periodic_eigenvalues(np.zeros((4, 0, 0)))
    assert empty.log_moduli.shape == (0,)
    assert empty.log_radius == -math.inf


def test_the_callers_array_is_left_alone(factors):
    before = factors.copy()
    factors.setflags(write=False)
    periodic_eigenvalues(factors)
    np.testing.assert_array_equal(factors, before)


def test_refusals(rng):
    with pytest.raises(ShapeError, match=r"`factors` must have shape \(T, n, n\)"):
        periodic_eigenvalues(np.zeros((3, 3)))
    with pytest.raises(NonFiniteError, match=r"at index \(1, 0, 0\)"):
        periodic_eigenvalues([[[1.0]], [[np.nan]]])
    with pytest.raises(InputError, match="`factors` is empty"):
        periodic_eigenvalues(iter([]))
    with pytest.raises(InputError, match="`engine` must be one of"):
        periodic_eigenvalues([[[1.0]]], engine="fortran")


def test_lost_digits_are_owned_up_to():
    # Rows that differ by up to 1e40, otherwise from step to step, and singular factors:
    # of some eigenvalues that are not 0 no digit is left.  Conditions within the period
    # are not estimated, so a few errors are understated here.
    rng = np.random.default_rng(1473)
    covered, lost = [], 0
    for _ in range(60):
        n, T = (int(k) for k in rng.integers(2, 6, size=2))
        sizes = 10.0 ** rng.integers(-20, 20, size=(T, n, 1))
        factors = rng.integers(-2, 3, size=(T, n, n)) * sizes
        found, exact = periodic_eigenvalues(factors), logs_and_phases(factors)
        gaps = np.array([*map(gap, found.log_moduli, exact[:, 0])])
        covered += [*(gaps <= 20 * found.errors)]
        lost += np.count_nonzero(gaps > 1e-3)
    assert lost > 0
    assert np.mean(covered) > 0.95
