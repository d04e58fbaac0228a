"""The training analysis compares what it says: equal characters, and equal steps."""

import itertools

import pytest

from analysis.data_training import MODELS, peak_bytes, recipes, sizes_of
from gradlab.studies.recipe import described


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_strategies_see_equal_characters_or_take_equal_steps(name, quick):
    sizes = sizes_of(name, quick, long=False)
    found = recipes(name, sizes)
    full = found["full, clipped"]
    for way, recipe in found.items():
        if way == "window, equal steps":
            spent = recipe.updates * recipe.steps_back
            assert spent <= full.updates * full.steps_back < spent + recipe.steps_back
        else:
            assert recipe.characters == full.characters
        assert (recipe.clip is None) == (
            way in {"full", "segments", "window", "random"}
        )


@pytest.mark.parametrize("name", MODELS)
def test_no_two_strategies_of_the_long_version_share_a_file(name):
    found = recipes(name, sizes_of(name, quick=False, long=True)).values()
    made = [{**described(recipe), "updates": None} for recipe in found]
    assert all(a != b for a, b in itertools.combinations(made, 2))


@pytest.mark.parametrize("name", MODELS)
def test_the_long_version_has_its_own_sizes(name):
    assert sizes_of(name, quick=False, long=True)["updates"] > MODELS[name]["updates"]


def test_segments_hold_no_more_for_more_steps_and_the_full_gradient_does():
    short, long = (peak_bytes(("segments", T)) for T in (320, 1280))
    assert long < 1.2 * short  # what Python keeps by the way is a few per cent
    short, long = (peak_bytes(("full", T)) for T in (320, 1280))
    assert long > 2 * short  # blocks of constant size are part of both
