"""Two units: the triangle against exact eigenvalues, and the side that is nearest."""

from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gradlab.cells import RNN
from gradlab.dynamics import Stability, fixed_points
from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.symbolic import Bifurcation, two_unit_stability

Q = sympy.Rational
EIGHTHS = st.integers(-24, 24).map(lambda k: Fraction(k, 8))
INSIDE = st.integers(-7, 7).map(lambda k: Fraction(k, 8))


def bias(W, h):
    """Return the b that makes h a fixed point: artanh h − W h, exactly."""
    W, h = sympy.Matrix(W), sympy.Matrix(h)
    return [sympy.atanh(h[i]) - (W * h)[i] for i in range(2)]


def spectrum(W, h):
    """Return the moduli of the eigenvalues of diag(1 − h²) W in balls, exactly."""
    J = [[(1 - h[i] ** 2) * W[i][j] for j in range(2)] for i in range(2)]
    tr, det = J[0][0] + J[1][1], J[0][0] * J[1][1] - J[0][1] * J[1][0]
    common = tr.denominator * det.denominator
    p = flint.fmpz_poly([int(det * common), int(-tr * common), common])
    roots = p.complex_roots()
    return [abs(root) for root, times in roots for _ in range(times)]


@given(
    st.lists(EIGHTHS, min_size=4, max_size=4), st.lists(INSIDE, min_size=2, max_size=2)
)
def test_the_verdict_is_that_of_the_exact_eigenvalues(entries, h):
    W = [entries[:2], entries[2:]]
    weights = [[Q(x.numerator, x.denominator) for x in row] for row in W]
    state = [Q(x.numerator, x.denominator) for x in h]
    found = two_unit_stability(weights, bias(weights, state), state)
    moduli = spectrum(W, h)
    if all(m < 1 for m in moduli):
        assert found.stability is Stability.STABLE
        assert all(margin > 0 for margin in found.margins.values())
    elif any(m > 1 for m in moduli):
        assert found.stability is Stability.UNSTABLE
    else:  # on the circle, as far as a ball can tell: a margin is exactly 0
        assert 0 in found.margins.values()


@given(st.lists(st.floats(-3, 3), min_size=4, max_size=4), st.integers(0, 100))
def test_floats_agree_with_newton(entries, seed):
    W = np.reshape(entries, (2, 2))
    b = np.random.default_rng(seed).normal(size=2) / 2
    cell = RNN(W, np.zeros((2, 0)), b)
    for point in fixed_points(cell, [], rng=seed, starts=4).points:
        found = two_unit_stability(W, b, point.state)
        if point.stability is not Stability.UNDECIDED:
            assert found.stability is point.stability
        # 1 − tr + det = (1 − λ_1)(1 − λ_2), from LAPACK's λ.
        product = np.prod(1 - point.multipliers).real
        assert float(found.margins[Bifurcation.FOLD]) == pytest.approx(
            product, abs=1e-12
        )
        assert found.residual < 1e-13


NEAREST = {
    Bifurcation.FOLD: [[Q(9, 10), 0], [0, Q(1, 10)]],
    Bifurcation.FLIP: [[Q(-9, 10), 0], [0, Q(1, 10)]],
    Bifurcation.NEIMARK_SACKER: [[0, Q(-19, 20)], [Q(19, 20), 0]],
}


@pytest.mark.parametrize("side", NEAREST)
@pytest.mark.parametrize("gain", [Q(1), Q(11, 10)])
def test_the_nearest_side_is_what_happens_when_the_gain_rises(side, gain):
    """Stable at gain 1, at 11/10 just or nearly across the side that was nearest."""
    weights = [[gain * entry for entry in row] for row in NEAREST[side]]
    found = two_unit_stability(weights, [0, 0], [0, 0])
    assert found.nearest is side
    assert found.stability is Stability.STABLE or found.margins[side] < 0


def test_distances_are_those_to_the_sides_of_the_triangle():
    """From the middle (0, 0): 1/√2, 1/√2 and 1; from far outside, to the corners."""
    rest = two_unit_stability([[0, 1], [0, 0]], [0, 0], [0, 0])
    assert list(rest.squared_distances.values()) == [Q(1, 2), Q(1, 2), 1]
    # tr = 4, det = 4: nearest to the corner (2, 1) of fold and Neimark–Sacker.
    far = two_unit_stability([[2, 0], [0, 2]], [0, 0], [0, 0])
    assert far.squared_distances[Bifurcation.FOLD] == 13
    assert far.squared_distances[Bifurcation.NEIMARK_SACKER] == 13
    # And to the line 1 + tr + det = 0 it is 9/√2.
    assert far.squared_distances[Bifurcation.FLIP] == Q(81, 2)


BOUNDARY = [
    ([[1, 0], [0, Q(1, 2)]], Bifurcation.FOLD),
    ([[-1, 0], [0, Q(1, 2)]], Bifurcation.FLIP),
    ([[0, -1], [1, 0]], Bifurcation.NEIMARK_SACKER),
]


@pytest.mark.parametrize(("weights", "side"), BOUNDARY)
def test_on_a_side_nothing_is_decided(weights, side):
    found = two_unit_stability(weights, [0, 0], [0, 0])
    assert found.margins[side] == 0
    assert found.stability is Stability.UNDECIDED
    assert found.nearest is side


def test_what_is_no_fixed_point_is_refused():
    with pytest.raises(InputError, match=r"it misses by 0\.5"):
        two_unit_stability([[0, 0], [0, 0]], [0, 0], [0.5, 0])


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"W": [[1, 0]]}, ShapeError, r"`W` must have shape \(2, 2\); got \(1, 2\)"),
        ({"b": [0]}, ShapeError, r"`b` must have shape \(2,\); got \(1,\)"),
        ({"fixed_point": 0}, ShapeError, r"`fixed_point` must have shape \(2,\)"),
        ({"b": [0, "x"]}, InputTypeError, "`b` must be a number or a formula of one"),
        ({"b": [0, np.nan]}, InputError, "`b` must be real and finite; got nan"),
    ],
)
def test_bad_arguments_are_named(changed, error, message):
    given = {"W": [[0, 0], [0, 0]], "b": [0, 0], "fixed_point": [0, 0]}
    with pytest.raises(error, match=message):
        two_unit_stability(**{**given, **changed})
