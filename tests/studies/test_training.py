"""Training learns, repeats itself bit for bit, resumes, and says when it diverged."""

import dataclasses

import numpy as np
import pytest

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError, RangeError
from gradlab.gradients import (
    AbstractEstimator,
    Full,
    RandomTruncation,
    RenewalTruncation,
    Segmented,
    Truncated,
    Waring,
    lag_decomposition,
)
from gradlab.objectives import SquaredError
from gradlab.remedies import clipped_lags
from gradlab.studies import (
    SGD,
    Adam,
    CharacterModel,
    Recipe,
    Training,
    TrainingStop,
    lag_lengths,
    train,
)
from tests.cases.training import (
    CORPUS,
    VERSE,
    B,
    T,
    assert_same,
    model_of,
    recipe_of,
)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_training_does_better_than_counting_letters(kind):
    counts = np.bincount(CORPUS.tokens) / len(CORPUS)
    entropy = -(counts * np.log(counts)).sum()
    recipe = recipe_of(updates=150, optimiser=Adam(2e-2), clip=1.0)
    found = train(CORPUS, model_of(kind), recipe, rng=0)
    # The verse repeats, so a trained model knows almost every letter that follows.
    assert found.held_out_loss < entropy / 2
    assert found.losses[-10:].mean() < found.losses[:10].mean() / 2
    assert found.held_out[-1] < found.held_out[0]
    assert found.evaluated_at.tolist() == list(range(10, 151, 10))
    assert not found.diverged
    assert found.held_out_perplexity == pytest.approx(np.exp(found.held_out_loss))
    assert found.gap == found.held_out_loss - found.train_loss
    assert found.characters == 150 * B * T == recipe.characters
    assert found.steps_back == 150 * B * T
    assert np.isfinite([found.exponent, *found.spectral_radii]).all()
    assert "Perplexity" in found.describe()


def test_windows_of_a_whole_segment_train_as_full_does():
    full = train(CORPUS, model_of(), recipe_of(), rng=0)
    for estimator in (Truncated(T + 1), Segmented(T)):
        found = train(CORPUS, model_of(), recipe_of(estimator), rng=0)
        # Equal gradients up to the order of sums, for 30 steps.
        np.testing.assert_allclose(found.losses, full.losses, rtol=1e-9)
    short = train(CORPUS, model_of(), recipe_of(Truncated(1)), rng=0)
    assert abs(short.losses[-1] / full.losses[-1] - 1) > 1e-3
    assert full.steps_back_per_update == B * T


@pytest.mark.parametrize(
    "estimator",
    [RandomTruncation(0.7), RenewalTruncation(Waring(4.0, 4.0), shared=False)],
    ids=["random", "renewals"],
)
def test_the_same_seed_is_the_same_run_and_another_is_not(estimator):
    recipe = recipe_of(estimator, clip=0.5)
    first = train(CORPUS, model_of(), recipe, rng=3)
    assert_same(train(CORPUS, model_of(), recipe, rng=3), first)
    other = train(CORPUS, model_of(), recipe, rng=4)
    assert other.losses.tolist() != first.losses.tolist()


@dataclasses.dataclass(frozen=True)
class Watched(AbstractEstimator):
    """Another estimator that notes where segments start and end."""

    inner: AbstractEstimator
    seen: list = dataclasses.field(default_factory=list, compare=False)

    exact = unbiased = False

    def gradient(self, objective, *, rng=None):
        states = objective.trajectory.states
        self.seen.append((states[0].copy(), states[-1].copy()))
        return self.inner.gradient(objective, rng=rng)

    def expected_steps(self, T, losses=None):
        return self.inner.expected_steps(T, losses)

    def held_steps(self, T):
        return self.inner.held_steps(T)


def test_the_state_is_carried_from_segment_to_segment():
    watched = Watched(Full())
    train(CORPUS, model_of(), recipe_of(watched), rng=0)
    starts = [start for start, _ in watched.seen]
    fresh = [t for t, start in enumerate(starts) if not start.any()]
    # 1,620 symbols in four streams: 33 segments of 12 and then a new pass.
    assert fresh == [0]
    for (_, end), start in zip(watched.seen, starts[1:], strict=False):
        assert start.tolist() == end.tolist()


def test_without_carrying_every_segment_starts_at_zero():
    watched = Watched(Full())
    train(CORPUS, model_of(), recipe_of(watched, carry=False), rng=0)
    assert not any(start.any() for start, _ in watched.seen)


def test_too_large_a_rate_diverges_without_clipping_and_is_said_so():
    wild = recipe_of(optimiser=SGD(300.0))
    found = train(CORPUS, model_of(), wild, rng=0)
    assert found.stop is TrainingStop.WORSE_THAN_UNIFORM
    assert found.diverged
    assert found.held_out_loss > np.log(CORPUS.q)
    tamed = dataclasses.replace(wild, clip=1e-3)
    kept = train(CORPUS, model_of(), tamed, rng=0)
    assert not kept.diverged
    assert (kept.clipped == 1.0).any()


@pytest.mark.parametrize("rate", [1e3, 1e306])
def test_a_run_that_leaves_float64_ends_there(rate, tmp_path):
    cell = RNN.random(12, CORPUS.q, gain=1.5, rng=0, activation="relu")
    model = CharacterModel(cell, np.full((CORPUS.q, 12), 0.3), np.zeros(CORPUS.q))
    found = train(CORPUS, model, recipe_of(optimiser=SGD(rate), updates=200), rng=0)
    assert found.stop is TrainingStop.RANGE
    assert found.updates < 200
    assert np.isnan([found.held_out_loss, found.exponent, found.gap]).all()
    assert np.isnan(found.held_out_perplexity)
    assert all(np.isfinite(value).all() for value in found.params.values())
    assert found.describe().startswith(f"{found.updates} updates, ")
    assert found.describe().endswith("left the range of float64.")
    again = Training.load(found.save(tmp_path / "run"))
    assert_same(again, found)


def test_a_model_that_cannot_read_the_held_out_text_has_diverged():
    """Twelve steps of a growth of 140 fit into float64; those of the text do not."""
    cell = RNN.random(12, CORPUS.q, gain=200.0, rng=0, activation="relu")
    model = CharacterModel(cell, np.zeros((CORPUS.q, 12)), np.zeros(CORPUS.q))
    found = train(CORPUS, model, recipe_of(optimiser=SGD(1e-99), updates=1), rng=0)
    assert found.stop is TrainingStop.RANGE
    assert found.updates == 1
    assert np.isnan(found.held_out_loss)


def keep_half(T):
    return np.full(T, 0.5)


def test_a_schedule_is_described_by_its_name():
    recipe = recipe_of(RandomTruncation(keep_half), updates=2)
    found = train(CORPUS, model_of(), recipe, rng=0)
    named = found.origin.parameters["estimator"]["keep"]
    assert named == "tests.studies.test_training.keep_half"


def test_a_run_that_diverged_diverges_again_when_resumed(tmp_path):
    cell = RNN.random(12, CORPUS.q, gain=1.5, rng=0, activation="relu")
    model = CharacterModel(cell, np.full((CORPUS.q, 12), 0.3), np.zeros(CORPUS.q))
    recipe = recipe_of(optimiser=SGD(1e3), updates=200, save_every=1)
    alone = train(CORPUS, model, recipe, rng=0)
    assert 0 < alone.updates < 200
    for _ in range(3):
        again = train(CORPUS, model, recipe, rng=0, store=tmp_path / "run.state")
        assert_same(again, alone)


def test_a_loss_beyond_float64_is_divergence_and_no_warning():
    """A momentum of 0.9 carries the readout to 1e308: sums of its losses overflow."""
    optimiser = SGD(1e308, 0.9)
    for clip in (None, 1.0):
        recipe = recipe_of(optimiser=optimiser, updates=9, clip=clip, evaluate_every=1)
        found = train(CORPUS, model_of("lstm"), recipe, rng=0)
        assert found.diverged
        assert np.isfinite(found.losses).all()
        assert np.isfinite(found.held_out).all()


def test_norms_are_those_before_clipping():
    free = train(CORPUS, model_of(), recipe_of(updates=1), rng=0)
    theta = float(free.norms[0]) / 3
    found = train(CORPUS, model_of(), recipe_of(updates=1, clip=theta), rng=0)
    assert found.norms.tolist() == free.norms.tolist()
    assert (free.clipped.tolist(), found.clipped.tolist()) == ([0.0], [1.0])


def test_a_clipped_step_of_plain_descent_is_as_long_as_it_may_be():
    model, theta, rate = model_of(), 0.01, 0.5
    recipe = recipe_of(optimiser=SGD(rate), updates=1, clip=theta)
    after = train(CORPUS, model, recipe, rng=0).params
    steps = [(after[k] - v).ravel() for k, v in model.params.items()]
    # Weights of order one move by some 1e-4: eleven digits of the difference are left.
    assert np.linalg.norm(np.concatenate(steps)) == pytest.approx(
        rate * theta, rel=1e-10
    )


def test_results_are_tables_with_their_origin(tmp_path):
    found = train(CORPUS, model_of(), recipe_of(updates=3), rng=9)
    columns = found.columns()
    assert columns["characters"].tolist() == [B * T, 2 * B * T, 3 * B * T]
    assert found.origin.seed == 9
    assert found.origin.parameters["estimator"] == {"kind": "Full"}
    assert found.origin.parameters["updates"] == 3
    again = Training.load(found.save(tmp_path / "run"))
    assert_same(again, found)
    assert again.model(model_of()).loss(CORPUS.tokens[:50, None]) == pytest.approx(
        model_of().with_params(found.params).loss(CORPUS.tokens[:50, None]), rel=1e-15
    )


def test_who_watches_sees_every_objective_and_changes_nothing():
    """The lags of every update, and which of them clipping takes its length from."""
    theta, rows, numbers = 0.5, [], []

    def watch(number, objective):
        numbers.append(number)
        rows.append(lag_lengths(lag_decomposition(objective)))

    recipe = recipe_of(clip=theta, updates=8)
    found = train(CORPUS, model_of(), recipe, rng=0, watch=watch)
    assert_same(train(CORPUS, model_of(), recipe, rng=0), found)
    assert numbers == list(range(1, 9))
    # ‖g‖ from lags and from backpropagation: sums in another order.
    np.testing.assert_allclose(np.sum(rows, axis=1), found.norms, rtol=1e-12)
    lost = clipped_lags(rows, theta)
    assert lost.fraction == found.clipped.mean() > 0
    excess = np.maximum(found.norms - theta, 0.0).mean()
    assert lost.removed.sum() == pytest.approx(excess, rel=1e-12)


def test_an_error_of_who_watches_is_not_taken_for_divergence():
    def watch(number, objective):
        raise RangeError(number)

    with pytest.raises(RangeError):
        train(CORPUS, model_of(), recipe_of(), rng=0, watch=watch)


def test_lengths_need_all_lags():
    model = model_of()
    objective = model.objective(CORPUS.tokens[:13, None], model.start(1))
    with pytest.raises(InputError, match="`found` must hold all lags"):
        lag_lengths(lag_decomposition(objective, lags=2))
    still = SquaredError(
        run(RNN([[0.0]], [[0.0]], [0.0]), [0.0], [[0.0]]), [[0.0]], [[1.0]]
    )
    assert lag_lengths(lag_decomposition(still)).tolist() == [0.0]


def test_a_generator_that_is_not_the_usual_one_will_do(tmp_path):
    def seeded():
        return np.random.Generator(np.random.MT19937(3))

    store, whole = tmp_path / "run.state", recipe_of(updates=6)
    train(CORPUS, model_of(), recipe_of(updates=3), rng=seeded(), store=store)
    found = train(CORPUS, model_of(), whole, rng=seeded(), store=store)
    assert_same(found, train(CORPUS, model_of(), whole, rng=seeded()))
    found.save(tmp_path / "run")


def test_a_budget_of_steps_back_must_pay_for_an_update():
    recipe = recipe_of(Truncated(3))
    assert recipe.with_steps_back(2.5 * recipe.steps_back).updates == 2
    with pytest.raises(InputError, match="`total` must pay for one update of"):
        recipe.with_steps_back(recipe.steps_back / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"updates": 0}, "`updates` must be an integer >= 1"),
        ({"clip": 0.0}, "`clip` must be a finite number > 0"),
        ({"held_out": 1.0}, "`held_out` must be below 1"),
        ({"held_out": 0.0}, "`held_out` must be a finite number > 0"),
    ],
)
def test_recipes_with_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        recipe_of(**options)


def test_recipes_with_other_things_in_them_are_refused():
    with pytest.raises(InputTypeError, match="`estimator` must be an estimator"):
        Recipe("full", Adam(), updates=1)
    with pytest.raises(InputTypeError, match="`optimiser` must be an optimiser"):
        Recipe(Full(), 0.1, updates=1)
    with pytest.raises(InputTypeError, match="`carry` must be True or False"):
        recipe_of(carry=1)


def test_what_is_no_corpus_model_or_recipe_is_refused():
    for name, given in [
        ("corpus", (VERSE, model_of(), recipe_of())),
        ("model", (CORPUS, model_of().cell, recipe_of())),
        ("recipe", (CORPUS, model_of(), Full())),
    ]:
        with pytest.raises(InputTypeError, match=f"`{name}` must be a"):
            train(*given, rng=0)


def test_texts_that_do_not_fit_are_refused():
    other = CharacterModel.random("rnn", 4, CORPUS.q + 1, rng=0)
    with pytest.raises(InputError, match="`model` is over"):
        train(CORPUS, other, recipe_of(), rng=0)
    with pytest.raises(InputError, match="held-out text of 180 symbols is too short"):
        train(CORPUS, model_of(), recipe_of(batch=50), rng=0)
    with pytest.raises(InputError, match="need a training text of"):
        train(CORPUS, model_of(), recipe_of(length=1000), rng=0)
