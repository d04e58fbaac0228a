"""Windows, segments and cuts: who reaches whom, what it costs, what is refused."""

import itertools

import numpy as np
import pytest

from gradlab.errors import InputError, InputTypeError, RangeError, ShapeError
from gradlab.gradients import (
    Geometric,
    PowerLaw,
    RandomTruncation,
    RandomWindow,
    Segmented,
    Truncated,
)
from tests.cases.gradients import OBJECTIVES, T
from tests.oracles.enumeration import enumerated_moments, lag_tensor


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize(
    "estimator",
    [Truncated(1), Truncated(3), Truncated(5, stride=4), Segmented(4), Segmented(4, 1)],
    ids=repr,
)
def test_the_gradient_has_the_lags_that_it_says(estimator, name, rng):
    objective = OBJECTIVES[name](rng)
    lags = estimator.lags(len(objective.trajectory))
    expected, _ = enumerated_moments(lag_tensor(objective), lags[None], np.ones(1))
    found = estimator.gradient(objective).params
    names = objective.trajectory.cell.params
    flat = np.concatenate([found[name].ravel() for name in names])
    # T² terms in another order.
    assert np.linalg.norm(flat - expected) <= 1e-13 * max(np.linalg.norm(expected), 1)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("length", [1, 4, 6])
def test_blocks_as_long_as_their_window_are_segments(length, name, rng):
    """TBPTT(k, k) is what detaching every k steps does, if k divides T.

    Otherwise the last block is shorter than its window, and looks across a boundary.
    """
    objective = OBJECTIVES[name](rng)
    if len(objective.trajectory) % length:
        return
    windows = Truncated(length, stride=length).gradient(objective)
    segments = Segmented(length).gradient(objective)
    np.testing.assert_allclose(windows.flat, segments.flat, rtol=1e-12, atol=1e-15)


def test_windows_count_the_steps_that_they_go_back():
    assert Truncated(3).expected_steps(5) == 1 + 2 + 3 + 3 + 3
    assert Truncated(4, stride=2).expected_steps(5) == 2 + 4 + 4
    assert Truncated(4, stride=2).expected_steps(5, [0, 0, 1, 0, 0]) == 3
    assert Segmented(3).expected_steps(5) == 5
    assert Segmented(3).expected_steps(5, [0, 0, 0, 0, 1]) == 2
    assert (Truncated(3).held_steps(9), Segmented(4, offset=1).held_steps(9)) == (3, 4)


def test_costs_of_a_random_truncation_are_means_over_all_cuts():
    keep = np.array([0.9, 0.5, 0.25, 0.75, 0.6])
    losses = np.array([0.0, 1.0, 0.0, 0.0, 1.0])
    estimator = RandomTruncation(keep)
    steps = longest = reach = 0.0
    for kept in itertools.product([0, 1], repeat=4):
        chance = np.where(kept, keep[1:], 1 - keep[1:]).prod()
        runs = np.split(np.arange(5), 1 + np.flatnonzero(np.equal(kept, 0)))
        longest += chance * max(map(len, runs))
        for run in runs:
            heard = [i for i in run if losses[i : run[-1] + 1].any()]
            steps += chance * len(heard)
            reach += chance * sum(t - run[0] + 1 for t in run if losses[t]) / 2
    assert estimator.expected_steps(5, losses) == pytest.approx(steps, rel=1e-14)
    assert estimator.held_steps(5) == pytest.approx(longest, rel=1e-14)
    assert estimator.expected_reach(5, losses) == pytest.approx(reach, rel=1e-14)


def test_a_window_law_is_the_law_of_its_draws(rng):
    estimator = RandomWindow([1.0, 0.5, 0.25, 0.25])
    drawn = np.array([estimator.draw(4, rng=rng) for _ in range(4000)])
    for depth, chance in {0: 0.5, 1: 0.25, 2: 0.0, 3: 0.0, 4: 0.25}.items():
        sigma = np.sqrt(chance * (1 - chance) / 4000)
        assert abs((drawn == depth).mean() - chance) <= 5 * sigma  # seeded; 1 in 10⁶


def test_segments_of_a_draw_are_its_stretches():
    estimator = RandomTruncation(0.6)
    xi = estimator.draw(50, rng=1)
    lengths = estimator.segments(50, rng=1)
    assert lengths.sum() == 50
    assert (xi[np.cumsum(lengths)[:-1]] == 0).all()
    assert len(lengths) == 1 + np.count_nonzero(xi[1:] == 0)


COUNT = "must be an integer >= "


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: Truncated(0), InputError, "`window` must be an integer >= 1; got 0."),
        (lambda: Truncated(-3), InputError, f"`window` {COUNT}1; got -3."),
        (lambda: Truncated(3.0), InputTypeError, f"`window` {COUNT}1; got 3.0."),
        (lambda: Truncated(True), InputTypeError, f"`window` {COUNT}1; got True."),
        (lambda: Truncated("3"), InputTypeError, f"`window` {COUNT}1; got '3'."),
        (
            lambda: Truncated(2, stride=3),
            InputError,
            "`stride` must be at most `window` = 2, or some losses reach no step; "
            "got 3.",
        ),
        (lambda: Segmented(0), InputError, f"`length` {COUNT}1; got 0."),
        (
            lambda: Segmented(4, offset=4),
            InputError,
            "`offset` must be less than `length` = 4; got 4.",
        ),
        (lambda: Truncated(2).lags(0), InputError, f"`T` {COUNT}1; got 0."),
        (lambda: Truncated(2).lags(10.0), InputTypeError, f"`T` {COUNT}1; got 10.0."),
        *[
            (
                lambda bad=bad: RandomTruncation(bad),
                InputError,
                f"`keep` must be a finite number > 0 and <= 1; got {bad}.",
            )
            for bad in (0.0, 1.5, -0.1, float("nan"), float("inf"))
        ],
        (
            lambda: RandomTruncation("0.5"),
            InputTypeError,
            "`keep` must be a finite number > 0 and <= 1; got '0.5'.",
        ),
        (
            lambda: RandomTruncation([0.5, 0.0, 1.0]),
            InputError,
            "`keep` must be probabilities 0 < keep <= 1 (a chain that is never kept "
            "cannot be weighted up); got 0.0 at index 1.",
        ),
        (
            lambda: RandomTruncation(lambda T: np.full(T, 2.0)).draw(3, rng=0),
            InputError,
            "`keep` must be probabilities 0 < keep <= 1 (a chain that is never kept "
            "cannot be weighted up); got 2.0 at index 0.",
        ),
        (
            lambda: RandomTruncation([0.5, 0.5]).draw(3, rng=0),
            ShapeError,
            "`keep` must have shape (T,) with T = 3; got (2,).",
        ),
        (
            lambda: RandomTruncation(0.5, nested=1),
            InputTypeError,
            "`nested` must be True or False; got 1.",
        ),
        (
            lambda: RandomWindow([0.5, 0.25]),
            InputError,
            "`law` must be a survival: P(K >= 0) = 1, never rising, never < 0.",
        ),
        (
            lambda: RandomWindow([1.0, 0.5]).survival(3),
            InputError,
            "`law` must have P(K >= l) > 0 at every lag l = 0 … 2; it is 0 at l = 2.",
        ),
        (
            lambda: RandomWindow(Geometric(0.5)).survival(1100),  # 2^−1075 is 0
            InputError,
            "`law` must have P(K >= l) > 0 at every lag l = 0 … 1099; "
            "it is 0 at l = 1075.",
        ),
        (
            lambda: RandomWindow.from_pmf([0.5, 0.25]),
            InputError,
            "`probabilities` must be >= 0 and sum to 1; got a sum of 0.75.",
        ),
        (
            lambda: RandomWindow(Geometric(0.5), shared=0),
            InputTypeError,
            "`shared` must be True or False; got 0.",
        ),
        (
            lambda: PowerLaw(0.0, 1.0),
            InputError,
            "`scale` must be a finite number > 0; got 0.0.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make, kind, message):
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == message


def test_a_window_that_overflows_names_the_step(rng):
    objective = OBJECTIVES["linear"](rng)
    loud = objective.reweighted(np.full(T, 1e200))
    with pytest.raises(RangeError, match="overflows float64 at step"):
        Truncated(4).gradient(
            type(loud)(
                type(loud.trajectory)(
                    type(loud.trajectory.cell)(np.eye(4) * 1e200, np.zeros((4, 2))),
                    loud.trajectory.states,
                    loud.trajectory.inputs,
                ),
                loud.targets,
                loud.W_qh,
                weights=loud.weights,
            )
        )


def test_the_sequences_of_a_batch_may_have_their_own_cuts(rng):
    chain = OBJECTIVES["rnn batch"](rng).trajectory.chain
    xi = np.ones((T, 3))
    xi[5, 1] = 0.0
    sources = rng.normal(size=(T, 3, 5))
    found = chain.backpropagate(sources, xi=xi)
    for b in range(3):
        alone = chain.sequence(b).backpropagate(sources[:, b], xi=xi[:, b])
        np.testing.assert_allclose(found[:, b], alone, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(found[5, 1], sources[4, 1])
