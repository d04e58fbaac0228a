"""The laws of bounds on cells that have learnt, reading text that somebody wrote.

Each kind is trained for some hundred updates on the default text (The Time Machine,
where GRADLAB_DATA has it), and reads forty characters of it from several places on.
"""

import functools

import numpy as np
import pytest

from gradlab.bounds import Verdict, all_bounds
from gradlab.datasets import default_text
from gradlab.dynamics import run
from gradlab.errors import AssumptionError
from gradlab.gradients import Full
from gradlab.studies import Adam, CharacterModel, Recipe, train
from gradlab.testing import assert_bound_holds, assert_gradient_reaches

KINDS = ("rnn", "lstm", "gru")
UNITS = {"rnn": 6, "lstm": 3, "gru": 6}  # six entries of the state each
STEPS = 40
PLACES = (0, 12_345, 60_000)


@functools.cache
def trained(kind):
    """Return a model before and after training, and its held-out loss in nats."""
    text = default_text()
    model = CharacterModel.random(kind, UNITS[kind], text.q, rng=0, gain=1.5)
    recipe = Recipe(Full(), Adam(2e-2), updates=150, batch=8, length=24, clip=1.0)
    found = train(text, model, recipe, rng=0)
    return model.cell, found.model(model).cell, found.held_out_loss


def reading(cell):
    """Yield runs of a cell over the text."""
    text = default_text()
    for place in PLACES:
        inputs = text.one_hot(place, STEPS)
        yield run(cell, np.zeros(cell.sizes[0]), inputs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_cell_has_learnt(kind):
    fresh, cell, loss = trained(kind)
    # 2.9 nats is what the frequencies of letters alone give, ln 28 = 3.3 what nothing
    # does.
    assert loss < 2.8
    assert np.abs(cell.W_hh - fresh.W_hh).max() > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bound", all_bounds(), ids=lambda bound: bound.label)
def test_every_bound_holds_on_text(kind, bound):
    spoken_of = 0
    for cell in trained(kind)[:2]:
        for trajectory in reading(cell):
            try:
                found = bound().certify(trajectory)
            except AssumptionError:
                continue
            spoken_of += 1
            assert found.verdict is Verdict.PROVED
            assert_bound_holds(bound(), trajectory)
    assert spoken_of == 0 or spoken_of == 2 * len(PLACES)
    assert spoken_of or bound.assumptions != "none"


def test_what_was_learnt_is_heard_some_characters_back():
    for kind in KINDS:
        cell = trained(kind)[1]
        assert_gradient_reaches(cell, default_text().one_hot(0, STEPS), lag=4)
