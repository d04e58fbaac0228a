"""A short text, small models and recipes for training runs of milliseconds."""

import numpy as np

from gradlab.datasets import Corpus
from gradlab.gradients import Full
from gradlab.studies import Adam, CharacterModel, Recipe

T, B = 12, 4
VERSE = "row row row your boat gently down the stream "


def corpus_of(text):
    vocabulary, tokens = np.unique(list(text), return_inverse=True)
    return Corpus(tokens, tuple(vocabulary.tolist()), "a test", "", "char", "none")


CORPUS = corpus_of(VERSE * 40)


def model_of(kind="rnn", **options):
    return CharacterModel.random(kind, 12, CORPUS.q, rng=1, **options)


def recipe_of(estimator=None, optimiser=None, **options):
    standard = {"updates": 30, "batch": B, "length": T, "evaluate_every": 10}
    estimator, optimiser = estimator or Full(), optimiser or Adam(1e-2)
    return Recipe(estimator, optimiser, **{**standard, **options})


def assert_same(found, expected):
    for name, value in expected.as_dict().items():
        got = getattr(found, name)
        if isinstance(value, dict):
            assert got.keys() == value.keys()
            assert all(got[k].tolist() == v.tolist() for k, v in value.items())
        else:
            np.testing.assert_array_equal(got, value, err_msg=name)
