"""Weights of trained models from files that nobody has to trust."""

from gradlab.checkpoints.checkpoint import Checkpoint, load_array, load_checkpoint
from gradlab.checkpoints.layouts import LayerWeights, layer_weights, widened
from gradlab.checkpoints.recurrent import (
    RecurrentArchitecture,
    RecurrentModule,
    recurrent_architecture,
)
from gradlab.checkpoints.vocabulary import Readout, Vocabulary, vocabulary_of

__all__ = [
    "Checkpoint",
    "LayerWeights",
    "Readout",
    "RecurrentArchitecture",
    "RecurrentModule",
    "Vocabulary",
    "layer_weights",
    "load_array",
    "load_checkpoint",
    "recurrent_architecture",
    "vocabulary_of",
    "widened",
]
