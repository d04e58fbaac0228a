"""The rule that reads a verdict off numbers, at its edges and in its order."""

import dataclasses
import math

import pytest

from gradlab.studies.diagnosis.verdict import (
    Evidence,
    GradientVerdict,
    verdict_of,
    worst,
)

WELL = Evidence(
    left=-1.0,
    peak=0.0,
    exponent=-0.001,
    stderr=0.01,
    required_lag=50,
    horizon=math.inf,
    has_loss=True,
)
THOUSAND = math.log(1000)
CASES = {
    "well": ({}, GradientVerdict.NOT_THE_GRADIENTS),
    "well, without a loss": ({"has_loss": False}, GradientVerdict.HEALTHY),
    "just enough is left": (
        {"left": -THOUSAND + 1e-9},
        GradientVerdict.NOT_THE_GRADIENTS,
    ),
    "too little is left": ({"left": -THOUSAND - 1e-9}, GradientVerdict.VANISHING),
    "nothing is left": ({"left": -math.inf}, GradientVerdict.VANISHING),
    "no lag is needed": (
        {"left": -math.inf, "required_lag": 0},
        GradientVerdict.NOT_THE_GRADIENTS,
    ),
    "not grown enough": ({"peak": THOUSAND - 1e-9}, GradientVerdict.NOT_THE_GRADIENTS),
    "grown": ({"peak": THOUSAND + 1e-9}, GradientVerdict.EXPLODING),
    "grown, then gone": (
        {"peak": 2 * THOUSAND, "left": -math.inf},
        GradientVerdict.EXPLODING,
    ),
    "not finite": ({"finite": False}, GradientVerdict.EXPLODING),
    "grown and chaotic": (
        {"peak": 99.0, "exponent": 0.5},
        GradientVerdict.EXPLODING,
    ),
    "grown and chaotic, without a loss": (
        {"peak": 99.0, "exponent": 0.5, "has_loss": False},
        GradientVerdict.CHAOTIC,
    ),
    "escaping, without a loss": (
        {"peak": 99.0, "exponent": 0.5, "has_loss": False, "bounded": False},
        GradientVerdict.EXPLODING,
    ),
    "surely chaotic": ({"exponent": 0.0201}, GradientVerdict.CHAOTIC),
    "perhaps chaotic": ({"exponent": 0.0199}, GradientVerdict.NOT_THE_GRADIENTS),
    "too short to tell": (
        {"exponent": math.nan, "stderr": math.nan},
        GradientVerdict.NOT_THE_GRADIENTS,
    ),
    "forgetting, without a loss": (
        {"exponent": -0.5, "has_loss": False, "horizon": 14.0},
        GradientVerdict.CONTRACTING,
    ),
    "forgetting in more steps than there are": (
        {"exponent": -0.5, "has_loss": False},
        GradientVerdict.HEALTHY,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rule(name):
    changes, expected = CASES[name]
    assert verdict_of(dataclasses.replace(WELL, **changes)) is expected


def test_trouble_is_what_something_should_be_done_about():
    trouble = {verdict.name for verdict in GradientVerdict if verdict.is_trouble}
    assert trouble == {"EXPLODING", "VANISHING", "CHAOTIC"}


def test_the_gravest_of_several_is_the_model_s():
    found = [
        GradientVerdict.NOT_THE_GRADIENTS,
        GradientVerdict.VANISHING,
        GradientVerdict.CHAOTIC,
    ]
    assert worst(found) is GradientVerdict.VANISHING
