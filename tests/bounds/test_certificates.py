"""Certificates: proved where a bound holds, refuted where it is wrong, or undecided."""

import math

import numpy as np
import pytest

from gradlab.bounds import (
    AbstractBound,
    Certificate,
    LinearFloor,
    LinearRadius,
    NormProduct,
    SlopeNorm,
    Verdict,
    all_bounds,
)
from gradlab.cells import GRU, LSTM, RNN, Henon, Linear
from gradlab.dynamics import run
from gradlab.errors import AssumptionError, InputError
from gradlab.linalg import arithmetic
from gradlab.testing import wrong_bounds
from gradlab.verified import Enclosure
from tests.cases.bounds import BOUNDS
from tests.oracles.gain import exact_product, gain_at_most

RUNS = {
    "rnn": lambda rng: run(
        RNN.random(8, 2, gain=1.2, rng=1), np.zeros(8), rng.normal(size=(30, 2))
    ),
    "sigmoid": lambda rng: run(
        RNN.random(4, 2, gain=3.0, rng=1, activation="sigmoid"),
        np.zeros(4),
        rng.normal(size=(30, 2)),
    ),
    "gelu": lambda rng: run(
        RNN.random(4, 2, gain=1.0, rng=1, activation="gelu"),
        np.zeros(4),
        rng.normal(size=(30, 2)),
    ),
    "lstm": lambda rng: run(
        LSTM.random(4, 2, gain=1.0, rng=1), np.zeros(8), rng.normal(size=(30, 2))
    ),
    "gru": lambda rng: run(
        GRU.random(5, 2, gain=1.0, rng=1), np.zeros(5), rng.normal(size=(30, 2))
    ),
    "linear": lambda rng: run(
        Linear.random(6, 2, gain=0.9, rng=1), np.zeros(6), rng.normal(size=(30, 2))
    ),
    "henon": lambda rng: run(Henon(), [0.1, 0.1], np.zeros((50, 0))),
}


@pytest.mark.parametrize("bound", all_bounds(), ids=lambda bound: bound.label)
@pytest.mark.parametrize("name", RUNS)
def test_every_bound_is_proved_on_every_run_that_it_speaks_of(bound, name, rng):
    trajectory = RUNS[name](rng)
    try:
        found = bound().certify(trajectory)
    except AssumptionError:
        assert bound.assumptions != "none"
        return
    assert found.verdict is Verdict.PROVED
    P = exact_product(trajectory.chain.factors())
    assert gain_at_most(P, found.log_gain.upper)
    assert not gain_at_most(P, found.log_gain.lower - 1e-12)
    end = found.log_bound.upper if bound.direction == "above" else found.log_bound.lower
    assert bound().log_bound(trajectory) == end
    assert gain_at_most(P, end) == (bound.direction == "above")


@pytest.mark.parametrize("case", BOUNDS.values(), ids=BOUNDS)
def test_a_sharp_bound_is_proved_although_the_gain_is_next_to_it(case):
    found = case.bound.certify(case.witness())
    assert found.verdict is Verdict.PROVED
    # The gain had to be enclosed as narrowly as it took to tell.
    assert found.log_gain.width <= case.width


def test_a_wrong_bound_is_refuted(rng):
    trajectory = RUNS["linear"](rng)
    found = wrong_bounds()["radius without transient"].certify(trajectory)
    assert found.verdict is Verdict.REFUTED
    assert found.log_gain.lower > found.log_bound.upper


class Estimate(AbstractBound):
    """A bound whose value is computed in ways that nothing is proved of."""

    label = "thm:estimate"
    direction = "above"

    def enclosed_bound(self, trajectory):
        return Enclosure.between(-math.inf, 1e3, fault="it was found by search")


def test_an_estimate_is_not_certified_and_costs_no_precision(rng):
    found = Estimate().certify(RUNS["henon"](rng))
    assert found.verdict is Verdict.UNDECIDED
    assert found.log_bound.reason == "it was found by search"
    assert found.arithmetic == "float64"
    assert Estimate().log_bound(RUNS["henon"](rng)) == 1e3


def test_wrong_arithmetic_leaves_the_bound_an_estimate(monkeypatch, rng):
    trajectory = RUNS["linear"](rng)
    right = np.matmul
    monkeypatch.setattr(np, "matmul", lambda X, Y: right(X, Y) * (1 + 2.0**-40))
    arithmetic._fault_of_products.cache_clear()
    try:
        for bound in (NormProduct(), SlopeNorm(), LinearRadius()):
            found = bound.certify(trajectory)
            assert found.verdict is Verdict.UNDECIDED
            assert "is wrong" in found.log_bound.reason
            # The gain is enclosed in balls, which need no BLAS.
            assert found.log_gain.certified
        # So is the spectral radius.
        assert LinearFloor().certify(trajectory).verdict is Verdict.PROVED
    finally:
        monkeypatch.undo()
        arithmetic._fault_of_products.cache_clear()


def test_a_certificate_says_which_numbers_it_speaks_of(rng, tmp_path):
    found = NormProduct().certify(RUNS["rnn"](rng))
    assert found.label == "thm:norm-product"
    assert found.direction == "above"
    assert found.model == (
        "the float64 Jacobians of the stored run, taken as exact numbers"
    )
    row = [found.log_gain.lower, found.log_gain.upper, found.log_bound.upper]
    assert found.to_csv().splitlines() == [
        "log_gain_lower,log_gain_upper,log_bound",
        ",".join(map(repr, row)),
    ]
    found.save(tmp_path / "certificate")
    back = Certificate.load(tmp_path / "certificate")
    assert back.verdict is Verdict.PROVED
    assert back.log_gain.upper == found.log_gain.upper
    assert "rump2010verification" in found.cite()


def test_weights_in_float32_enter_as_the_numbers_they_are(rng):
    W = rng.normal(size=(4, 4)).astype(np.float32)
    single, double = (
        run(Linear(X, np.zeros((4, 1))), np.zeros(4), np.zeros((10, 1)))
        for X in (W, W.astype(float))
    )
    one, two = (SlopeNorm().certify(trajectory) for trajectory in (single, double))
    assert one.log_bound.upper == two.log_bound.upper


def test_no_gain_at_all_is_proved_to_be_none():
    rest = run(Linear(np.zeros((3, 3)), np.zeros((3, 1))), np.zeros(3), np.ones((5, 1)))
    for bound in (NormProduct(), SlopeNorm(), LinearRadius(), LinearFloor()):
        found = bound.certify(rest)
        assert found.log_bound.upper == found.log_gain.upper == -math.inf
        assert found.verdict is Verdict.PROVED


def test_the_slope_bound_is_that_of_the_weights_whatever_the_run_met():
    # Saturated units have slopes near 0; γ = 1 all the same.
    cell = RNN(2 * np.eye(3), np.zeros((3, 1)), np.full(3, 9.0))
    saturated = run(cell, np.zeros(3), np.zeros((12, 1)))
    assert saturated.chain.factors().max() < 1e-6
    # Some (4 n² + n) u a step.
    assert SlopeNorm().log_bound(saturated) == pytest.approx(
        12 * math.log(2), abs=1e-12
    )


def test_slopes_above_the_stated_largest_are_taken_into_account():
    # A slope as computed may exceed γ by its rounding; the bound takes what there is.
    cell = RNN(np.eye(3), np.zeros((3, 1)), np.zeros(3))
    rest = run(cell, np.zeros(3), np.zeros((12, 1)))
    bound = SlopeNorm().enclosed_bound(rest)
    # 12 ln(1 · 1), some (4 n² + n) u a step.
    assert -1e-12 < bound.lower <= 0 < bound.upper < 1e-12


def test_impossible_wishes_are_refused(rng):
    with pytest.raises(InputError, match="`atol` must be a finite number > 0"):
        NormProduct().certify(RUNS["henon"](rng), atol=0.0)
