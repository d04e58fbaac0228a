"""Products over time: decided by exact ones, narrow as asked for, zero where zero."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from gradlab.errors import InputError
from gradlab.linalg import graded_product
from gradlab.linalg.arithmetic import Arithmetic
from gradlab.testing import chains
from gradlab.verified import (
    Verdict,
    enclosed_log_gain,
    enclosed_log_singular_values,
    enclosed_norm,
    products,
)
from tests.oracles.gain import exact_product, gain_at_most
from tests.oracles.products import log_singular_values


def is_enclosed(P, found):
    """Decide lower ≤ ln‖P‖₂ ≤ upper for a rational matrix."""
    above = gain_at_most(P, found.upper)
    below = found.lower == -math.inf or not gain_at_most(
        P, Fraction(found.lower) - Fraction(1, 10**30)
    )
    return above and below


@given(chains())
def test_a_gain_is_enclosed(factors):
    found = enclosed_log_gain(factors)
    assert is_enclosed(exact_product(factors), found)
    assert found.width <= 1e-9
    loose = enclosed_log_gain(factors, atol=1e300)
    assert is_enclosed(exact_product(factors), loose)


@given(chains(most=4))
def test_every_singular_value_is_enclosed(factors):
    found = enclosed_log_singular_values(factors, most_bits=512)
    P = exact_product(factors)
    assert is_enclosed(P, found[0])
    n, rank = factors.shape[-1], P.rank()
    # Beyond the rank exactly −inf: these products are short.
    assert (found.upper[rank:] == -math.inf).all()
    assert (found.upper[:rank] > -math.inf).all()
    if rank == n and found.width.max() < 1e-9:
        determinant = P.det()
        exact = Fraction(int(determinant.p), int(determinant.q))
        total = math.log(abs(exact.numerator)) - math.log(exact.denominator)
        # Σ ln σ = ln|det|, to the widths and the rounding of both sides.
        assert found.lower.sum() == pytest.approx(total, abs=1e-8 + 1e-12 * abs(total))


LONG = {
    "gaussian": lambda rng: rng.normal(size=(200, 16, 16)) / 4,
    "decaying": lambda rng: 0.1 * rng.normal(size=(300, 3, 3)),
    "orthogonal": lambda rng: np.linalg.qr(rng.normal(size=(100, 5, 5)))[0],
    "saturated": lambda rng: (
        rng.normal(size=(60, 4, 4)) * np.exp(-9 * rng.random((60, 4, 1)))
    ),
    "shear": lambda rng: np.tile([[1.0, 1.0], [0.0, 1.0]], (500, 1, 1)),
    "huge": lambda rng: 2.0**900 * rng.normal(size=(50, 3, 3)),
}


@pytest.mark.parametrize("name", LONG)
def test_long_products_are_enclosed_as_narrowly_as_asked(name, rng):
    factors = LONG[name](rng)
    found = enclosed_log_gain(factors, atol=1e-9)
    assert found.width <= 1e-9
    measured = graded_product(factors).log_norm
    # The measured gain is right to 1e-10 or so.
    assert found.lower - 1e-9 <= measured <= found.upper + 1e-9


def test_all_singular_values_of_a_long_product(rng):
    factors = rng.normal(size=(40, 4, 4)) / 2
    found = enclosed_log_singular_values(factors)
    assert (found.width <= 1e-9).all()
    exact = log_singular_values(factors)
    # The oracle prints 15 digits.
    assert (found.lower - 1e-12 <= exact).all()
    assert (exact <= found.upper + 1e-12).all()


def test_more_is_asked_and_more_is_given(rng):
    factors = rng.normal(size=(50, 6, 6))
    wide = enclosed_log_gain(factors, atol=1.0)
    narrow = enclosed_log_gain(factors, atol=1e-12)
    assert wide.arithmetic == "float64"
    assert narrow.arithmetic == "balls of 128 bits"
    assert wide.lower <= narrow.lower <= narrow.upper <= wide.upper
    target = narrow.upper + 1e-13
    decided = enclosed_log_gain(
        factors, atol=1.0, until=lambda found: found.at_most(target) is Verdict.PROVED
    )
    assert decided.upper <= target


def test_a_product_that_is_zero_is_found_to_be():
    N = np.array([[3.0, -9.0], [1.0, -3.0]])  # N² = 0
    found = enclosed_log_gain([N, N])
    assert (found.lower, found.upper) == (-math.inf, -math.inf)
    every = enclosed_log_singular_values([N, N])
    assert every.upper.tolist() == [-math.inf] * 2
    assert enclosed_log_gain(np.zeros((3, 2, 2))).upper == -math.inf
    huge = np.array([[1e200, -1e200], [1e200, -1e200]])  # inf − inf in float64
    assert enclosed_log_gain([huge, huge]).upper == -math.inf


def test_a_product_beyond_float64_beside_zeros():
    # inf · 0 in float64; the one entry is the square of the float64 next to 1e300.
    D, swap = np.diag([1e300, 0.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
    factors = np.array([swap, D, D])
    found = enclosed_log_gain(factors)
    assert is_enclosed(exact_product(factors), found)
    assert found.width <= 1e-9


def test_singular_factors_bound_the_rank_of_long_products(rng):
    factors = rng.normal(size=(40, 3, 3))
    factors[20] = np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    factors[30] = np.diag([1.0, 1.0, 0.0])
    found = enclosed_log_singular_values(factors)
    assert found.upper[1:].tolist() == [-math.inf] * 2
    assert found.width[0] <= 1e-9


def test_zero_rows_bound_the_rank_of_long_products(rng):
    # Rows of a dead unit are zero; 40 · 16 is too long to multiply out.  Of 13 units
    # alive before step 25, three are not heard there.
    factors = rng.normal(size=(40, 16, 16))
    factors[:, :3] = 0.0
    factors[25, :, 4:7] = 0.0
    found = enclosed_log_singular_values(factors, atol=1e-3, most_bits=4096)
    assert (found.upper[10:] == -math.inf).all()
    assert (found.lower[:10] > -math.inf).all()
    assert (found.width <= 1e-3).all()


def test_a_rank_that_falls_on_the_way_is_left_open_in_long_products(rng):
    # Every factor has rank 1 or 2, and the product none.  Zeros that can be seen tell;
    # others leave ln 0 open, as low as the bits allow.
    swap, cut = np.eye(2)[::-1], np.diag([1.0, 0.0])
    factors = np.stack([cut, swap, *[np.eye(2)] * 300, cut])
    assert enclosed_log_singular_values(factors).upper[0] == -math.inf
    v = rng.normal(size=2)
    turn = np.array([[v[1], -v[0]], [0.0, 0.0]])  # v is in its kernel
    first, *others = rng.normal(size=(301, 2, 2)) / 2
    chain = [first, np.outer(v, [1.0, 1.0]), turn, *others]
    found = enclosed_log_singular_values(chain, most_bits=128)
    assert found.lower[0] == -math.inf
    assert found.upper[0] < -80 * math.log(2)
    assert "wider than was asked for" in found.reason


@pytest.mark.parametrize(("T", "n", "found"), [(256, 2, True), (171, 3, False)])
def test_512_rows_in_all_are_multiplied_out_to_find_the_rank(T, n, found, rng):
    # The kernel of one factor is what the one before it can reach, aslant; products of
    # three floats have more than 128 bits.
    v = rng.normal(size=n)
    turn = np.zeros((n, n))
    turn[0, :2] = v[1], -v[0]
    into = np.outer(v, np.ones(n))
    first, *others = rng.normal(size=(T - 2, n, n)) / 2
    chain = [first, into, turn, *others]
    every = enclosed_log_singular_values(chain, most_bits=128)
    assert (every.upper[0] == -math.inf) == found


@pytest.mark.parametrize(("at", "rank"), [(15, 1), (16, 2)])
def test_16_singular_factors_of_a_long_product_are_looked_at(at, rank):
    # The third column is the sum of the others; in one factor all are the same.
    chain = np.tile([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [1.0, 1.0, 2.0]], (200, 1, 1))
    chain[at] = [[1.0] * 3, [2.0] * 3, [3.0] * 3]
    assert products._rank_at_most(chain) == rank


@pytest.mark.parametrize("T", [2, 20, 200])
def test_complex_factors_have_the_rank_of_real_ones(T):
    # The third column is the sum of the others; in the first factor all are the same.
    chain = np.tile([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [1.0, 1.0, 2.0]], (T, 1, 1))
    assert products._rank_at_most((3 + 1j) * chain) == 2
    chain[0] = [[1.0] * 3, [2.0] * 3, [3.0] * 3]
    assert products._rank_at_most((3 + 1j) * chain) == 1
    found = enclosed_log_singular_values((3 + 1j) * chain)
    assert found.upper[1:].tolist() == [-math.inf] * 2
    assert found.lower[0] > 0


def test_the_product_of_nothing_is_the_identity():
    for function in (enclosed_log_gain, enclosed_log_singular_values):
        found = function(np.zeros((0, 3, 3)))
        assert not np.any(found.lower)
        assert not np.any(found.upper)
    assert enclosed_log_singular_values(np.zeros((2, 0, 0))).lower.shape == (0,)


def test_one_factor_has_the_gain_of_its_norm(rng):
    A = rng.normal(size=(4, 4))
    gain, norm = enclosed_log_gain([A]), enclosed_norm(A)
    assert gain.lower <= math.log(norm.upper) + 1e-15
    assert gain.upper >= math.log(norm.lower) - 1e-15


@pytest.mark.parametrize("atol", [1e-3, 1e-13])
def test_complex_factors(atol, rng):
    factors = rng.normal(size=(20, 3, 3, 2)) @ [1, 1j]
    real = np.block([[factors.real, -factors.imag], [factors.imag, factors.real]])
    assert is_enclosed(exact_product(real), enclosed_log_gain(factors, atol=atol))
    every = enclosed_log_singular_values(factors, atol=atol)
    twice = enclosed_log_singular_values(real, atol=atol)
    assert (every.lower <= twice.upper[::2]).all()
    assert (twice.lower[::2] <= every.upper).all()


def test_wrong_arithmetic_leaves_it_to_balls(rng):
    wrong = Arithmetic(matmul=lambda X, Y: np.matmul(X, Y) + 1e-3)
    factors = rng.normal(size=(5, 3, 3))
    found = enclosed_log_gain(factors, atol=1.0, arithmetic=wrong)
    assert found.certified
    assert found.arithmetic == "balls of 128 bits"
    assert is_enclosed(exact_product(factors), found)


def test_what_is_no_stack_of_matrices_is_refused():
    for function in (enclosed_log_gain, enclosed_log_singular_values):
        with pytest.raises(InputError, match=r"`factors` must have shape \(T, n, n\)"):
            function(np.zeros((3, 3)))
        with pytest.raises(InputError, match="`factors` must be finite; got nan"):
            function(np.full((1, 2, 2), math.nan))
        with pytest.raises(InputError, match="`factors` must be made of numbers that"):
            function([[[2**53 + 1]]])
        with pytest.raises(InputError, match="`atol` must be a finite number > 0"):
            function(np.zeros((1, 2, 2)), atol=0.0)
