import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.linalg import newman_exponents
from gradlab.meanfield import (
    length_fixed_point,
    mean_field_exponent,
    mean_field_spectrum,
)

# [RNN03] and [RNN05]: λ_1 to 18 digits, the mean exponent to 12.
TANH = {
    1.1: (0.00506890134396317853, None),
    1.5: (0.0652172119128691458, -0.714345665044),
    2.0: (0.15472422983137243, -1.14902254449),
    3.0: (0.310249315145247308, -2.27280501502),
    4.0: (0.432877855757696711, -3.5510181922),
    5.0: (0.53242794163238274, -4.90677136501),
    10.0: (0.856435189196765751, -12.1609655522),
    20.0: (1.19241263912006328, None),
}


@pytest.mark.parametrize("gain", TANH)
def test_tanh(gain):
    growth = mean_field_exponent("tanh", gain=gain)
    exact, mean = TANH[gain]
    # 1e-14 at every gain up to 20: the panels follow the width 1/√q of the slope.
    assert abs(growth.exponent - exact) < 1e-14
    assert abs(growth.exponent - exact) <= growth.error + 1e-16
    assert growth.error < 1e-14
    if mean is not None:
        # The reference has 11 decimals or 12 digits.
        assert growth.mean_exponent == pytest.approx(mean, abs=6e-11)
    assert growth.mean_error < 1e-12


@given(st.floats(0.1, 3), st.floats(0.01, 2))
def test_erf_slopes(gain, s):
    q = length_fixed_point("erf", gain=gain, input_variance=s).variance
    growth = mean_field_exponent("erf", gain=gain, input_variance=s)
    # E φ'² = (4/π)/√(1 + 4q), and E ln φ' = ln(2/√π) − q.
    chi = gain**2 * 4 / math.pi / math.sqrt(1 + 4 * q)
    assert growth.chi == pytest.approx(chi, rel=1e-13)
    mean = math.log(gain) - 0.5 + math.log(2 / math.sqrt(math.pi)) - q
    assert growth.mean_exponent == pytest.approx(mean, rel=1e-13, abs=1e-13)


@given(st.floats(0.1, 10))
def test_relu_needs_no_variance(gain):
    # χ = g²/2 whether states die out, stay or grow.
    growth = mean_field_exponent("relu", gain=gain)
    assert growth.exponent == pytest.approx(math.log(gain**2 / 2) / 2, abs=1e-15)
    assert growth.mean_exponent == -math.inf
    assert growth.mean_error == 0.0


@given(st.floats(0.1, 10))
def test_leaky_relu(gain):
    growth = mean_field_exponent("leaky_relu", gain=gain)
    chi = gain**2 * (1 + 0.01**2) / 2
    assert growth.exponent == pytest.approx(math.log(chi) / 2, abs=1e-14)
    mean = math.log(gain) - 0.5 + math.log(0.01) / 2
    assert growth.mean_exponent == pytest.approx(mean, abs=1e-14)


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_linear_network_is_newmans(gain):
    growth = mean_field_exponent("identity", gain=gain)
    assert growth.exponent == pytest.approx(math.log(gain), abs=1e-15)
    assert growth.mean_exponent == pytest.approx(math.log(gain) - 0.5, abs=1e-15)
    n = 2000
    exact = newman_exponents(n, variance=gain**2 / n)
    x = (np.arange(n) + 0.5) / n
    found = mean_field_spectrum("identity", x[::100], gain=gain).exponents
    np.testing.assert_allclose(
        found, 0.5 * np.log(gain**2 * (1 - x[::100])), atol=1e-12
    )
    # ½ψ(m/2) = ½ ln(m/2) − 1/(2m) + …, with m = n(1 − x) + ½ columns left.
    assert np.all(np.abs(found - exact[::100]) < 1 / (n * (1 - x[::100])))


def test_edge_of_chaos():
    for gain in (1.0, 1.00000001, 1.0001):
        growth = mean_field_exponent("tanh", gain=gain)
        # λ_1 ≈ (2/3)(g − 1)² just above the transition: χ_1 = g²(1 − 2q + …).
        assert growth.exponent == pytest.approx(2 / 3 * (gain - 1) ** 2, abs=1e-11)


def test_dead_network_has_no_growth():
    # Hardtanh far outside [−1, 1] is flat: slopes are 0 but for a thin slice.
    growth = mean_field_exponent("hardtanh", gain=2.0, input_variance=1e12)
    assert growth.chi == pytest.approx(4 * math.sqrt(2 / math.pi) * 1e-6, rel=1e-5)
    assert growth.mean_exponent == -math.inf


def test_words():
    text = str(mean_field_exponent("tanh", gain=2.0))
    assert "N(0, 2.12147)" in text
    assert "largest exponent  ×1.2 per step: doubles every" in text


# [RNN06], printed to 10 digits; 5 of them at the far end.
SPECTRA = {
    1.5: (-0.01287712706, -0.1504813528, -0.4661733386, -1.766624045),
    2.0: (0.04189743694, -0.1666974924, -0.6892937516, -3.026348478),
    3.0: (0.1208183921, -0.2715700524, -1.416032936, -5.962855241),
    5.0: (0.1657606783, -0.7804032943, -3.525694503, -12.09811603),
}


@pytest.mark.parametrize("gain", SPECTRA)
def test_spectrum(gain):
    found = mean_field_spectrum("tanh", [0.1, 0.25, 0.5, 0.9], gain=gain)
    np.testing.assert_allclose(found.exponents, SPECTRA[gain], rtol=0, atol=1e-8)
    assert found.errors.max() < 1e-12


@pytest.mark.parametrize(("name", "gain"), [("tanh", 2.0), ("erf", 1.5), ("silu", 1.0)])
def test_mean_over_the_spectrum_is_the_mean_exponent(name, gain):
    # The two follow different routes: a root for every x, and E ln φ'.  λ(x) has an
    # integrable singularity at x = 1: substitute 1 − x = (1 − s)³ and use 40 points.
    s, weights = np.polynomial.legendre.leggauss(40)
    s, weights = (s + 1) / 2, weights / 2
    spectrum = mean_field_spectrum(name, 1 - (1 - s) ** 3, gain=gain)
    mean = (weights * 3 * (1 - s) ** 2 * spectrum.exponents).sum()
    exact = mean_field_exponent(name, gain=gain).mean_exponent
    assert mean == pytest.approx(exact, abs=1e-5)


def test_spectrum_starts_at_the_largest_exponent_and_falls():
    top = mean_field_exponent("tanh", gain=2.0).exponent
    found = mean_field_spectrum("tanh", [0.0, 1e-8, 0.01, 0.5, 0.99, 1.0], gain=2.0)
    assert found.exponents[0] == top
    assert found.exponents[1] == pytest.approx(top, abs=1e-7)
    assert np.all(np.diff(found.exponents) < 0)
    assert found.exponents[-1] == -math.inf


def test_relu_spectrum_ends_at_a_half():
    # Half of the units are dead: λ(x) = ½ ln(g²(½ − x)) up to x = ½.
    x = np.array([0.1, 0.3, 0.49])
    found = mean_field_spectrum("relu", [*x, 0.5, 0.8], gain=2.0).exponents
    np.testing.assert_allclose(found[:3], 0.5 * np.log(4 * (0.5 - x)), atol=1e-12)
    assert found[3:].tolist() == [-math.inf, -math.inf]


def test_fractions_outside_the_unit_interval_are_refused():
    with pytest.raises(InputError, match=r"`fractions` must lie in \[0, 1\]; got 1.5"):
        mean_field_spectrum("tanh", [0.5, 1.5], gain=2.0)
