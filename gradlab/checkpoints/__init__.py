"""Weights of trained models from files that nobody has to trust."""

from gradlab.checkpoints.checkpoint import Checkpoint, load_array, load_checkpoint
from gradlab.checkpoints.recurrent import (
    RecurrentArchitecture,
    RecurrentModule,
    recurrent_architecture,
)

__all__ = [
    "Checkpoint",
    "RecurrentArchitecture",
    "RecurrentModule",
    "load_array",
    "load_checkpoint",
    "recurrent_architecture",
]
