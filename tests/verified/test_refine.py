"""Precisions are doubled from a first one up to a limit; narrow means proved narrow."""

import inspect
import math
from fractions import Fraction

import numpy as np
import pytest
from flint import acb, arb, arb_mat, ctx

from gradlab import verified
from gradlab.errors import InputError
from gradlab.verified import Enclosure
from gradlab.verified._ball_definite import _pivot_sign
from gradlab.verified._refine import is_narrow, is_relatively_narrow, refined

A = np.array([[2.0, 1.0], [1.0, 3.0]])
FIRST = {
    "definite_verdict": (64, 4096, lambda bits: verified.definite_verdict(A, **bits)),
    "lyapunov_verdict": (
        64,
        4096,
        lambda bits: verified.lyapunov_verdict(A / 8, A, 0.9, **bits),
    ),
    "sector_verdict": (
        64,
        1024,
        lambda bits: verified.sector_verdict(A / 8, (0, 1), A, [9, 9], 0.9, **bits),
    ),
    "enclosed_spectral_radius": (
        64,
        4096,
        lambda bits: verified.enclosed_spectral_radius(A, **bits),
    ),
    "enclosed_log_power_gain": (
        128,
        16384,
        lambda bits: verified.enclosed_log_power_gain(A, 3, **bits),
    ),
    "enclosed_log_gain": (
        128,
        16384,
        lambda bits: verified.enclosed_log_gain([A, A], **bits),
    ),
    "enclosed_log_singular_values": (
        128,
        16384,
        lambda bits: verified.enclosed_log_singular_values([A, A], **bits),
    ),
    "enclosed_singular_values": (
        128,
        8192,
        lambda bits: verified.enclosed_singular_values(A, **bits),
    ),
    "enclosed_least_singular_value": (
        128,
        8192,
        lambda bits: verified.enclosed_least_singular_value(A, **bits),
    ),
}


@pytest.mark.parametrize("name", FIRST)
def test_the_first_precision_is_the_least_limit(name):
    first, most, call = FIRST[name]
    parameters = inspect.signature(getattr(verified, name)).parameters
    assert parameters["most_bits"].default == most
    call({"most_bits": first})
    with pytest.raises(InputError, match=f"must be an integer >= {first}; got"):
        call({"most_bits": first - 1})


@pytest.mark.parametrize(
    ("first", "most", "met"),
    [
        (64, 512, [64, 128, 256, 512]),
        (64, 511, [64, 128, 256]),
        (100, 400, [100, 200, 400]),
        (128, 128, [128]),
        (128, 64, []),
    ],
)
def test_precisions_are_doubled_up_to_the_limit_and_it_says_so(first, most, met):
    precisions = []

    def attempt():
        precisions.append(ctx.prec)
        return -1.0, 1.0

    wide = Enclosure.between(-2.0, 2.0)
    found = refined(wide, attempt, lambda _: False, first_bits=first, most_bits=most)
    assert precisions == met
    assert found.reason == f"{most} bits leave it wider than was asked for"
    ends = (-1.0, 1.0) if met else (-2.0, 2.0)
    assert (found.lower, found.upper) == ends


def test_it_ends_where_it_is_done_and_names_the_precision():
    widths = iter([4.0, 1.0, 0.25, 0.0])

    def attempt():
        width = next(widths)
        return 0.0, width

    found = refined(
        Enclosure.between(0.0, 8.0),
        attempt,
        lambda found: is_narrow(found, 0.5),
        first_bits=64,
        most_bits=4096,
    )
    assert found.upper == 0.25
    assert found.arithmetic == "balls of 256 bits"
    assert found.reason == ""


RTOLS = [2.0**-53, 2.0**-52, 1e-9, 0.1, 1.0]
LOWS = [1.0, 1.5, 3.7, 2.0**-1022, 1e300]


@pytest.mark.parametrize("rtol", RTOLS)
@pytest.mark.parametrize("low", LOWS)
def test_what_is_called_narrow_is_so_in_rationals(rtol, low):
    exact = Fraction(low) * (1 + Fraction(rtol))
    high = float(exact)
    for _ in range(8):
        high = math.nextafter(high, 0.0)
    for _ in range(16):
        if high >= low:
            narrow = is_relatively_narrow(Enclosure.between(low, high), rtol)
            assert not narrow or Fraction(high) <= exact
            # Two roundings down, of 1 + rtol and of the product.
            assert narrow or Fraction(high) > exact * (1 - Fraction(2.0**-50))
        high = math.nextafter(high, math.inf)


def test_a_point_is_narrow_whatever_is_asked_for():
    point = Enclosure.between(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert is_relatively_narrow(point, 1e-300)
    assert is_narrow(point, 1e-300)
    wide = Enclosure.between(np.array([0.0, 1.0]), np.array([0.0, 2.0]))
    assert not is_relatively_narrow(wide, 0.5)
    assert is_relatively_narrow(wide, 1.5)


def test_what_is_not_certified_is_not_narrow():
    doubtful = Enclosure.between(1.0, 1.0, fault="a wrong product")
    assert not is_narrow(doubtful, 1.0)
    assert not is_relatively_narrow(doubtful, 1.0)


@pytest.mark.parametrize(
    ("pivot", "sign"),
    [
        (arb(1, 0.5), 1),
        (arb(-1, 0.5), -1),
        (arb(0), -1),
        (arb(1, 1), 0),
        (arb(0, 1), 0),
        (arb(1, 2), 0),
        (abs(acb(arb(0, 1), arb(0, 1))), 0),  # from 0 on, exactly
    ],
)
def test_a_pivot_that_may_be_zero_decides_nothing(pivot, sign):
    assert _pivot_sign(arb_mat([[pivot]])) == sign
    assert _pivot_sign(arb_mat([[arb(1), arb(0)], [arb(0), pivot]])) == sign
    assert _pivot_sign(arb_mat([[pivot, arb(0)], [arb(0), arb(1)]])) == sign
