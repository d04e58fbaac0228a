import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradlab.errors import InputError, NonFiniteError
from gradlab.meanfield import gaussian_mean
from tests.cases.activations import PHIS, SMOOTH


def moment(order, q):
    """E x^order of N(0, q): (order − 1)!! q^(order/2)."""
    return float(mp.fac2(order - 1)) * q ** (order / 2)


@given(st.integers(0, 6).map(lambda j: 2 * j), st.floats(-12, 12))
def test_even_moments(order, log_variance):
    q = math.exp(log_variance)
    mean = gaussian_mean(lambda x: x**order, q)
    exact = moment(order, q)
    # f amplifies the rounding of its argument `order` times, which is its own affair.
    own = order * np.finfo(float).eps * exact
    assert abs(mean.value - exact) <= mean.error + own
    assert mean.error < 1e-13 * exact


@pytest.mark.parametrize("q", [1e-8, 0.1, 2.1, 384.0, 1e6])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "erf"])
def test_squared_slopes_against_mpmath(name, q):
    twin, phi = SMOOTH[name], PHIS[name]
    mean = gaussian_mean(lambda a: np.square(phi.slope(a)), q)
    with mp.workdps(25):
        s = mp.sqrt(q)
        # The slope is a bump of width 1/s: cut where it and the weight change.
        cuts = sorted({mp.mpf(c) / max(s, 1) for c in (1, 2, 4, 8, 16, 32)} | {4, 12})
        half = mp.quad(lambda z: twin.slope(s * z) ** 2 * mp.npdf(z), [0, *cuts])
        exact = float(2 * half)
    assert abs(mean.value - exact) <= mean.error < 2e-15 * max(1.0, mean.value)


# Six deviations out an ulp of the place moves the mean by 36 of its own.
@example(0.625, 0.011735975742340109)
@given(st.floats(-3, 3), st.floats(0.01, 100))
def test_indicator_is_the_normal_distribution(place, q):
    def above(x):
        return np.where(x > place, 1.0, 0.0)

    mean = gaussian_mean(above, q, kinks=(place,))
    with mp.workdps(30):
        off = abs(mp.mpf(mean.value) - mp.ncdf(-mp.mpf(place) / mp.sqrt(q)))
    assert off <= mean.error < 1e-14


def test_logarithm_with_a_pole():
    # E ln|z| = −(γ + ln 2)/2, with its singularity at 0, the end of a panel.
    mean = gaussian_mean(lambda x: np.log(np.abs(x)), 1.0)
    exact = -(float(mp.euler) + math.log(2)) / 2
    assert abs(mean.value - exact) <= mean.error < 1e-12


def test_ln_0_on_a_half_line_is_minus_infinity():
    mean = gaussian_mean(PHIS["relu"].log_slope, 3.0, kinks=(0.0,))
    assert (mean.value, mean.error) == (-math.inf, 0.0)


def test_variance_0_is_the_value_at_0():
    mean = gaussian_mean(np.cos, 0.0)
    assert (mean.value, mean.error, mean.points) == (1.0, 0.0, 1)


def test_noise_ends_and_is_said():
    noise = np.random.default_rng(0)
    mean = gaussian_mean(lambda x: noise.standard_normal(x.shape), 1.0)
    assert mean.points < 10**7
    assert mean.error > 1e-4


def test_refusals():
    with pytest.raises(NonFiniteError):
        gaussian_mean(lambda x: x * np.nan, 1.0)
    with pytest.raises(InputError, match="`variance` must be"):
        gaussian_mean(np.cos, -1.0)
