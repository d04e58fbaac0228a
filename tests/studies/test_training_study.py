"""Studies of training: paired by seed, kept on disk, and honest about divergence."""

import concurrent.futures

import numpy as np
import pytest

from gradlab.errors import InputError
from gradlab.gradients import Full, Truncated
from gradlab.studies import (
    SGD,
    Adam,
    CharacterModel,
    Recipe,
    TrainingStudy,
    train,
    training_study,
)
from tests.studies.test_training import CORPUS

SIZES = {"updates": 12, "batch": 4, "length": 8}
STRATEGIES = {
    "full": Recipe(Full(), Adam(1e-2), **SIZES),
    "regular": Recipe(Truncated(2), Adam(1e-2), clip=0.5, **SIZES),
    "wild": Recipe(Full(), SGD(1e4), **SIZES),
    "gone": Recipe(Full(), SGD(1e308, 0.9), **SIZES),
}
SEEDS = [3, 1, 4]


def study(**options):
    return training_study(CORPUS, STRATEGIES, kind="rnn", n=6, seeds=SEEDS, **options)


@pytest.fixture(scope="module")
def found():
    return study()


def test_each_cell_of_the_table_is_a_run_of_its_own(found):
    for column, seed in enumerate(SEEDS):
        first = CharacterModel.random(
            "rnn", 6, CORPUS.q, rng=np.random.default_rng([seed, 0])
        )
        for row, recipe in enumerate(STRATEGIES.values()):
            alone = train(CORPUS, first, recipe, rng=seed)
            np.testing.assert_equal(
                found.held_out_loss[row, column], alone.held_out_loss
            )
            assert found.diverged[row, column] == alone.diverged
            assert found.steps_back[row, column] == alone.steps_back
    assert found.seeds.tolist() == SEEDS


def test_divergence_is_counted_and_kept_out_of_the_medians(found):
    assert found.diverged_share.tolist() == [0.0, 0.0, 1.0, 1.0]
    table = found.columns()
    lost = found.held_out_loss
    np.testing.assert_allclose(
        table["perplexity"][:2], np.exp(np.median(lost, axis=1)[:2])
    )
    np.testing.assert_allclose(table["largest"][:2], np.exp(lost.max(axis=1)[:2]))
    assert np.isnan(table["perplexity"][2:]).all()
    assert np.isnan(found.exponent[3]).all()
    assert "100% of 3 seeds diverged" in found.describe().splitlines()[2]


def test_advantages_are_paired(found):
    expected = found.held_out_loss[0] - found.held_out_loss[1]
    assert found.advantage("regular", over="full").tolist() == expected.tolist()
    assert np.isnan(found.advantage("regular", over="wild")).all()
    with pytest.raises(
        InputError, match="there is no strategy 'best'; there are 'full'"
    ):
        found.advantage("best", over="full")


def test_what_was_done_is_not_done_again(found, tmp_path, monkeypatch):
    first = study(folder=tmp_path)
    np.testing.assert_array_equal(first.held_out_loss, found.held_out_loss)
    assert len(list(tmp_path.iterdir())) == 9  # those that left float64 have no end

    def forbidden(self, objective, *, rng=None):
        raise AssertionError

    monkeypatch.setattr(Truncated, "gradient", forbidden)
    regular = {"the only one": STRATEGIES["regular"]}  # whatever else is studied
    options = {"kind": "rnn", "n": 6, "seeds": SEEDS, "folder": tmp_path}
    again = training_study(CORPUS, regular, **options)
    assert again.held_out_loss.tolist() == found.held_out_loss[1:2].tolist()


def test_it_may_run_elsewhere_and_is_stored(found, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        other = study(mapper=pool.map)
    np.testing.assert_array_equal(other.held_out_loss, found.held_out_loss)
    again = TrainingStudy.load(found.save(tmp_path / "study"))
    assert again.strategies == found.strategies
    np.testing.assert_array_equal(again.gap, found.gap)
    assert found.origin.parameters["strategies"]["full"]["optimiser"]["rate"] == 1e-2
    assert found.to_csv().splitlines()[0].startswith("strategy,perplexity,least")


@pytest.mark.parametrize(
    ("strategies", "seeds"), [({}, [0]), (STRATEGIES, []), (STRATEGIES, [0, 0])]
)
def test_a_study_of_nothing_is_refused(strategies, seeds):
    with pytest.raises(
        InputError, match="a study needs strategies and different seeds"
    ):
        training_study(CORPUS, strategies, kind="rnn", n=4, seeds=seeds)
