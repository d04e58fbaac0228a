"""Balls contain the truth, stay tight far out, and restore the precision they found."""

from fractions import Fraction

import flint
import mpmath as mp
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError, InputTypeError

TWINS = {
    "exp": mp.exp,
    "log": mp.log,
    "tanh": mp.tanh,
    "sigmoid": lambda a: 1 / (1 + mp.exp(-a)),
    "erf": mp.erf,
    "normal_cdf": lambda a: mp.erfc(-a / mp.sqrt(2)) / 2,
    "softplus": lambda a: mp.log1p(mp.exp(a)),
    "positive": lambda a: max(a, mp.mpf(0)),
}
FAR = (0.5, 3.0, 40.0, 700.0, 1e4)
POINTS = [*FAR, *(-a for a in FAR), 0.0, 1e-300, -1e-300]


def ball_of(name, value):
    return getattr(BALLS, name)(BALLS.array(value)).item()


def in_mpmath(ball):
    """Return midpoint and radius of a ball, exactly."""
    return [
        mp.ldexp(int(man), int(exp))
        for man, exp in (part.man_exp() for part in (ball.mid(), ball.rad()))
    ]


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("point", POINTS)
def test_a_ball_contains_the_truth_and_is_tight(name, point):
    if name == "log" and point <= 0:
        return
    with mp.workdps(700):  # so that the oracle's own error is no error
        middle, radius = in_mpmath(ball_of(name, point))
        truth = TWINS[name](mp.mpf(point))
        assert abs(truth - middle) <= radius * (1 + mp.mpf(10) ** -9)
        # A few units in the last place at 53 bits, at any size of the argument.
        assert radius <= abs(truth) * 2.0**-49


@pytest.mark.parametrize("name", TWINS)
@given(middle=st.floats(-30, 30), radius=st.floats(0, 5), at=st.floats(-1, 1))
def test_a_wide_ball_contains_the_images_of_its_points(name, middle, radius, at):
    wide = arb(middle, radius)
    inside = arb(middle) + arb(radius) * arb(at)
    if name == "log" and not wide > 0:
        assert ball_of(name, wide).is_nan() or not wide.lower() > 0
        return
    assert ball_of(name, wide).overlaps(ball_of(name, inside))


@pytest.mark.parametrize("name", sorted(set(TWINS) - {"log", "positive"}))
def test_the_image_of_a_wide_ball_is_no_wider_than_its_ends(name):
    image = ball_of(name, arb(-3, 2))
    ends = ball_of(name, -1.0) - ball_of(name, -5.0)
    # Radii are numbers of 30 bits, rounded up a few times.
    assert 2 * image.rad() <= ends * (1 + 1e-7)


def test_positive_of_a_ball_around_zero_is_its_positive_half():
    image = ball_of("positive", arb(0, 2))
    assert image.contains(0)
    assert image.contains(2)
    assert not image.contains(arb("-1e-8"))


@pytest.mark.parametrize(
    ("name", "at_minus", "at_plus"),
    [("sigmoid", 0, 1), ("tanh", -1, 1), ("erf", -1, 1), ("normal_cdf", 0, 1)],
)
def test_saturating_functions_take_their_limits(name, at_minus, at_plus):
    assert ball_of(name, -np.inf) == at_minus
    assert ball_of(name, np.inf) == at_plus


@pytest.mark.parametrize("name", TWINS)
def test_the_ends_of_float64_are_enclosed(name):
    for point in (1.7e308, -1.7e308):
        image = ball_of(name, point)
        assert image.is_nan() == (name == "log" and point < 0)
        if name not in ("exp", "log", "softplus", "positive"):
            assert abs(image) <= 1 + 1e-15


def test_where_positive_decides_or_takes_the_hull():
    a = np.array([arb(1), arb(-1), arb(0), arb(0, 1)], dtype=object)
    found = BALLS.where_positive(a, BALLS.array([1.0] * 4), BALLS.array([5.0] * 4))
    assert [ball == 1 for ball in found] == [True, False, False, False]
    assert [ball == 5 for ball in found] == [False, True, True, False]
    assert found[3].contains(1)
    assert found[3].contains(5)


def test_floats_enter_exactly_and_other_numbers_enclosed():
    tenth = Fraction(0.1)  # the float, not the decimal
    ball = BALLS.array(0.1).item()
    assert ball.is_exact()
    assert ball * tenth.denominator == tenth.numerator
    assert BALLS.array(np.float32(0.1)).item() == arb(float(np.float32(0.1)))
    assert BALLS.array(np.array([1, 2], dtype=np.uint8)).tolist() == [arb(1), arb(2)]
    assert BALLS.array([[1.0, 2.0]]).shape == (1, 2)


@pytest.mark.parametrize("value", [1j, "1.4", None, True, object(), [1.0, "x"]])
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(InputTypeError, match="a ball is made of real numbers; got"):
        BALLS.array(value)


def test_arrays_of_balls_add_multiply_broadcast_and_transpose():
    A = BALLS.array([[1.0, 2.0], [3.0, 4.0]])
    v = BALLS.array([1.0, -1.0])
    assert (A @ v).tolist() == [-1, -1]
    assert (v @ A.T).tolist() == [-1, -1]
    assert (2 * A - A + v).tolist() == [[2, 1], [4, 3]]
    assert BALLS.concatenate([A, A]).shape == (2, 4)
    empty = BALLS.array(np.zeros(0)) @ BALLS.array(np.zeros((0, 3)))
    assert empty.tolist() == [0, 0, 0]


def test_precision_holds_inside_the_block_and_is_restored_even_after_an_error():
    before = flint.ctx.prec

    def fail():
        with BALLS.precision(300):
            assert flint.ctx.prec == 300
            third = BALLS.array([1.0]) / 3
            assert third[0].rad() < 1e-85
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert flint.ctx.prec == before
    ball_of("normal_cdf", -50.0)  # which raises the precision inside
    assert flint.ctx.prec == before


@pytest.mark.parametrize("bits", [1, 0, -5])
def test_a_precision_is_at_least_two_bits(bits):
    with pytest.raises(InputError, match="`bits` must be an integer >= 2"):
        BALLS.precision(bits).__enter__()
