"""What is kept of the long study loads, says where it comes from, and is small."""

import json
import re

import numpy as np
import pytest

from analysis import long_training
from analysis.long_training import COMMAND, Ledger, blocks, looks, sizes_of, strategies
from analysis.paths import KEPT
from analysis.store import load_table, parameters_of
from gradlab.studies import TrainingStudy

MODELS = list(long_training.MODELS)


def test_what_is_kept_is_small():
    assert sum(path.stat().st_size for path in KEPT.iterdir()) < 2**19


@pytest.mark.parametrize("name", MODELS)
def test_the_study_is_the_one_that_the_script_would_make(name):
    study = TrainingStudy.load(KEPT / f"long_training-study_{name}")
    assert study.strategies == tuple(strategies(name))
    assert study.seeds.tolist() == list(range(long_training.SEEDS))
    assert study.held_out_loss.shape == (len(study.strategies), len(study.seeds))
    stored = study.origin.parameters
    assert {key: stored[key] for key in sizes_of(name)} == sizes_of(name)
    recipe = strategies(name)["full, clipped"]
    row = study.strategies.index("full, clipped")
    assert study.characters[row].tolist() == [recipe.characters] * len(study.seeds)


@pytest.mark.parametrize("name", MODELS)
def test_the_provenance_is_complete(name):
    for kind in ("study", "losses"):
        path = KEPT / f"long_training-{kind}_{name}.json"
        origin = json.loads(path.read_text(encoding="utf-8"))["origin"]
        assert re.fullmatch(r"\d+\.\d+\.\d+\S*", origin["version"])
        assert origin["seed"] is not None
        stored = origin["parameters"]
        assert re.fullmatch("[0-9a-f]{64}", stored["sha256"])
        assert stored["commits"]
        assert all(re.fullmatch("[0-9a-f]{40}", each) for each in stored["commits"])
        assert stored["seconds"] > 60
        assert stored["command"] == COMMAND
        assert "Time Machine" in stored["text"]
        assert stored["numpy"]


@pytest.mark.parametrize("name", MODELS)
def test_losses_on_the_way_agree_with_how_it_ended(name):
    study = TrainingStudy.load(KEPT / f"long_training-study_{name}")
    table, sizes = load_table(f"long_training-losses_{name}", KEPT)
    assert sizes == parameters_of(f"long_training-losses_{name}", KEPT)
    clipped = [k for k, way in enumerate(study.strategies) if way.endswith("clipped")]
    shape = len(study.strategies), len(study.seeds), -1
    losses = table["losses"].reshape(shape)
    assert losses.shape[2] == sizes["updates"] // sizes["block"]
    # The last look is at the end: the same loss of the same model.
    last = table["held_out"][clipped, :, -1]
    np.testing.assert_allclose(last, study.held_out_loss[clipped], rtol=1e-12)
    assert (losses[clipped][:, :, -1] < losses[clipped][:, :, 0]).all()


class Task:
    def __init__(self, store):
        self.store = store


def test_a_ledger_remembers_what_a_run_cost_and_whose_it_was(tmp_path):
    path, tasks = tmp_path / "ledger.json", [Task(tmp_path / name) for name in "ab"]
    first = Ledger(path, "one")
    assert first.run(lambda task: sum(range(10**5)), tasks[:1])
    again = Ledger(path, "two")
    again.run(lambda task: None, tasks)
    assert again.rows[0] == first.rows[0]
    assert again.spent()["commits"] == ["one", "two"]


def test_a_run_that_ended_early_has_blocks_and_looks_up_to_there(monkeypatch):
    monkeypatch.setattr(long_training, "BLOCK", 2)
    found = blocks(np.array([1.0, 3.0, 5.0]), 8)
    np.testing.assert_array_equal(found, [2.0, np.nan, np.nan, np.nan])

    class Run:
        evaluated_at = np.array([2, 4])
        held_out = np.array([0.5, 0.25])

    found = looks(Run, {"updates": 8, "look": 2})
    np.testing.assert_array_equal(found, [0.5, 0.25, np.nan, np.nan])


def test_a_quick_long_version_is_refused():
    with pytest.raises(SystemExit, match="leave out --quick"):
        long_training.main(quick=True)


def test_sources_that_are_not_committed_are_refused(monkeypatch):
    monkeypatch.setattr(long_training, "git", lambda *words: " M gradlab/__init__.py")
    with pytest.raises(SystemExit, match="commit them"):
        long_training.committed()
