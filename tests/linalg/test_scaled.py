"""Scaled: no size of array is too large or too small."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import NonFiniteError
from gradlab.linalg import Scaled

LN10 = math.log(10.0)
SWAP = np.array([[0.0, 1.0], [1.0, 0.0]])


def test_a_square_beyond_float64_is_exact():
    A = np.diag([1e300, 0.0])
    product = Scaled.of(SWAP).after(A).after(A)
    assert product.mantissa[0, 0] == product.mantissa[1, 0] == 0.0
    assert product.mantissa[1, 1] == 0.0
    # 1e300 as an exact fraction, squared: the mantissa is rounded once.
    numerator = int(1e300) ** 2
    ratio = numerator / 2**product.exponent
    assert product.mantissa[0, 1] == pytest.approx(ratio, rel=2**-52)
    assert product.log_norm() == pytest.approx(600 * LN10, rel=1e-15)


def test_exact_cancellation_of_huge_entries_is_zero():
    A = np.array([[1e200, -1e200], [1e200, -1e200]])
    product = Scaled.of(A).after(A)
    assert not product.mantissa.any()
    assert product.exponent == 0
    assert product.log_norm() == product.log_frobenius() == -math.inf


def test_left_and_right_multiplication(rng):
    A, B = rng.standard_normal((2, 4, 4))
    np.testing.assert_allclose(Scaled.of(B).after(A).to_float(), A @ B, rtol=1e-14)
    np.testing.assert_allclose(Scaled.of(B).before(A).to_float(), B @ A, rtol=1e-14)
    v = Scaled.of(B[0]).after(A)
    np.testing.assert_allclose(v.to_float(), A @ B[0], rtol=1e-14)


@pytest.mark.parametrize("method", ["after", "before"])
def test_sizes_at_both_ends_of_float64(method):
    largest = np.full((2, 2), 1.7e308)
    smallest = np.full((2, 2), 5e-324)
    product = getattr(Scaled.of(largest), method)(largest)
    assert product.log_norm() == pytest.approx(
        2 * (math.log(2.0) + math.log(1.7e308)), rel=1e-15
    )
    product = getattr(Scaled.of(smallest), method)(smallest)
    assert product.log_norm() == pytest.approx(2 * math.log(2) - 2 * 1074 * math.log(2))


SIZES = st.floats(2.0**-1000, 1.0) | st.floats(-1.0, -(2.0**-1000)) | st.just(0.0)


@given(st.lists(SIZES, min_size=1, max_size=5))
def test_of_is_exact_and_normalised(entries):
    scaled = Scaled.of(entries)
    assert np.array_equal(scaled.to_float(), np.array(entries))
    size = np.abs(scaled.mantissa).max()
    assert 0.5 <= size < 1.0 or (size == 0.0 and scaled.exponent == 0)


def test_to_float_saturates_quietly():
    assert Scaled(np.array([0.5, -0.5]), 5000).to_float().tolist() == [
        math.inf,
        -math.inf,
    ]
    assert Scaled(np.array([0.5]), -5000).to_float().tolist() == [0.0]
    overflown = Scaled(np.array([0.5 + 0.25j]), 5000).to_float()
    assert overflown.real == overflown.imag == math.inf


def test_logs_of_entries():
    logs = Scaled.of([0.0, math.e]).log_abs()
    assert logs[0] == -math.inf
    assert logs[1] == pytest.approx(1.0, rel=1e-15)


def test_a_million_steps_keep_their_digits():
    v = Scaled.of([1.0])
    for _ in range(10_000):
        v = v.after(np.array([[0.75]]))
    # (3/4)^10000 rounded 10^4 times: half an ulp each, 1e4 eps/2 at the very most.
    assert v.log_norm() == pytest.approx(10_000 * math.log(0.75), rel=1e-12)


def test_not_a_number_is_refused():
    with pytest.raises(NonFiniteError, match=r"got nan at index \(1,\)"):
        Scaled.of([0.0, math.nan])


def test_empty_arrays_have_norm_zero():
    assert Scaled.of(np.zeros((0, 3))).after(np.zeros((0, 0))).exponent == 0


def test_complex_products_beyond_float64():
    product = Scaled.of([[1e200j]]).after(np.array([[1e200]])).before(np.array([[2j]]))
    assert product.log_norm() == pytest.approx(400 * LN10 + math.log(2), rel=1e-15)
    tiny = (
        Scaled.of([[1j]]).after(np.array([[1e-310 + 0j]])).after(np.array([[1e-310]]))
    )
    # 1e-310 is subnormal, and itself known to 5e-15.
    assert tiny.log_norm() == pytest.approx(2 * math.log(1e-310), rel=1e-14)


def test_complex_entries_that_cancel():
    A = np.array([[1.0, 1j], [1j, -1.0]])
    assert not Scaled.of(A).after(A).mantissa.any()
