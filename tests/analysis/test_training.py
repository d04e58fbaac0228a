"""The training analysis compares what it says: equal characters, and equal steps."""

import itertools

import pytest

from analysis import long_training
from analysis.data_training import MODELS, peak_bytes, sizes_of, strategies
from gradlab.studies.recipe import described


def check(found):
    full = found["full, clipped"]
    for way, recipe in found.items():
        if way == "window, equal steps":
            spent = recipe.updates * recipe.steps_back
            assert spent <= full.updates * full.steps_back < spent + recipe.steps_back
        else:
            assert recipe.characters == full.characters
        assert (recipe.clip is None) == (
            not way.endswith(", clipped") and way != "window, equal steps"
        )


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_strategies_see_equal_characters_or_take_equal_steps(name, quick):
    check(strategies(name, sizes_of(name, quick)))


@pytest.mark.parametrize("name", long_training.MODELS)
def test_strategies_of_the_long_version_are_as_fair(name):
    check(long_training.strategies(name))


def test_no_two_runs_of_the_long_version_share_a_file():
    made = [
        {**described(recipe), "updates": None, "n": long_training.sizes_of(name)["n"]}
        for name in long_training.MODELS
        for recipe in long_training.strategies(name).values()
    ]
    assert all(a != b for a, b in itertools.combinations(made, 2))


@pytest.mark.parametrize("name", long_training.MODELS)
def test_the_long_version_is_larger(name):
    long, usual = long_training.sizes_of(name), sizes_of(name, quick=False)
    for size in ("n", "length", "updates"):
        assert long[size] > usual[size]


def test_segments_hold_no_more_for_more_steps_and_the_full_gradient_does():
    short, long = (peak_bytes(("segments", T)) for T in (320, 1280))
    assert long < 1.2 * short  # what Python keeps by the way is a few per cent
    short, long = (peak_bytes(("full", T)) for T in (320, 1280))
    assert long > 2 * short  # blocks of constant size are part of both
