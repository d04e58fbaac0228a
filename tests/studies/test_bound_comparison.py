"""Bounds beside the gain lag by lag: what each promises, and which decides first."""

import math

import numpy as np
import pytest

from gradlab.bounds import (
    AbstractBound,
    JordanFloor,
    LeastSingularProduct,
    NormProduct,
    SlopeNorm,
    Verdict,
    VolumeFloor,
)
from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError
from gradlab.linalg import graded_product
from gradlab.references import Reference
from gradlab.studies import BoundComparison, compare_bounds, tightness
from gradlab.verified import Enclosure

CELLS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


def rest(W, steps=12):
    n = len(W)
    return run(Linear(W, np.zeros((n, 1))), np.zeros(n), np.zeros((steps, 1)))


def reader(kind, rng, steps=30):
    cell = CELLS[kind].random(4, 2, gain=1.5, rng=rng)
    return run(cell, np.zeros(cell.sizes[0]), rng.normal(size=(steps, 2)))


class Wrong(AbstractBound):
    """It promises that nothing is left after one step."""

    label, statement, assumptions = "thm:wrong", r"\ln\|J\|\le-100", "none"
    source, direction = Reference("horn2013matrix"), "above"

    def enclosed_bound(self, trajectory):
        return Enclosure.between(-math.inf, -100.0)


@pytest.mark.parametrize("kind", CELLS)
def test_the_last_column_is_the_tightness_of_every_bound(kind, rng):
    trajectory = reader(kind, rng)
    found = compare_bounds(trajectory, lags=[3, 30])
    assert {"thm:norm-product", "thm:volume-floor"} <= set(found.labels)
    for bound in (NormProduct(), VolumeFloor()):
        (at,) = [k for k, label in enumerate(found.labels) if label == bound.label]
        alone = tightness(bound, trajectory)
        assert found.log_bounds[at, -1] == alone.log_bound
        # Two measured gains, each right to about 1e-13 of some tens of nats.
        assert found.slack[at] == pytest.approx(alone.slack, abs=1e-11)
        assert found.per_step[at] == found.slack[at] / 30


@pytest.mark.parametrize("kind", CELLS)
def test_a_lag_is_the_end_of_the_run_and_no_bound_is_exceeded_there(kind, rng):
    trajectory = reader(kind, rng)
    found = compare_bounds(trajectory, lags=[1, 7, 30])
    factors = trajectory.chain.factors()
    for at, lag in enumerate([1, 7, 30]):
        gain = graded_product(factors[-lag:]).log_norm
        assert found.log_gain[at] == pytest.approx(gain, abs=1e-11)
    assert set(found.verdicts) == {Verdict.PROVED}
    above = np.array(found.directions) == "above"
    # The measured gain rounds, by some 1e-13 of 30 steps.
    assert (found.log_bounds[above] > found.log_gain - 1e-11).all()
    assert (found.log_bounds[~above] < found.log_gain + 1e-11).all()


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_who_is_sharp_decides_when_it_happens(factor):
    pair = [NormProduct(), LeastSingularProduct()]
    found = compare_bounds(rest(factor * np.eye(2), 20), pair, lags=range(1, 21))
    # 2⁹ < 1000 < 2¹⁰: a bound from above decides that, one from below the contrary.
    assert found.happens_at == 10
    decided = [10, math.inf] if factor < 1 else [math.inf, 10]
    assert found.decided_at.tolist() == decided
    assert found.first == pair[decided.index(10)].label
    assert found.tightest("above") == "thm:norm-product"
    assert found.tightest("below") == "thm:least-singular-product"


def test_a_bound_that_is_exceeded_later_has_not_decided():
    found = BoundComparison(
        labels=("thm:a", "thm:b"),
        keys=("horn2013matrix", "horn2013matrix"),
        directions=("above", "below"),
        lags=np.array([1, 2, 5]),
        log_gain=np.array([-9.0, -2.0, -8.0]),
        log_bounds=np.array([[-8.0, -1.0, -7.0], [-9.0, -9.0, -9.0]]),
        verdicts=(Verdict.PROVED,) * 2,
        arithmetics=("float64",) * 2,
        unmet={},
        small=1e-3,
    )
    assert found.happens_at == 5
    assert found.decided_at.tolist() == [5, math.inf]
    assert found.first == "thm:a"
    assert found.slack.tolist() == [1.0, 1.0]


def test_nobody_decides_where_nothing_happens():
    found = compare_bounds(rest(np.eye(2)), [NormProduct()])
    assert found.happens_at == math.inf
    assert found.first == found.tightest("below") == ""


def test_a_hypothesis_that_fails_is_said_and_one_that_fails_early_leaves_a_gap(rng):
    lstm = compare_bounds(reader("lstm", rng), [SlopeNorm(), NormProduct()], lags=[5])
    assert lstm.labels == ("thm:norm-product",)
    assert lstm.unmet["thm:slope-norm"].startswith("thm:slope-norm needs")
    block = 0.5 * np.eye(3) + np.eye(3, k=1)
    found = compare_bounds(rest(block), [JordanFloor()], lags=[1, 5])  # T ≥ n − 1 = 2
    assert np.isnan(found.log_bounds[0]).tolist() == [True, False]
    assert not compare_bounds(reader("gru", rng), [SlopeNorm()]).labels


def test_a_gain_of_zero_is_not_seen_by_norms():
    found = compare_bounds(rest([[0.0, 1.0], [0.0, 0.0]]), [NormProduct()], lags=[1, 5])
    assert found.log_gain.tolist() == [0.0, -math.inf]
    assert found.slack.tolist() == [math.inf]
    assert found.verdicts == (Verdict.PROVED,)


def test_a_wrong_theorem_is_refuted_also_if_one_lag_does_not_see_it():
    found = compare_bounds(rest(0.5 * np.eye(2), 200), [Wrong()], lags=[1, 200])
    assert found.verdicts == (Verdict.REFUTED,)  # 200 ln 2 > 100


def test_it_is_stored_tabulated_and_cited(tmp_path, rng):
    found = compare_bounds(reader("rnn", rng), lags=[2, 30])
    back = BoundComparison.load(found.save(tmp_path / "bounds"))
    assert back.to_csv() == found.to_csv()
    assert back.verdicts == found.verdicts
    assert back.unmet == found.unmet
    assert "thm:norm-product,above," in found.to_csv()
    assert "thm:norm-product & above & $" in found.to_latex()
    assert "pascanu2013difficulty" in found.cite()


def test_what_is_asked_for_must_be_there(rng):
    trajectory = reader("rnn", rng)
    batch = Trajectory(
        trajectory.cell, trajectory.states[:, None], trajectory.inputs[:, None]
    )
    for wrong, options in (
        (batch, {}),
        (trajectory, {"lags": [31]}),
        (trajectory, {"lags": []}),
        (trajectory, {"small": 0.0}),
        (trajectory, {"small": 2.0}),
    ):
        with pytest.raises(InputError):
            compare_bounds(wrong, [NormProduct()], **options)
