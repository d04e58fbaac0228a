"""Texts as integers and one-hot vectors: what a cell reads and is asked to predict."""

from gradlab.datasets.corpora import (
    default_text,
    embedded_text,
    load_text,
    time_machine,
)
from gradlab.datasets.corpus import Corpus, one_hot
from gradlab.datasets.tasks import InfluenceBalancing, influence_balancing

__all__ = [
    "Corpus",
    "InfluenceBalancing",
    "default_text",
    "embedded_text",
    "influence_balancing",
    "load_text",
    "one_hot",
    "time_machine",
]
