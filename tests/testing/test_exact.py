"""Exact decisions agree with rationals of another library, and with closed forms."""

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError, NonFiniteError, ShapeError
from gradlab.testing import chains, gain_at_least, gain_at_most
from gradlab.testing.exact import exp_between
from tests.oracles import gain

JUST = Fraction(1, 10**200)
SHIFTS = st.sampled_from([0, 1e-12, -1e-12, 1e-3, -1e-3, 1.0, -1.0])


@given(chains(4), SHIFTS)
def test_decisions_are_those_of_rational_polynomials(factors, shift):
    P = gain.exact_product(factors)
    with np.errstate(all="ignore"):
        norms = np.linalg.svd(factors / max(np.abs(factors).max(), 1e-300))[1][:, 0]
        near = np.log(norms).sum() + shift
    for bound in (near, 0.0) if math.isfinite(near) else (0.0,):
        assert gain_at_most(factors, bound) == gain.gain_at_most(P, bound)
        assert gain_at_least(factors, bound) or gain_at_most(factors, bound)


@given(st.fractions(-2000, 2000), st.sampled_from([20, 128, 400]))
def test_the_exponential_is_enclosed(x, bits):
    low, high, power = exp_between(x, bits)
    with mp.workprec(8000):
        exact = mp.exp(mp.mpf(x.numerator) / x.denominator)
        assert mp.ldexp(low, power) <= exact <= mp.ldexp(high, power)
    assert high - low <= 4  # one for each end that is cut off, and what both lack


def test_equality_is_seen_where_it_can_be():
    turn = [[[0.6, -0.8], [0.8, 0.6]]]  # not orthogonal: 0.6² + 0.8² as floats is not 1
    swap = [[[0.0, 1.0], [1.0, 0.0]]] * 7
    assert gain_at_most(swap, 0)
    assert gain_at_least(swap, 0)
    assert not gain_at_most(swap, -JUST)
    assert not gain_at_least(swap, JUST)
    assert gain_at_most(turn, 0) != gain_at_least(turn, 0)


def test_a_product_that_is_zero_is_below_everything():
    nothing = [[[0.0, 1.0], [0.0, 0.0]]] * 2
    assert gain_at_most(nothing, -math.inf)
    assert gain_at_least(nothing, -math.inf)
    assert gain_at_most(nothing, -1e6)
    assert not gain_at_least(nothing, -1e6)


def test_products_that_leave_float64_are_decided():
    shrinking = [[[2.0**-600]]] * 3
    rate = -1800 * math.log(2)
    assert gain_at_most(shrinking, rate + 1e-9)
    assert not gain_at_most(shrinking, rate - 1e-9)
    assert gain_at_most([[[1e300]]] * 5, math.inf)
    assert not gain_at_least([[[1e300]]] * 5, math.inf)
    assert not gain_at_most([[[5e-324]]], -math.inf)


@pytest.mark.parametrize(
    ("factors", "bound", "error"),
    [
        (np.eye(3), 0.0, ShapeError),
        ([[[math.nan]]], 0.0, NonFiniteError),
        ([[[2**53 + 1]]], 1.0, InputError),  # float64 would round it
        ([[[1.0]]], math.nan, InputError),
    ],
)
def test_what_cannot_be_decided_is_refused(factors, bound, error):
    with pytest.raises(error):
        gain_at_most(factors, bound)
