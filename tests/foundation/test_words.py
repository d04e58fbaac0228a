"""Rates and gains in words, at ordinary sizes and where float64 ends."""

import math

import pytest

from gradlab._words import describe_gain, describe_rate


@pytest.mark.parametrize(
    ("nats", "words"),
    [
        (-0.54, "×0.58 per step: halves every 1.3 steps (−0.54 nats)"),
        (math.log(2), "×2 per step: doubles every 1 step (0.693 nats)"),
        (0.02, "×1.02 per step: doubles every 35 steps (0.02 nats)"),
        (-0.02, "×0.98 per step: halves every 35 steps (−0.02 nats)"),
        (-5e-4, "×0.9995 per step: halves every 1386 steps (−0.0005 nats)"),
        (4e-4, "×1 per step: neither grows nor shrinks (0.0004 nats)"),
        (-5.0, "×0.0067 per step (−5 nats)"),
        (-2302.585092994046, "×10⁻¹⁰⁰⁰ per step (−2303 nats)"),
        (-math.inf, "×0 per step: gone at once (−inf nats)"),
        (math.inf, "×∞ per step: beyond all bounds (inf nats)"),
        (math.nan, "×? per step (nan nats)"),
    ],
)
def test_a_rate_is_said_as_a_factor_first(nats, words):
    assert describe_rate(nats) == words


@pytest.mark.parametrize(
    ("nats", "words"),
    [
        (0.0, "×1"),
        (math.log(2.5), "×2.5"),
        (math.log(250.0), "×250"),
        (math.log(0.001234), "×0.0012"),
        (10.0, "×2·10⁴"),  # e¹⁰ = 22026.5
        (-144.0, "×3·10⁻⁶³"),  # 2.89·10⁻⁶³
        (math.log(9.6e-64), "×10⁻⁶³"),
        (-231.0, "×10⁻¹⁰⁰"),  # 4.8·10⁻¹⁰¹
        (-1e6, "×10⁻⁴³⁴²⁹⁴"),
        (-1e308, "×10^(−10³⁰⁸)"),  # 4.3·10³⁰⁷ decades
    ],
)
def test_a_gain_is_said_also_where_float64_has_no_such_number(nats, words):
    assert describe_gain(nats) == words


@pytest.mark.parametrize("nats", [x * 10.0**k for x in (1, -3) for k in range(-3, 7)])
def test_a_gain_is_never_said_to_be_one_when_it_is_not(nats):
    assert describe_gain(nats) not in ("×1", "×0")
