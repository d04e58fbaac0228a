"""Weights of trained models from files that nobody has to trust."""

from gradlab.checkpoints.checkpoint import Checkpoint, load_array, load_checkpoint

__all__ = ["Checkpoint", "load_array", "load_checkpoint"]
