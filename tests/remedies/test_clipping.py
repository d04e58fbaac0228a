"""Clipping: what torch does, at any size of gradient, and which lags pay for it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError, NonFiniteError
from gradlab.gradients import Full
from gradlab.objectives import SquaredError
from gradlab.remedies import (
    Clipped,
    clip_by_norm,
    clip_by_value,
    clip_statistics,
    clipped_lags,
    lag_contributions,
)


@pytest.fixture
def gradient(rng):
    return {"W_hh": rng.normal(size=(4, 4)), "b_h": rng.normal(size=4)}


def test_what_is_small_enough_is_not_touched(gradient):
    for clip in (clip_by_norm, clip_by_value):
        found = clip(gradient, 100.0)
        assert not found.clipped
        assert found.share == 0.0
        for name, g in gradient.items():
            assert found.params[name].tolist() == g.tolist()
            assert found.params[name] is not g


def test_a_norm_at_the_threshold_passes():
    assert not clip_by_norm({"w": [3.0, 4.0]}, 5.0).clipped
    assert clip_by_norm({"w": [3.0, 4.0]}, np.nextafter(5.0, 0.0)).clipped


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-170, 1e155, 1e300, 1.7e308])
def test_no_size_of_gradient_over_or_underflows(size):
    gradient = {"a": np.full(9, size), "b": np.full(7, -size)}
    found = clip_by_norm(gradient, 1e-308)
    assert found.log_norm == pytest.approx(math.log(4) + math.log(size), rel=1e-14)
    # Of 16 equal entries the norm is four times one: exact, or beyond float64.
    assert found.norm == (4 * size if size < 4e307 else math.inf)
    flat = np.concatenate([*found.params.values()])
    if found.clipped:
        # 1e-308/4 is subnormal: rounded to a multiple of 5e-324, one part in 5e14.
        np.testing.assert_allclose(np.abs(flat), 1e-308 / 4, rtol=1e-14)
    else:
        assert np.abs(flat).tolist() == [size] * 16


@given(
    st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=8),
    st.floats(1e-300, 1e300),
)
def test_the_norm_is_at_most_the_threshold_and_the_direction_stays(entries, theta):
    found = clip_by_norm({"w": entries}, theta)
    after = clip_by_norm({"w": found.params["w"]}, 1.0)
    # The factor and eight products round once each.
    assert after.norm <= theta * (1 + 1e-14)
    assert (np.sign(found.params["w"]) * np.sign(entries) >= 0).all()
    if found.clipped:
        assert after.norm == pytest.approx(theta, rel=1e-14)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_never_pass(gradient, clip, bad):
    gradient["W_hh"][1, 2] = bad
    expected = rf"`gradient\['W_hh'\]` must be finite; got {bad} at index \(1, 2\)"
    with pytest.raises(NonFiniteError, match=expected):
        clip(gradient, 1.0)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_bad_arguments_are_refused(clip):
    for threshold in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="`threshold` must be a finite number > 0"):
            clip({"w": [1.0]}, threshold)
    with pytest.raises(InputError, match="at least one parameter; got none"):
        clip({}, 1.0)
    with pytest.raises(InputTypeError, match="must be a mapping of names to arrays"):
        clip([1.0], 1.0)


def test_a_gradient_of_an_estimator_is_taken_as_it_is(rng, tmp_path):
    trajectory = run(RNN.random(3, 2, gain=1.0, rng=rng), np.zeros(3), np.ones((5, 2)))
    gradient = Full().gradient(
        SquaredError(trajectory, np.zeros((5, 1)), np.ones((1, 3)))
    )
    found = clip_by_norm(gradient, gradient.norm / 2)
    for name, g in gradient.params.items():
        np.testing.assert_allclose(found.params[name], g / 2, rtol=1e-14)
    again = Clipped.load(found.save(tmp_path / "clipped"))
    assert again.norm == found.norm
    assert again.params.keys() == found.params.keys()


def test_statistics_count_what_a_threshold_clips():
    found = clip_statistics([4.0, 1.0, 2.0, 8.0], 2.0)
    assert found.fraction == 0.5
    assert found.mean_factor == (1 + 1 + 1 / 2 + 1 / 4) / 4
    assert found.norms.tolist() == [1.0, 2.0, 4.0, 8.0]
    assert found.columns()["share"].tolist() == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.7, 0.9, 0.99, 1.0])
def test_the_suggested_threshold_clips_at_most_its_share(rng, quantile):
    norms = rng.lognormal(size=10)
    found = clip_statistics(norms, quantile=quantile)
    assert found.suggested in norms
    assert found.fraction <= 1 - quantile + 1e-12  # 1 − q rounds
    lower = found.norms[found.norms < found.suggested]
    if len(lower):  # it is the least that does
        assert (norms > lower[-1]).mean() > 1 - quantile + 1e-12


@pytest.mark.parametrize("norms", [[], [-1.0], [np.nan], [np.inf], [[1.0]]])
def test_what_is_no_norm_is_refused(norms):
    with pytest.raises(InputError, match="`norms` must"):
        clip_statistics(norms)


def test_a_threshold_of_no_gradient_is_said_by_its_value():
    found = clip_statistics([0.0, 0.0])
    assert (found.suggested, found.fraction, found.mean_factor) == (0.0, 0.0, 1.0)


def test_contributions_sum_to_the_norm_at_any_size(rng):
    terms = rng.normal(size=(3, 5, 7))
    for scale in (1e-300, 1e-160, 1.0, 1e160, 1e300):
        norms = np.linalg.norm(terms.sum(axis=1), axis=-1) * scale
        found = lag_contributions(terms * scale)
        # Five terms and a norm of seven entries.
        np.testing.assert_allclose(found.sum(axis=-1), norms, rtol=1e-13)
    assert lag_contributions(np.zeros((2, 3))).tolist() == [0.0, 0.0]


def test_cancelling_lags_carry_nothing_or_less():
    against = lag_contributions([[2.0, 0.0], [-1.0, 5.0], [0.0, -5.0]])
    np.testing.assert_allclose(against, [2.0, -1.0, 0.0])
    assert lag_contributions([[1.0], [-1.0]]).tolist() == [0.0, 0.0]


def test_what_is_removed_is_the_gradient_before_minus_after(rng):
    terms = rng.normal(size=(20, 6, 4))
    contributions, theta = lag_contributions(terms), 4.0
    found = clipped_lags(contributions, theta)
    lost = []
    for G in terms:
        g = G.sum(axis=0)
        after = clip_by_norm({"w": g}, theta).params["w"]
        lost.append(G @ (g - after) / np.linalg.norm(g))
    assert 0 < found.fraction < 1
    # g − after cancels where a step is hardly clipped: eps ‖g‖, absolutely.
    np.testing.assert_allclose(found.removed, np.mean(lost, axis=0), atol=1e-14)
    assert found.share_removed.sum() == pytest.approx(1.0)
    assert found.share_passed.sum() == pytest.approx(1.0)


def test_shares_of_nothing_are_nan():
    none = clipped_lags([1.0, 2.0], 10.0)
    assert none.fraction == 0.0
    assert np.isnan(none.share_removed).all()
    assert np.isnan(clipped_lags([1.0, 2.0], 0.5).share_passed).all()


@pytest.mark.parametrize("rows", [[[]], [[1.0, -2.0]], np.zeros((0, 3))])
def test_rows_that_are_no_norms_are_refused(rows):
    with pytest.raises(InputError, match="`contributions` must have rows that sum to"):
        clipped_lags(rows, 1.0)


def test_contributions_have_two_axes():
    with pytest.raises(InputError, match=r"must have shape \(K, L\) or \(L,\)"):
        clipped_lags(np.ones((2, 2, 2)), 1.0)


def test_results_are_tables():
    columns = clip_by_norm({"w": [3.0, 4.0]}, 1.0).columns()
    assert list(columns) == ["norm", "log_norm", "threshold", "share"]
    assert columns["norm"].tolist() == [5.0]
    table = clipped_lags([[1.0, 3.0]], 2.0).columns()
    assert table["lag"].tolist() == [0, 1]
    assert table["removed"].tolist() == [0.5, 1.5]
