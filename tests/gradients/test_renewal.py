"""Cuts that renew: exact moments, costs over all outcomes, ARTBP's law, bad laws."""

from fractions import Fraction

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.datasets import influence_balancing
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError, RangeError
from gradlab.gradients import (
    Full,
    Geometric,
    PowerLaw,
    RandomTruncation,
    RenewalTruncation,
    Waring,
    _renewal_variance,
    _suffixes,
    moments,
)
from gradlab.objectives import SquaredError
from tests.cases.gradients import OBJECTIVES, squared
from tests.oracles.enumeration import (
    enumerated_moments,
    lag_tensor,
    renewal_outcomes,
)

T = 8
KINDS = {
    "rnn": lambda rng: RNN.random(4, 2, gain=1.4, rng=rng),
    "lstm": lambda rng: LSTM.random(3, 2, gain=1.4, rng=rng),
    "gru": lambda rng: GRU.random(3, 2, gain=1.4, rng=rng),
}
LAWS = {
    "waring": Waring(3.0, 4.0),
    "power": PowerLaw(2.0, 1.5),
    # Some steps cannot be cut at all, and hazards rise and fall.
    "steps": [1.0, 1.0, 0.5, 0.5, 0.4, 0.1, 0.1, 0.05, 0.05, 0.01],
}


def cell_part(params, objective):
    names = objective.trajectory.cell.params
    return np.concatenate([params[name].ravel() for name in names])


def check(estimator, objective):
    xi, chances = renewal_outcomes(estimator.survival(len(objective.trajectory)))
    weights = np.array([estimator.weights(each) for each in xi])
    expected = enumerated_moments(
        lag_tensor(objective), weights, chances, shared=estimator.shared
    )
    found = moments(estimator, objective)
    for params, value in zip((found.mean, found.variance), expected, strict=True):
        # Required: 1e-12; 1.1e-15 was measured, normwise.
        error = np.linalg.norm(cell_part(params, objective) - value)
        assert error <= 1e-13 * max(np.linalg.norm(value), 1.0)
    for name, value in found.variance.items():
        if name not in objective.trajectory.cell.params:
            assert not value.any()  # the readout sees no truncation


@pytest.mark.theorem("thm:renewal-truncation")
@pytest.mark.parametrize("batch", [(), (2,)], ids=["one", "batch"])
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("kind", KINDS)
def test_moments_are_the_sums_over_all_outcomes(kind, law, shared, batch, rng):
    objective = squared(KINDS[kind](rng), rng, batch=batch, steps=T)
    check(RenewalTruncation(LAWS[law], shared=shared), objective)


@pytest.mark.parametrize("kind", KINDS)
def test_moments_of_ten_steps_are_the_sums_over_512_outcomes(kind, rng):
    check(RenewalTruncation(LAWS["steps"]), squared(KINDS[kind](rng), rng, steps=10))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_has_its_moments(name, rng):
    objective = OBJECTIVES[name](rng)
    part = objective.restricted(slice(0, min(7, len(objective.trajectory))))
    estimator = RenewalTruncation(Waring(2.5, 3.5))
    found = moments(estimator, part)
    tensor = lag_tensor(part)
    xi, chances = renewal_outcomes(estimator.survival(len(part.trajectory)))
    weights = np.array([estimator.weights(each) for each in xi])
    _, variance = enumerated_moments(tensor, weights, chances)
    # The same sums, some in another order.
    assert found.total_variance == pytest.approx(variance.sum(), rel=1e-13, abs=1e-30)


@pytest.mark.parametrize("batch", [(), (3,)], ids=["one", "batch"])
def test_a_constant_hazard_is_random_truncation(batch, rng):
    objective = squared(KINDS["lstm"](rng), rng, batch=batch, steps=20)
    for shared in (True, False):
        a = moments(RenewalTruncation(Geometric(0.7), shared=shared), objective)
        b = moments(RandomTruncation(0.7, shared=shared), objective)
        for name, value in b.variance.items():
            # Powers of 0.7 are rounded 20 times.
            np.testing.assert_allclose(a.variance[name], value, rtol=1e-12, atol=1e-30)
        assert a.held_steps == pytest.approx(b.held_steps, rel=1e-13)
    losses = np.arange(20) % 3 == 2
    a, b = RenewalTruncation(Geometric(0.7)), RandomTruncation(0.7)
    for cost in ("expected_steps", "expected_reach"):
        expected = getattr(b, cost)(20, losses)
        assert getattr(a, cost)(20, losses) == pytest.approx(expected, rel=1e-13)
    drawn = a.draw(20, rng=4, sequences=3)
    np.testing.assert_allclose(drawn[1:], b.draw(20, rng=4, sequences=3)[1:])
    assert (drawn[0] == 1).all()


@pytest.mark.parametrize("law", LAWS)
def test_one_loss_has_the_moments_of_its_age(law, rng):
    """Kept a times before the loss, it sees Σ_{l≤a} S_{a−l}/S_a of lag l, no more."""
    steps = 10
    objective = squared(KINDS["gru"](rng), rng, weights=np.eye(steps)[-1], steps=steps)
    estimator = RenewalTruncation(LAWS[law])
    S, chances = estimator.survival(steps), estimator.ages(steps)
    assert chances.sum() == pytest.approx(1.0, rel=1e-15)
    terms = lag_tensor(objective)[-1, ::-1, 0]  # lag by lag
    seen = np.array([S[a::-1] @ terms[: a + 1] / S[a] for a in range(steps)])
    mean = chances @ seen
    np.testing.assert_allclose(mean, terms.sum(axis=0), rtol=1e-12, atol=1e-15)
    found = cell_part(moments(estimator, objective).variance, objective)
    expected = chances @ (seen - mean) ** 2
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-30)


@pytest.mark.parametrize(
    ("length", "deviation"), [(10, 118.607), (20, 41.158), (50, 18.205), (100, 11.546)]
)
def test_influence_balancing_by_ages_has_its_published_scatter(length, deviation):
    """A constant hazard gives the known values; ARTBP scatters less at length 10."""
    terms = influence_balancing().lag_terms(600)

    def scatter(law):
        estimator = RenewalTruncation(law)
        S, chances = estimator.survival(600), estimator.ages(600)
        seen = np.array([S[a::-1] @ terms[: a + 1] / S[a] for a in range(600)])
        # Weights up to 1/S_a = 1e27 at chances as small; the mean keeps 9 digits.
        assert chances @ seen == pytest.approx(-6.0, rel=1e-9)
        return np.sqrt(chances @ (seen + 6) ** 2)

    assert scatter(Geometric(1 - 1 / length)) == pytest.approx(deviation, abs=6e-4)
    if length == 10:
        assert scatter(Waring(10.0, 4.0)) < deviation / 2


def test_three_steps_by_hand():
    """h_t = h_{t−1} + w, loss h_3: z_3 is 19/4, 1, 3 or 1; its variance is 21/8."""
    trajectory = run(Linear([[1.0]], [[1.0]]), [0.0], np.ones((3, 1)))
    loss = SquaredError(trajectory, [[2.0]] * 3, [[1.0]], weights=[0, 0, 1])
    found = moments(RenewalTruncation([1.0, 1 / 2, 2 / 5]), loss)
    assert found.mean["W_hx"].item() == 3.0
    # 2/5 is rounded, and so is what follows.
    assert found.variance["W_hx"].item() == pytest.approx(21 / 8, rel=1e-15)


def test_never_cutting_is_full(rng):
    objective = OBJECTIVES["gru"](rng)
    estimator = RenewalTruncation(np.ones(12))
    found = moments(estimator, objective)
    assert (found.total_variance, found.bias_norm) == (0.0, 0.0)
    drawn = estimator.gradient(objective, rng=0).flat
    np.testing.assert_array_equal(drawn, Full().gradient(objective).flat)


@pytest.mark.parametrize("name", ["lstm", "rnn batch"])
def test_a_draw_has_the_weights_that_it_says(name, rng):
    objective = OBJECTIVES[name](rng)
    estimator = RenewalTruncation(Waring(3.0, 4.0))
    weights = estimator.weights(estimator.draw(12, rng=5))
    expected, _ = enumerated_moments(lag_tensor(objective), weights[None], np.ones(1))
    found = cell_part(estimator.gradient(objective, rng=5).params, objective)
    error = np.linalg.norm(found - expected)
    assert error <= 1e-13 * max(np.linalg.norm(expected), 1.0)


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
def test_samples_have_the_moments(shared, rng):
    objective = OBJECTIVES["rnn batch"](rng)
    estimator = RenewalTruncation(Waring(3.0, 4.0), shared=shared)
    found = moments(estimator, objective)
    draws = np.array([estimator.gradient(objective, rng=rng).flat for _ in range(600)])
    mean, variance = (
        np.concatenate([v.ravel() for v in m.values()])
        for m in (found.mean, found.variance)
    )
    loud = variance > 0
    z = (draws.mean(axis=0) - mean)[loud] / np.sqrt(variance[loud] / len(draws))
    # Some 45 normal scores: beyond 5 once in 40,000 runs, and the seed is fixed.
    assert np.abs(z).max() < 5
    squares = ((draws - mean) ** 2).sum(axis=1)
    score = (squares.mean() - found.total_variance) / squares.std() * len(draws) ** 0.5
    assert abs(score) < 5


@pytest.mark.parametrize("batch", [(), (2,)], ids=["one", "batch"])
def test_losses_and_entries_are_taken_in_blocks(batch, rng, monkeypatch):
    monkeypatch.setattr(_suffixes, "_BLOCK", 3)
    monkeypatch.setattr(_renewal_variance, "_NUMBERS", 1)
    objective = squared(KINDS["lstm"](rng), rng, batch=batch, steps=T)
    check(RenewalTruncation(Waring(3.0, 4.0)), objective)


@pytest.mark.parametrize("law", LAWS)
def test_costs_are_means_over_all_cuts(law):
    estimator = RenewalTruncation(LAWS[law])
    losses = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    xi, chances = renewal_outcomes(estimator.survival(6))
    steps = longest = reach = 0.0
    for row, chance in zip(xi, chances, strict=True):
        runs = np.split(np.arange(6), 1 + np.flatnonzero(row[1:] == 0))
        longest += chance * max(map(len, runs))
        for each in runs:
            heard = [i for i in each if losses[i : each[-1] + 1].any()]
            steps += chance * len(heard)
            reach += chance * sum(t - each[0] + 1 for t in each if losses[t]) / 2
    assert estimator.expected_steps(6, losses) == pytest.approx(steps, rel=1e-14)
    assert estimator.held_steps(6) == pytest.approx(longest, rel=1e-14)
    assert estimator.expected_reach(6, losses) == pytest.approx(reach, rel=1e-14)


def test_segments_of_a_draw_are_its_stretches():
    estimator = RenewalTruncation(Waring(4.0, 3.0))
    xi, lengths = estimator.draw(50, rng=1), estimator.segments(50, rng=1)
    assert lengths.sum() == 50
    assert (xi[np.cumsum(lengths)[:-1]] == 0).all()
    assert len(lengths) == 1 + np.count_nonzero(xi[1:] == 0)


def test_hazards_are_those_of_tallec_and_ollivier():
    """c_d = (α − 1)/((α − 2) l_0 + d), d steps after the last cut, in fractions."""
    alpha, length = Fraction(9, 2), Fraction(16)
    found = RenewalTruncation(Waring(float(length), float(alpha))).hazards(200)
    d = range(1, 200)
    expected = [float((alpha - 1) / ((alpha - 2) * length + k)) for k in d]
    # c_d = 1 − S_d/S_{d−1}: an eps of 1 is up to 70 eps of c_199.
    np.testing.assert_allclose(found, expected, rtol=70 * 2.0**-52)


@pytest.mark.parametrize(("length", "exponent"), [(2.0, 7.0), (16.0, 8.0), (1.1, 6.0)])
def test_the_mean_length_is_exact(length, exponent):
    """Σ_l P(K ≥ l) = l_0; the terms fall like l^(1 − α) and the rest is negligible."""
    survival = Waring(length, exponent)(np.arange(20_000))
    # The rest is below (16 · 6)^7 / 20,000^6 / 6 < 1e-12 of the sum.
    assert survival.sum() == pytest.approx(length, rel=2e-12)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (
            lambda: RenewalTruncation([0.5, 0.25]),
            InputError,
            "`law` must be a survival: P(K >= 0) = 1, never rising, never < 0.",
        ),
        (
            lambda: RenewalTruncation([1.0, 0.5]).draw(4, rng=0),
            InputError,
            "`law` must have P(K >= l) > 0 at every lag l = 0 … 3; it is 0 at l = 2.",
        ),
        (
            lambda: RenewalTruncation(Geometric(0.5)).survival(1100),  # 2^−1075 is 0
            InputError,
            "`law` must have P(K >= l) > 0 at every lag l = 0 … 1099; "
            "it is 0 at l = 1075.",
        ),
        (
            lambda: RenewalTruncation(Geometric(0.5), shared=1),
            InputTypeError,
            "`shared` must be True or False; got 1.",
        ),
        (
            lambda: RenewalTruncation(lambda lags: 1.0 + lags).survival(3),
            InputError,
            "`law` must be a survival: P(K >= 0) = 1, never rising, never < 0.",
        ),
        (
            lambda: Waring(1.0, 3.0),
            InputError,
            "`length` must be a finite number > 1; got 1.0.",
        ),
        (
            lambda: Waring(4.0, 2.0),
            InputError,
            "`exponent` must be a finite number > 2; got 2.0.",
        ),
        (
            lambda: RenewalTruncation(Geometric(0.5)).draw(0, rng=0),
            InputError,
            "`T` must be an integer >= 1; got 0.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make, kind, message):
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == message


def test_the_law_that_was_given_is_copied():
    law = np.array([1.0, 0.5])
    estimator = RenewalTruncation(law)
    law[1] = 0.9
    assert estimator.hazards(2).tolist() == [0.5]


def test_what_overflows_in_the_weights_is_refused(rng):
    objective = squared(KINDS["rnn"](rng), rng, steps=T)
    with pytest.raises(RangeError, match="overflows float64"):
        moments(
            RenewalTruncation(Geometric(1e-43)), objective.reweighted(np.full(T, 1e150))
        )


def test_cotangents_that_parameters_share_are_not_written_over(rng):
    """Two biases of a GRU have one cotangent between them; both have its variance."""
    objective = squared(KINDS["gru"](rng), rng, steps=T)
    estimator = RenewalTruncation(Waring(3.0, 4.0))
    first, again = (moments(estimator, objective).variance for _ in range(2))
    for name, value in first.items():
        np.testing.assert_array_equal(again[name], value)
    # The reset gate's and the update gate's biases enter in one sum.
    n = 3
    np.testing.assert_array_equal(first["b_hx"][: 2 * n], first["b_hh"][: 2 * n])
