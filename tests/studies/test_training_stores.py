"""Training goes on from its store as if it had never stopped, and from no other."""

import pytest

from gradlab.errors import StoreError
from gradlab.gradients import (
    Full,
    RandomTruncation,
    RenewalTruncation,
    Truncated,
    Waring,
)
from gradlab.studies import SGD, Adam, train
from tests.cases.training import (
    CORPUS,
    assert_same,
    model_of,
    recipe_of,
)

DRAWING = {
    "random": RandomTruncation(0.6),
    "renewals": RenewalTruncation(Waring(4.0, 4.0), shared=False),
}


@pytest.mark.parametrize(
    ("kind", "way"), [("rnn", "random"), ("lstm", "random"), ("rnn", "renewals")]
)
@pytest.mark.parametrize("carry", [True, False])
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(kind, way, carry, tmp_path):
    model, optimiser = model_of(kind), Adam(1e-2)
    options = {"clip": 0.3, "carry": carry, "save_every": 7}
    estimator = DRAWING[way]
    whole = train(
        CORPUS, model, recipe_of(estimator, optimiser, updates=45, **options), rng=5
    )
    store = tmp_path / "deep" / "run.state"
    for updates in (1, 20, 45):
        recipe = recipe_of(estimator, optimiser, updates=updates, **options)
        found = train(CORPUS, model, recipe, rng=5, store=store)
    assert_same(found, whole)
    assert [p.name for p in store.parent.iterdir()] == ["run.state"]


def test_a_run_that_was_killed_goes_on_from_its_last_save(tmp_path, monkeypatch):
    store, recipe = tmp_path / "run.state", recipe_of(save_every=4, clip=0.5)
    whole = train(CORPUS, model_of(), recipe, rng=5)
    calls = iter(range(18))

    def killed(self, objective, *, rng=None):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return gradient(self, objective, rng=rng)

    gradient = Full.gradient
    with monkeypatch.context() as patch:
        patch.setattr(Full, "gradient", killed)
        with pytest.raises(KeyboardInterrupt):
            train(CORPUS, model_of(), recipe, rng=5, store=store)
    assert store.exists()
    assert_same(train(CORPUS, model_of(), recipe, rng=5, store=store), whole)


def test_a_store_of_another_run_or_a_damaged_one_is_refused(tmp_path):
    store = tmp_path / "run.state"
    train(CORPUS, model_of(), recipe_of(updates=5), rng=0, store=store)
    for recipe, model, seed, named in [
        (recipe_of(), model_of(), 1, "seed"),
        (recipe_of(Truncated(2)), model_of(), 0, "estimator"),
        (recipe_of(optimiser=SGD(0.1)), model_of(), 0, "optimiser"),
        (recipe_of(), model_of(gain=0.5), 0, "weights"),
        (recipe_of(clip=1.0), model_of(), 0, "clip"),
    ]:
        with pytest.raises(StoreError, match=f"of another run: its {named} differ"):
            train(CORPUS, model, recipe, rng=seed, store=store)
    with pytest.raises(StoreError, match="has made 5 updates already; 4 were asked"):
        train(CORPUS, model_of(), recipe_of(updates=4), rng=0, store=store)
    whole = store.read_bytes()
    for damaged in (b"", whole[:500], whole[:-1] + b"x", b"x" + whole[1:]):
        store.write_bytes(damaged)
        with pytest.raises(StoreError, match="damaged, or is not a state of training"):
            train(CORPUS, model_of(), recipe_of(), rng=0, store=store)
    with pytest.raises(StoreError, match="cannot be read as a state of training"):
        train(CORPUS, model_of(), recipe_of(), rng=0, store=tmp_path)
