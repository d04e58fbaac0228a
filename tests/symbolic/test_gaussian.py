"""χ_1 of erf and ReLU: integrals that SymPy proves, beside quadrature."""

import dataclasses

import pytest
import sympy

from gradlab.errors import InputError
from gradlab.meanfield import length_fixed_point, length_map, mean_field_exponent
from gradlab.symbolic import gaussian_moments, gaussian_proof

NAMES = ["erf", "relu", "identity"]
Q_SYMBOL = sympy.Symbol("q", positive=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_integral_is_proved(name):
    steps = gaussian_proof(name)
    assert steps
    for step in steps:
        assert step.holds, step.claim


@pytest.mark.parametrize("field", ["square", "squared_slope"])
@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_moment_fails(name, field, monkeypatch):
    right = gaussian_moments(name)
    wrong = dataclasses.replace(right, **{field: getattr(right, field) * 2})
    monkeypatch.setattr("gradlab.symbolic.gaussian._MOMENTS", {name: wrong})
    assert not all(step.holds for step in gaussian_proof(name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("q", [1e-3, 0.5, 3.0, 200.0])
def test_the_length_map_is_the_closed_form(name, q):
    closed = float(gaussian_moments(name).square.subs(Q_SYMBOL, q))
    # The quadrature states a few ulps.
    assert length_map(name, q, gain=1.5) == pytest.approx(1.5**2 * closed, rel=1e-14)


@pytest.mark.parametrize("gain", [0.5, 1.2, 2.0, 5.0])
def test_chi_of_mean_field_is_the_closed_form(gain):
    found = mean_field_exponent("erf", gain=gain, input_variance=0.1)
    q = length_fixed_point("erf", gain=gain, input_variance=0.1).variance
    moments = gaussian_moments("erf")
    assert gain**2 * float(moments.square.subs(Q_SYMBOL, q)) + 0.1 == pytest.approx(
        q, rel=1e-13
    )
    closed = gain**2 * float(moments.squared_slope.subs(Q_SYMBOL, q))
    assert found.chi == pytest.approx(closed, rel=1e-13)


@pytest.mark.parametrize("gain", [0.5, 1.4142, 2.0])
def test_chi_of_relu_is_half_of_the_squared_gain(gain):
    chi = gain**2 * float(gaussian_moments("relu").squared_slope)
    assert mean_field_exponent("relu", gain=gain).chi == pytest.approx(chi, rel=1e-14)


def test_tanh_has_no_closed_form():
    with pytest.raises(InputError, match="must be one of 'erf', 'relu', 'identity'"):
        gaussian_moments("tanh")
