"""Floats: conversions, complex arguments, the Gaussian to the last digits."""

import mpmath as mp
import numpy as np
import pytest

from gradlab.algebra.floats import FLOATS, gaussian

FUNCTIONS = ("exp", "tanh", "sigmoid", "erf", "normal_cdf", "softplus")


@pytest.mark.parametrize(
    ("value", "dtype"),
    [([1, 2], float), (True, float), (np.uint8([3]), float), ([1j], complex)],
)
def test_numbers_enter_as_floats_or_complex(value, dtype):
    assert FLOATS.array(value).dtype == dtype


def test_an_array_that_fits_is_not_copied():
    a = np.ones(3)
    assert FLOATS.array(a) is a


@pytest.mark.parametrize("name", FUNCTIONS)
def test_complex_arguments_continue_the_real_function(name):
    function = getattr(FLOATS, name)
    points = np.linspace(-8.0, 8.0, 65)
    real = function(points)
    # The complex routines round a few more times.
    np.testing.assert_allclose(function(points + 0j).real, real, rtol=2e-15)
    assert (function(points + 0j).imag == 0).all()


@pytest.mark.parametrize("name", [*FUNCTIONS, "log"])
def test_functions_are_analytic(name):
    # Cauchy and Riemann: the derivative along i equals the one along 1.
    f = getattr(FLOATS, name)
    points, step = np.array([0.25, 1.0, 2.5]), 2.0**-20
    along_i = (f(points + 1j * step) - f(points - 1j * step)) / (2j * step)
    along_1 = (f(points + step) - f(points - step)) / (2 * step)
    # Rounding 1e-16/2⁻²⁰ = 1e-10 and twice the third derivative times 2⁻⁴⁰/6.
    np.testing.assert_allclose(along_i, along_1, atol=1e-8)


@pytest.mark.parametrize("k", [0.5, 1.0])
def test_the_gaussian_is_right_in_relative_terms_until_it_underflows(k, rng):
    points = rng.uniform(-26.0, 26.0, size=200)
    with mp.workdps(40):
        truth = [mp.exp(-k * mp.mpf(a) ** 2) for a in points]
        errors = [
            abs(mp.mpf(v) / t - 1)
            for v, t in zip(gaussian(points, k), truth, strict=True)
        ]
    assert max(errors) < 5e-16
    naive = np.exp(-k * points**2)
    with mp.workdps(40):
        worst = max(abs(mp.mpf(v) / t - 1) for v, t in zip(naive, truth, strict=True))
    assert worst > 5e-15  # what rounding a² costs: why the function exists


def test_the_gaussian_ends_without_a_warning():
    ends = np.array([40.0, -41.0, 1e200, -1.7e308])
    assert (gaussian(ends, 0.5) == 0).all()


def test_positive_decides_by_the_real_part_and_keeps_nan():
    a = np.array([1 + 1j, -1 + 1j, 0 + 1j])
    assert FLOATS.positive(a).tolist() == [1 + 1j, 0, 0]
    assert np.isnan(FLOATS.positive(np.array([np.nan]))).all()
    assert FLOATS.positive(np.array([np.inf, -np.inf])).tolist() == [np.inf, 0]
    a = np.array([1.0, 0.0, -1.0])
    assert FLOATS.where_positive(a, a + 5, a - 5).tolist() == [6.0, -5.0, -6.0]
