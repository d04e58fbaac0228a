"""The assertions hold where they should, and else say what they found, with numbers."""

import math
import re

import numpy as np
import pytest

from gradlab.bounds import LinearRadius, NormProduct, VolumeFloor
from gradlab.cells import LSTM, RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import AssumptionError, InputError
from gradlab.objectives import SquaredError
from gradlab.testing import (
    assert_bound_holds,
    assert_gradient_reaches,
    assert_gradient_stays_below,
    switched,
    wrong_bounds,
)

REST = np.zeros((200, 1))


def scalar(weight):
    return Linear([[weight]], [[1.0]])


@pytest.mark.parametrize("weight", [0.5, 0.9, 0.99])
def test_a_gradient_reaches_as_far_as_its_rate_says(weight):
    # w^l ≥ 1/1000 for l ≤ ln 1000 / −ln w, which is whole for no weight here.
    far = int(math.log(1000) / -math.log(weight))
    far = min(far, 198)
    assert_gradient_reaches(scalar(weight), REST, lag=far)
    if far < 198:
        with pytest.raises(AssertionError, match=f"left {far + 1} steps back"):
            assert_gradient_reaches(scalar(weight), REST, lag=far + 1)


def test_the_level_is_what_is_asked_for():
    assert_gradient_reaches(scalar(0.5), REST, lag=2, level=0.249)
    with pytest.raises(
        AssertionError, match=r"×0\.25 of .* 2 steps back, and 0\.26 is"
    ):
        assert_gradient_reaches(scalar(0.5), REST, lag=2, level=0.26)
    assert_gradient_reaches(scalar(2.0), REST, lag=2, level=3.999)


def test_an_open_forget_gate_reaches_and_a_closed_one_does_not():
    for bias, reaches in ((8.0, True), (0.0, False)):
        cell = LSTM(np.zeros((4, 1)), np.zeros((4, 1)), [0.0, bias, 0.0, 0.0])
        objective = SquaredError(
            run(cell, np.zeros(2), REST), np.full((200, 1), 0.5), np.eye(1)
        )
        if reaches:
            assert_gradient_reaches(objective, None, lag=150)
        else:
            with pytest.raises(AssertionError, match="LSTM: ×4·10⁻⁴⁶ of"):
                assert_gradient_reaches(objective, None, lag=150)


def test_a_lag_beyond_the_run_is_refused():
    assert_gradient_reaches(scalar(1.0), REST, lag=199)
    with pytest.raises(InputError, match="at most 199, the steps before the last loss"):
        assert_gradient_reaches(scalar(1.0), REST, lag=200)
    with pytest.raises(InputError, match="`lag` must be"):
        assert_gradient_reaches(scalar(1.0), REST, lag=0)


def test_growth_is_told_with_its_place_and_rate():
    assert_gradient_stays_below(scalar(1.0), REST)
    assert_gradient_stays_below(scalar(2.0), REST[:10])
    text = "grows by more than 1000 within 10 steps back"
    with pytest.raises(AssertionError, match=text):
        assert_gradient_stays_below(scalar(2.0), REST)
    with pytest.raises(AssertionError, match="more than 3 within 2 steps back"):
        assert_gradient_stays_below(scalar(2.0), REST, factor=3.0)


def test_torch_models_are_looked_at_as_they_are():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = torch.nn.RNN(2, 6, num_layers=2)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.startswith("weight_hh"):
                weight.copy_(0.5 * torch.eye(6))
    inputs = torch.zeros(60, 3, 2)
    assert_gradient_reaches(
        model, inputs, lag=3, loss=lambda found: found[0][-1].square().sum()
    )
    with pytest.raises(AssertionError, match=r"layer0: .*10⁻¹⁶.* left 50 steps back"):
        assert_gradient_reaches(
            model, inputs, lag=50, loss=lambda found: found[0][-1].square().sum()
        )


def test_a_bound_is_held_to_the_last_digit():
    aligned = switched([[[-2.0, -5.0], [-2.0, -2.0]]])
    assert_bound_holds(NormProduct(), aligned)
    assert_bound_holds(VolumeFloor(), aligned)
    bare = wrong_bounds()["a float norm, not rounded up"]
    with pytest.raises(AssertionError, match=re.escape("must be at most 1.79175946")):
        assert_bound_holds(bare, aligned)


def test_a_floor_may_be_met_and_not_passed():
    swap = switched([[[0.0, 1.0], [1.0, 0.0]]] * 3)
    assert_bound_holds(VolumeFloor(), swap)
    shear = switched([[[1.0, 1.0], [0.0, 1.0]]] * 3)
    with pytest.raises(AssertionError, match="must be at least"):
        assert_bound_holds(wrong_bounds()["norm for radius from below"], powers(shear))


def powers(trajectory):
    W = trajectory.chain.factors()[0]
    return run(Linear(W, np.zeros((2, 1))), np.zeros(2), np.zeros((3, 1)))


def test_hypotheses_are_not_assertions():
    cell = RNN(np.eye(2), np.zeros((2, 1)), np.zeros(2))
    with pytest.raises(AssumptionError):
        assert_bound_holds(LinearRadius(), run(cell, np.zeros(2), np.zeros((3, 1))))
