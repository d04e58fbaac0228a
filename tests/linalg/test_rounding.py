"""Directed rounding against exact rationals, at every boundary of float64."""

import math
import sys
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.linalg import rounding, scalar_rounding
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic
from gradlab.linalg.rounding import (
    down_abs,
    down_exp,
    down_log,
    down_log1p,
    down_pow,
    down_root,
    down_sqrt,
    down_sum,
    down_sums,
    down_times,
    mm,
    up_abs,
    up_distance,
    up_exp,
    up_log,
    up_log1p,
    up_pow,
    up_root,
    up_sqrt,
    up_sum,
    up_sums,
    up_times,
)
from gradlab.testing import matrices
from tests.cases.adversaries import ADVERSARIES
from tests.oracles.precision import ball_precision

ETA, NORMAL, MAX, U = 2.0**-1074, 2.0**-1022, sys.float_info.max, 2.0**-53
SIZES = [
    *(0.0, ETA, 3 * ETA, NORMAL - ETA, NORMAL, NORMAL + ETA, 2.0**-538, 2.0**-537),
    *(1 - U, 1.0, 1 + 2 * U, 0.1, 1 / 3, 3.0, 2.0**53 - 1, 2.0**53 + 2),
    *(2.0**511, 2.0**512, MAX / 2, MAX * (1 - 2 * U), MAX),
]
BOUNDARY = [*SIZES, *(-x for x in SIZES)]

EXACT = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}
FLOAT = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}


def not_above(x, exact):
    """Decide x ≤ exact for a float that may be infinite and a Fraction."""
    return x == -math.inf or (x < math.inf and Fraction(x) <= exact)


def not_below(x, exact):
    return not_above(-x, -exact)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("module", [rounding, scalar_rounding])
def test_an_operation_is_enclosed_within_one_step_of_its_rounded_value(module, name):
    up, down = getattr(module, f"up_{name}"), getattr(module, f"down_{name}")
    for a in BOUNDARY:
        for b in BOUNDARY if name != "div" else [b for b in BOUNDARY if b]:
            exact = EXACT[name](Fraction(a), Fraction(b))
            low, high = float(down(a, b)), float(up(a, b))
            assert not_above(low, exact)
            assert not_below(high, exact)
            with np.errstate(all="ignore"):
                nearest = float(FLOAT[name](a, b))
            assert low == math.nextafter(nearest, -math.inf)
            assert high == math.nextafter(nearest, math.inf)


@pytest.mark.parametrize("name", EXACT)
def test_arrays_are_numbers_side_by_side(name):
    up, down = getattr(rounding, f"up_{name}"), getattr(rounding, f"down_{name}")
    a, b = np.array(BOUNDARY), np.array([*BOUNDARY[1:], 7.0])
    for directed in (up, down):
        each = [float(directed(x, y)) for x, y in zip(a, b, strict=True)]
        np.testing.assert_array_equal(directed(a, b), each)


@given(*[st.floats(allow_nan=False, allow_infinity=False)] * 4)
def test_wider_operands_give_wider_results(a, b, c, d):
    (a, b), (c, d) = sorted((a, b)), sorted((c, d))
    for name in ("add", "sub"):
        up, down = getattr(rounding, f"up_{name}"), getattr(rounding, f"down_{name}")
        first, last = (c, d) if name == "add" else (d, c)
        assert up(a, first) <= up(b, last)
        assert down(a, first) <= down(b, last)
    a, b, c, d = sorted(map(abs, (a, b, c, d)))
    for directed in (rounding.up_mul, rounding.down_mul):
        assert directed(a, c) <= directed(b, d)
    for directed in (rounding.up_div, rounding.down_div):
        assert c == 0 or directed(a, d) <= directed(b, c)
    for directed in (up_sqrt, down_sqrt, lambda x: up_pow(x, 3)):
        assert directed(a) <= directed(b)


def test_an_overflow_is_enclosed_by_the_largest_float_and_infinity():
    assert rounding.up_add(MAX, MAX) == math.inf
    assert rounding.down_add(MAX, MAX) == MAX
    assert rounding.up_mul(-MAX, MAX) == -MAX
    assert rounding.down_mul(-MAX, MAX) == -math.inf
    assert rounding.down_div(MAX, ETA) == MAX


@pytest.mark.parametrize("module", [rounding, scalar_rounding])
@pytest.mark.parametrize("name", ["up_div", "down_div"])
def test_a_quotient_by_zero_has_no_bound(module, name):
    for a in (0.0, 1.0, -1.0):
        assert math.isnan(getattr(module, name)(a, 0.0))
        assert math.isnan(getattr(module, name)(a, -0.0))


@pytest.mark.parametrize("module", [rounding, scalar_rounding])
def test_a_nan_stays_one(module):
    for name in module.__all__:
        function = getattr(module, name)
        if name == "mm":
            continue
        if name in ("up_sum", "down_sum"):
            found = function([1.0, math.nan])
        elif name in ("up_sums", "down_sums"):
            found = function(np.array([1.0, math.nan]))
        elif name.endswith(("add", "sub", "mul", "div", "distance")):
            found = function(math.nan, 1.0)
        elif name.endswith(("pow", "root", "ldexp")):
            found = function(math.nan, 3)
        elif name.endswith("times"):
            found = function(3, math.nan)
        else:
            found = function(math.nan)
        assert math.isnan(found), name


@pytest.mark.parametrize("module", [rounding, scalar_rounding])
def test_square_roots_are_enclosed_by_their_squares(module):
    for a in SIZES:
        low, high = (Fraction(float(f(a))) for f in (module.down_sqrt, module.up_sqrt))
        assert low**2 <= Fraction(a) <= high**2
        nearest = Fraction(math.sqrt(a))
        assert high - low <= nearest * Fraction(2) ** -51 + Fraction(ETA)
    assert math.isnan(module.up_sqrt(-1.0))
    assert math.isnan(module.down_sqrt(-1.0))


@pytest.mark.parametrize("k", [0, 1, 2, 3, 7, 100, 1075])
def test_powers_are_enclosed(k):
    for a in [0.0, ETA, 0.01, 0.5, 1 - U, 1.0, 1 + 2 * U, 1.5, 3.0, MAX]:
        exact = Fraction(a) ** k
        low, high = float(down_pow(a, k)), float(up_pow(a, k))
        assert low >= 0
        assert not_above(low, exact)
        assert not_below(high, exact)
        if low > NORMAL and high < math.inf:
            # Every product moves by one step, 2u at most, and k of them multiply.
            assert high / low <= 1 + 5 * max(k, 1) * 2 * U
    assert math.isnan(up_pow(-1.0, 2))
    assert math.isnan(down_pow(-1.0, 2))


@pytest.mark.parametrize("k", [1, 2, 3, 7, 100, 1075])
def test_roots_are_enclosed_by_their_powers(k):
    for a in SIZES:
        low, high = down_root(a, k), up_root(a, k)
        assert Fraction(low) ** k <= Fraction(a) <= Fraction(high) ** k
        if a > NORMAL:
            # A power of k factors is known to 5k steps, so its root to some 5 of them;
            # `pow` takes the float 1/k, which is ln(a)/k of a step more.
            steps = 8 + abs(math.log(a)) / k
            assert high / low <= 1 + steps * 2 * U
    assert math.isnan(up_root(math.nan, k))
    assert up_root(math.inf, k) == math.inf


@given(st.lists(st.floats(-MAX / 32, MAX / 32), max_size=20))
def test_sums_enclose_the_exact_sum(terms):
    exact = sum(map(Fraction, terms), Fraction(0))
    assert not_above(down_sum(terms), exact)
    assert not_below(up_sum(terms), exact)
    low, high = down_sums(np.array(terms)), up_sums(np.array(terms))
    assert not_above(float(low), exact)
    assert not_below(float(high), exact)


def test_sums_with_infinite_and_with_many_small_terms():
    assert up_sum([-math.inf, 1.0]) == down_sum([-math.inf, 1.0]) == -math.inf
    assert up_sum([math.inf, 1.0]) == math.inf
    assert math.isnan(up_sum([math.inf, -math.inf]))
    assert up_sum([MAX, MAX, -MAX]) == math.inf  # fsum gives up; the sum is MAX
    assert down_sum([MAX, MAX, -MAX]) == -math.inf
    # 1 + 1000 · 2⁻⁵³: one step above the naive sum is not enough.
    terms = [1.0, *[U] * 1000]
    exact = 1 + 1000 * Fraction(U)
    assert math.nextafter(sum(terms), math.inf) < exact <= up_sum(terms)
    assert exact <= Fraction(float(up_sums(np.array(terms))))
    assert (up_sums(np.zeros((2, 0))) <= 4 * ETA).all()


def test_rows_of_an_array_are_summed_with_an_error_of_n_u():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 300))
    for row, low, high in zip(X, down_sums(X), up_sums(X), strict=True):
        exact = sum(map(Fraction, row.tolist()))
        assert low <= exact <= high
        assert high - low <= 2 * 301 * U * np.abs(row).sum()


def ball(function, x):
    with ball_precision(200):
        return function(flint.arb(x))


RANGES = {
    "log": (2.0 ** np.linspace(-1074, 1023.9, 4001), flint.arb.log),
    "log near 1": (1 + np.linspace(-1e-3, 1e-3, 2001), flint.arb.log),
    "log1p": (np.geomspace(1e-300, 1e300, 2001), flint.arb.log1p),
    "log1p below 0": (-np.geomspace(1e-300, 1 - U, 2001), flint.arb.log1p),
    "exp": (np.linspace(-745.2, 709.7, 6001), flint.arb.exp),
    "exp near 0": (np.linspace(-1e-3, 1e-3, 2001), flint.arb.exp),
}
DIRECTED = {
    "log": (down_log, up_log),
    "log1p": (down_log1p, up_log1p),
    "exp": (down_exp, up_exp),
}


@pytest.mark.parametrize("name", RANGES)
def test_transcendental_functions_are_enclosed(name):
    points, function = RANGES[name]
    down, up = DIRECTED[name.split()[0]]
    # As arrays and one by one: NumPy computes the two by different code.
    lows, highs = down(points), up(points)
    for x, low, high in zip(points.tolist(), lows, highs, strict=True):
        truth = ball(function, x)
        assert low <= truth <= high
        assert down(x) <= truth <= up(x)
        # 4 ulp to either side, one for each rounding of the widening, and underflow.
        assert high - low <= 14 * 2 * U * abs(truth) + 16 * ETA


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("name", ["log", "log1p", "exp"])
def test_a_library_that_errs_by_four_ulp_is_covered(name, sign, monkeypatch):
    right = getattr(np, name)
    monkeypatch.setattr(
        np, name, lambda x, dtype: right(x, dtype=dtype) * (1 + sign * 3.4 * 2.0**-52)
    )
    down, up = DIRECTED[name]
    for x in (1e-3, 0.3, 0.5, 1.5, 7.0, 20.0):
        assert down(x) <= ball(RANGES[name][1], x) <= up(x)


def test_ends_of_the_transcendental_functions():
    assert up_log(0.0) == down_log(0.0) == -math.inf
    assert up_log(math.inf) == down_log(math.inf) == math.inf
    assert math.isnan(up_log(-1.0))
    assert up_log1p(0.0) <= 4 * ETA
    assert up_exp(-math.inf) == down_exp(-math.inf) == 0
    assert up_exp(-1e4) <= 16 * ETA
    assert (down_exp(1e4), up_exp(1e4)) == (pytest.approx(MAX, rel=1e-14), math.inf)
    assert up_exp(-1e4) > 0 == down_exp(-1e4)


@pytest.mark.parametrize("exponent", [-(10**6), -1074, -1, 0, 1, 52, 2000, 10**7])
def test_logarithms_of_scaled_numbers_are_enclosed(exponent):
    for x in (0.5, 0.7, 1.0, 1.5, ETA):
        with ball_precision(200):
            truth = flint.arb(x).log() + exponent * flint.arb.const_log2()
            low, high = down_log(x, exponent), up_log(x, exponent)
            assert low <= truth <= high
        # 4 ulp of ln x and a few of e ln 2.
        assert high - low <= 1e-15 * (8 * abs(math.log(x)) + 4 * abs(exponent)) + 1e-320


def exact_entry(X, Y, i, j):
    total = [Fraction(0), Fraction(0)]
    for x, y in zip(X[i].tolist(), Y[:, j].tolist(), strict=True):
        a, b, c, d = (Fraction(z) for z in (x.real, x.imag, y.real, y.imag))
        total[0] += a * c - b * d
        total[1] += a * d + b * c
    return total


def check_product(X, Y, arithmetic=FLOAT64):
    C, E = mm(X, Y, arithmetic)
    for i, j in np.argwhere(np.isfinite(C) & np.isfinite(E)):
        real, imaginary = exact_entry(X, Y, i, j)
        error = (real - Fraction(C[i, j].real)) ** 2
        error += (imaginary - Fraction(C[i, j].imag)) ** 2
        assert error <= Fraction(E[i, j]) ** 2


@given(st.data(), st.integers(1, 5))
def test_the_error_of_a_product_is_covered_entry_by_entry(data, n):
    X, Y = data.draw(matrices(n)), data.draw(matrices(n))
    check_product(X, Y)
    check_product(X, X.T)


@pytest.mark.parametrize("size", [ETA, 2.0**-600, 2.0**-537, 1.0, 2.0**500])
def test_products_that_underflow_and_complex_products_are_covered(size, rng):
    X, Y = rng.normal(size=(2, 3, 4, 2)) @ [1, 1j]
    check_product(size * X.real, Y.real.T)
    check_product(size * X.real, size * Y.real.T)
    check_product(size * X, Y.T)
    check_product(size * X.real, Y.T)


def test_the_error_bound_of_a_product_is_k_u_and_not_much_more(rng):
    X, Y = rng.normal(size=(5, 7)), rng.normal(size=(7, 4))
    _, E = mm(X, Y)
    least = 7 * U * (np.abs(X) @ np.abs(Y))
    # Beside k u, the relative rounding of the bound itself, some 20 u.
    assert ((least <= E) & (least * (1 + 30 * U) >= E)).all()
    stack, errors = mm(np.stack([X, X]), np.stack([Y, Y]))
    assert stack.shape == errors.shape == (2, 5, 4)
    assert mm(np.zeros((2, 0)), np.zeros((0, 3)))[0].tolist() == [[0.0] * 3] * 2


def test_multiples_keep_the_logarithm_of_zero():
    assert up_times(7, -math.inf) == down_times(7, -math.inf) == -math.inf
    assert down_times(3, 0.1) <= 3 * Fraction(0.1) <= up_times(3, 0.1)
    assert up_times(3, 0.1) - down_times(3, 0.1) <= 2 * math.ulp(0.3)


@pytest.mark.parametrize("z", [3 + 4j, 1e-320 + 1e-320j, 1.7e308 + 1e308j, 0j, -2.5])
def test_absolute_values_are_enclosed(z):
    square = Fraction(np.real(z)) ** 2 + Fraction(np.imag(z)) ** 2
    low, high = float(down_abs(z)), float(up_abs(z))
    assert 0 <= Fraction(low) ** 2 <= square
    assert high == math.inf or square <= Fraction(high) ** 2
    assert not isinstance(z, float) or low == high == 2.5


def test_distances_are_rounded_up(rng):
    X, Y = np.array(BOUNDARY), np.array(BOUNDARY[::-1])
    for x, y, gap in zip(X, Y, up_distance(X, Y), strict=True):
        assert not_below(float(gap), abs(Fraction(x) - Fraction(y)))
    assert up_distance(np.array([1 + 1j]), np.array([4.0 - 3j]))[0] >= 5


def test_float32_is_taken_as_the_numbers_it_is():
    # In float32 1 + 2⁻³⁰ is 1 and 10⁻³⁰⁰ is 0; a step upward is 2⁻²³.
    one, tiny = np.ones(1, np.float32), np.full(1, 2.0**-30, np.float32)
    assert 1 + 2.0**-30 <= rounding.up_add(one, tiny)[0] < 1 + 2.0**-29
    assert rounding.up_mul(one, 1e-300)[0] >= 1e-300
    assert rounding.down_div(one, np.full(1, 3, np.float32))[0] > 1 / 3 - 2.0**-50
    assert up_exp(tiny)[0] < 1 + 2.0**-29
    assert up_log(1 + one)[0] < math.log(2) + 2e-15
    assert down_sqrt(one)[0] > 1 - 2.0**-50
    assert up_sums(np.stack([one, tiny], axis=1))[0] < 1 + 2.0**-29
    C, E = mm(np.stack([one, tiny], axis=1), np.ones((2, 1), np.float32))
    assert abs(C[0, 0] - (1 + 2.0**-30)) <= E[0, 0] < 1e-15


@pytest.mark.parametrize("arithmetic", ADVERSARIES.values(), ids=ADVERSARIES)
def test_sums_and_products_hold_for_the_worst_arithmetic(arithmetic):
    rng = np.random.default_rng(9)
    for size in (1e-3, 1.0, 1e3):
        X, Y = size * rng.normal(size=(3, 4)), rng.normal(size=(4, 3))
        for A, B in ((X, Y), (np.abs(X), np.abs(Y))):
            check_product(A, B, arithmetic)
            ends = down_sums(A, arithmetic), up_sums(A, arithmetic)
            for row, low, high in zip(A.tolist(), *ends, strict=True):
                assert low <= sum(map(Fraction, row)) <= high


def test_arithmetic_that_keeps_no_digit_bounds_nothing():
    blunt = Arithmetic(unit=0.25)
    X = np.ones((2, 5))
    assert up_sums(X, blunt).tolist() == [math.inf] * 2
    assert down_sums(X, blunt).tolist() == [-math.inf] * 2
    assert (mm(X, X.T, blunt)[1] == math.inf).all()


def test_a_product_that_overflows_says_so():
    C, E = mm(np.array([[MAX, MAX]]), np.array([[1.0], [1.0]]))
    assert not (np.isfinite(C).all() and np.isfinite(E).all())
