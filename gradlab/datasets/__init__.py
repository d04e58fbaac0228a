"""Texts as integers and one-hot vectors: what a cell reads and is asked to predict."""

from gradlab.datasets.corpora import (
    default_text,
    embedded_text,
    load_text,
    time_machine,
)
from gradlab.datasets.corpus import Corpus, one_hot

__all__ = [
    "Corpus",
    "default_text",
    "embedded_text",
    "load_text",
    "one_hot",
    "time_machine",
]
