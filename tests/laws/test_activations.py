"""Laws of every activation: value, slope, ln|slope|, largest slope belong together."""

import mpmath as mp
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra import FLOATS
from gradlab.algebra.balls import BALLS
from gradlab.algebra.symbols import SYMBOLS, symbols
from gradlab.cells import ACTIVATIONS, AbstractActivation
from gradlab.cells.activations import sigmoid_and_slope
from tests.cases.activations import PHIS, SMOOTH

FAR = np.array([s * a for a in (20.0, 40.0, 100.0, 300.0, 700.0) for s in (1, -1)])
NEAR = np.linspace(-6.0, 6.0, 241)
# Slopes with a zero at a finite point are right in absolute terms near it.
ZERO_AT = {"gelu": -0.7517915246935645, "silu": -1.2784645427610738}


@pytest.fixture(params=PHIS, name="phi")
def _phi(request):
    return PHIS[request.param]


@pytest.fixture(params=SMOOTH, name="name")
def _name(request):
    return request.param


def test_every_activation_is_named_once():
    kinds = {type(phi) for phi in ACTIVATIONS}
    assert kinds == set(AbstractActivation.__subclasses__())
    assert len({phi.name for phi in ACTIVATIONS}) == len(ACTIVATIONS)


def truth(function, points):
    with mp.workdps(40):  # no formula of the case table cancels
        return [function(mp.mpf(float(a))) for a in points]


def relative_error(got, expected):
    """Return the largest |got/expected − 1| where the truth is a normal float64."""
    with mp.workdps(40):
        errors = [
            abs(mp.mpf(float(g)) / e - 1)
            for g, e in zip(got, expected, strict=True)
            if abs(e) > 2.3e-308
        ]
    return float(max(errors, default=0))


def away_from_zero(name, points):
    return points[np.abs(points - ZERO_AT[name]) > 0.3] if name in ZERO_AT else points


def test_slopes_far_out_are_right_in_relative_terms(name):
    slope = PHIS[name].slope(FAR)
    expected = truth(SMOOTH[name].slope, FAR)
    assert relative_error(slope, expected) < 1e-15
    gone = np.array([abs(e) < 4e-324 for e in expected])
    assert (slope[gone] == 0).all()


def test_slopes_and_values_nearby_are_right_in_relative_terms(name):
    points = away_from_zero(name, np.linspace(-37.0, 37.0, 297))
    phi, twin = PHIS[name], SMOOTH[name]
    # Up to five roundings each, and condition 1/0.3 beside the zeros of GELU and SiLU.
    assert relative_error(phi.slope(points), truth(twin.slope, points)) < 3e-15
    assert relative_error(phi.value(points), truth(twin.value, points)) < 1e-15


@pytest.mark.parametrize("name", ZERO_AT)
def test_slopes_near_their_zero_are_right_in_absolute_terms(name):
    points = ZERO_AT[name] + np.linspace(-0.3, 0.3, 61)
    expected = np.array([float(v) for v in truth(SMOOTH[name].slope, points)])
    assert np.abs(PHIS[name].slope(points) - expected).max() < 2e-16


def test_log_slopes_go_on_where_slopes_have_underflown(name):
    points = np.append(FAR, [-2e3, 2e3, -1e6, 1e6])
    expected = truth(lambda a: mp.log(abs(SMOOTH[name].slope(a))), points[:-2])
    got = PHIS[name].log_slope(points)
    # ln of a slope that is 1 + tiny is right in absolute terms.
    errors = [
        float(abs(mp.mpf(float(g)) - e) / max(1, abs(e)))
        for g, e in zip(got, expected, strict=False)
    ]
    assert max(errors) < 1e-15
    assert np.isfinite(got).all()


def test_log_slope_is_the_logarithm_of_the_slope(phi):
    points = NEAR + 0.013  # off the kinks
    slope = phi.slope(points)
    with np.errstate(divide="ignore"):
        expected = np.log(np.abs(slope))
    # Near zeros of the slope its relative error is 1e-16/|slope|.
    allowed = 1e-15 * (1 + np.abs(expected)) + 1e-15 / np.maximum(np.abs(slope), 1e-9)
    got = phi.log_slope(points)
    same = (got == expected) | (np.abs(got - np.maximum(expected, -1e9)) <= allowed)
    assert same.all()


@given(st.floats(-800.0, 800.0))
def test_the_largest_slope_is_never_exceeded(a):
    for phi in PHIS.values():
        # One unit in the last place: both numbers are rounded.
        assert abs(phi.slope(np.array([a]))[0]) <= phi.lipschitz * (1 + 2.3e-16)


def test_the_largest_slope_is_attained(phi):
    peaks = {"gelu": np.sqrt(2.0), "silu": 2.3993572805154677, "softplus": 40.0}
    points = np.append(NEAR, [peaks.get(phi.name, 0.0), 0.0])
    found = np.abs(phi.slope(points)).max()
    assert found == pytest.approx(phi.lipschitz, rel=1e-15)


def test_the_sympy_twin_has_the_stated_slope(phi):
    (a,) = symbols("a", 1)
    formula = phi.value(np.array([a]), SYMBOLS)[0]
    derivative = sympy.sympify(formula).diff(a)
    points = np.array([-3.7, -0.6, 0.3, 0.9, 2.2])
    expected = [
        float(derivative.subs(a, SYMBOLS.array(p)[()]).evalf(30)) for p in points
    ]
    np.testing.assert_allclose(phi.slope(points), expected, rtol=3e-15)


def test_the_sympy_twin_takes_the_stated_side_of_every_kink(phi):
    (a,) = symbols("a", 1)
    derivative = sympy.sympify(phi.value(np.array([a]), SYMBOLS)[0]).diff(a)
    for kink in phi.kinks:
        expected = float(derivative.subs(a, int(kink)))
        assert phi.slope(np.array([kink]))[0] == expected


def test_complex_steps_give_the_slope_at_zero_and_everywhere_else(phi):
    points = np.append(NEAR, 0.0)
    points = points[~np.isin(points, phi.kinks)]
    step = 2.0**-100
    slope = phi.value(points + 1j * step, FLOATS).imag / step
    np.testing.assert_allclose(slope, phi.slope(points), rtol=1e-13, atol=1e-15)


def test_floats_lie_in_the_ball(phi):
    points = np.concatenate([NEAR, FAR])
    with BALLS.precision(200):
        balls = phi.value(BALLS.array(points), BALLS)
        for ball, value in zip(balls, phi.value(points), strict=True):
            # Values of six roundings, but for subnormals.
            assert bool(abs(ball - float(value)) <= abs(ball) * 1e-15 + 1e-307)


def test_nothing_overflows_or_warns_at_the_ends_of_float64(phi):
    ends = np.array([1e150, -1e150, 1.7e308, -1.7e308, 0.0, -0.0, 5e-324])
    assert np.isfinite(phi.slope(ends)).all()
    assert not np.isnan(phi.log_slope(ends)).any()
    assert np.isfinite(phi.value(ends[:4] / 10)).all()


def test_a_nan_stays_visible(phi):
    assert np.isnan(phi.value(np.array([np.nan]))).all()


def test_a_sigmoid_and_its_slope_from_one_exponential_are_right_everywhere():
    points = np.concatenate([NEAR, FAR])
    value, slope = sigmoid_and_slope(points)
    # Two exponentials, a division and two products: each half a unit or so.
    assert relative_error(value, truth(SMOOTH["sigmoid"].value, points)) < 1e-15
    assert relative_error(slope, truth(SMOOTH["sigmoid"].slope, points)) < 1e-15
    with np.errstate(all="raise", under="ignore"):
        ends = sigmoid_and_slope(np.array([-1e308, 1e308]))
    np.testing.assert_array_equal(ends, [[0.0, 1.0], [0.0, 0.0]])
