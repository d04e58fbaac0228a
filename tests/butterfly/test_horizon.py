"""The horizon T* = ln(D/δ)/λ and what the error of λ does to it."""

import math

import pytest

from gradlab.butterfly import predictability_horizon
from gradlab.errors import InputError


def test_a_thousand_times_better_start_buys_a_fixed_number_of_steps():
    one = predictability_horizon(0.1, 1e-3, 1.0)
    two = predictability_horizon(0.1, 1e-6, 1.0)
    assert two.steps - one.steps == pytest.approx(10 * math.log(1e3), rel=1e-14)


def test_the_error_is_carried_to_first_order_and_exactly():
    found = predictability_horizon(0.1, math.exp(-10), 1.0, rate_stderr=0.01)
    assert found.steps == pytest.approx(100.0, rel=1e-14)
    assert found.stderr == pytest.approx(10.0, rel=1e-14)
    assert found.low == pytest.approx(10 / 0.1196, rel=1e-14)
    assert found.high == pytest.approx(10 / 0.0804, rel=1e-14)
    assert found.to_csv().splitlines()[0] == "steps,stderr,low,high"


def test_errors_that_do_not_grow_have_no_horizon():
    found = predictability_horizon(-0.1, 1e-3, 1.0, rate_stderr=0.01)
    assert found.steps == found.low == found.high == math.inf
    assert math.isnan(found.stderr)
    assert predictability_horizon(0.0, 1e-3, 1.0).steps == math.inf


def test_a_rate_that_might_be_zero_has_no_last_step():
    found = predictability_horizon(0.01, 1e-3, 1.0, rate_stderr=0.01)
    assert math.isfinite(found.steps)
    assert found.high == math.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((math.nan, 1e-3, 1.0), "`rate` must be a finite number; got nan."),
        ((0.1, 0.0, 1.0), "`separation` must be a finite number > 0; got 0.0."),
        ((0.1, 2.0, 1.0), "`saturation` must be a finite number > 2; got 1.0."),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError) as caught:
        predictability_horizon(*arguments)
    assert str(caught.value) == message
