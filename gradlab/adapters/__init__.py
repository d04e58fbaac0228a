"""Other libraries' recurrent cells as gradlab's own, weight for weight."""

from gradlab.adapters.alignment import Alignment
from gradlab.adapters.checkpointed import from_checkpoint
from gradlab.adapters.jax_cell import from_jax
from gradlab.adapters.loaded_model import LoadedModel
from gradlab.adapters.recording import RecordedLayer, Recording
from gradlab.adapters.stack import Stack, StackLayer
from gradlab.adapters.torch_cell import from_torch
from gradlab.adapters.torch_edit import with_cells
from gradlab.adapters.torch_record import record
from gradlab.adapters.torch_step import from_torch_step

__all__ = [
    "Alignment",
    "LoadedModel",
    "RecordedLayer",
    "Recording",
    "Stack",
    "StackLayer",
    "from_checkpoint",
    "from_jax",
    "from_torch",
    "from_torch_step",
    "record",
    "with_cells",
]
