"""Slack of bounds on real runs: 0 where sharp, positive where loud, inf where dead."""

import math

import numpy as np
import pytest

from gradlab.bounds import LinearRadius, NormProduct, SlopeNorm
from gradlab.cells import LSTM, RNN
from gradlab.dynamics import run
from gradlab.errors import AssumptionError
from gradlab.studies import Tightness, tightness
from tests.cases.bounds import BOUNDS


def test_half_a_rotation_is_sharp_and_a_loud_run_is_not():
    rng = np.random.default_rng(2)
    W = 0.5 * np.linalg.qr(rng.normal(size=(3, 3)))[0]
    rest = run(RNN(W, np.zeros((3, 1)), np.zeros(3)), np.zeros(3), np.zeros((12, 1)))
    # Twelve steps of 4 n² u = 4e-15 each, and the rounding of W.
    assert abs(tightness(NormProduct(), rest).slack) < 1e-12
    loud = run(
        RNN(3 * W + np.eye(3), np.zeros((3, 1)), np.zeros(3)),
        rng.normal(size=3),
        np.zeros((12, 1)),
    )
    assert tightness(NormProduct(), loud).slack > 0


@pytest.mark.parametrize("name", BOUNDS)
def test_the_slack_of_a_witness_is_within_its_width(name):
    case = BOUNDS[name]
    found = tightness(case.bound, case.witness())
    assert found.label == case.bound.label
    difference = found.log_bound - found.log_gain
    assert found.slack == (difference if found.direction == "above" else -difference)
    # The measured gain has an error of its own, 1e-13 per decade of T.
    assert abs(found.slack) < case.width + 1e-12


@pytest.mark.parametrize("gain", [0.5, 1.5, 3.0])
def test_norms_of_weights_are_looser_than_norms_of_jacobians(gain, rng):
    cell = RNN.random(20, 1, gain=gain, rng=rng)
    trajectory = run(cell, 0.1 * np.ones(20), np.zeros((100, 1)))
    near, far = (tightness(b, trajectory) for b in (NormProduct(), SlopeNorm()))
    assert 0 < near.per_step < far.per_step
    assert near.per_step == near.slack / 100


def test_the_norm_product_takes_every_cell(rng):
    cell = LSTM.random(6, 2, gain=1.0, rng=rng)
    trajectory = run(cell, np.zeros(12), rng.normal(size=(50, 2)))
    assert tightness(NormProduct(), trajectory).slack > 0
    with pytest.raises(AssumptionError):
        tightness(LinearRadius(), trajectory)


def test_dead_runs_have_no_gain_and_a_bound_may_not_know():
    W = np.array([[0.0, 1.0], [0.0, 0.0]])
    cell = RNN(W, np.zeros((2, 1)), np.zeros(2), activation="identity")
    nilpotent = run(cell, np.zeros(2), np.zeros((3, 1)))
    blind = tightness(NormProduct(), nilpotent)
    assert blind.log_gain == -math.inf
    assert blind.slack == math.inf
    off = RNN(W, np.zeros((2, 1)), -np.ones(2), activation="relu")
    known = tightness(NormProduct(), run(off, np.zeros(2), np.zeros((3, 1))))
    assert known.log_bound == known.log_gain == -math.inf
    assert known.slack == 0.0


def test_a_tightness_is_kept_and_cites_its_theorem(tmp_path, rng):
    trajectory = run(RNN.random(3, 1, gain=1.0, rng=rng), np.zeros(3), np.zeros((4, 1)))
    found = tightness(SlopeNorm(), trajectory)
    back = Tightness.load(found.save(tmp_path / "slack"))
    assert back.slack == found.slack
    assert len(found.to_csv().splitlines()) == 2
    assert [source.key for source in back.sources] == ["pascanu2013difficulty"]
