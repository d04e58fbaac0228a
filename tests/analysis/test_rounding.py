"""Numbers in print: digits from the standard error, safe in TeX."""

import doctest
import math

import pytest

from analysis import rounding
from analysis.rounding import count, measured, plain_text, rounded


def test_the_examples_hold():
    assert doctest.testmod(rounding).failed == 0


@pytest.mark.parametrize(
    ("value", "stderr", "tex"),
    [
        (0.154724, 0.003771, r"0.1547 \pm 0.0038"),
        (-0.683139, 0.000822, r"-0.68314 \pm 0.00082"),
        (12345.6, 78.9, r"12{,}346 \pm 79"),
        (0.5, math.nan, "0.500"),
        (0.5, math.inf, "0.500"),
        (0.5, 0.0, "0.500"),
        (-math.inf, 0.0, r"-\infty"),
    ],
)
def test_a_value_has_the_digits_of_its_error(value, stderr, tex):
    assert measured("x", value, stderr).tex == rf"\ensuremath{{{tex}}}"


@pytest.mark.parametrize(
    ("value", "digits", "tex"),
    [
        (0.0, 3, "0.00"),
        (-744.4400719, 3, "-744"),
        (7243.127, 4, "7{,}243"),
        (2.5e-13, 1, r"2\times10^{-13}"),
        (1e-12, 1, r"1\times10^{-12}"),
        (1.234e30, 3, r"1.23\times10^{30}"),
        (math.nan, 3, r"\text{undefined}"),
        (math.inf, 3, r"\infty"),
    ],
)
def test_a_number_without_an_error_has_significant_digits(value, digits, tex):
    assert rounded("x", value, digits).tex == rf"\ensuremath{{{tex}}}"


def test_counts_have_commas_and_texts_no_commands():
    assert count("x", 1234567).tex == r"\ensuremath{1{,}234{,}567}"
    assert plain_text("x", r"\input{a}").tex == r"\textbackslash{}input\{a\}"


def test_only_what_has_a_meaning_is_shown():
    assert measured("x", 1.0, 0.1, "the meaning").shown
    assert not measured("x", 1.0, 0.1).shown
