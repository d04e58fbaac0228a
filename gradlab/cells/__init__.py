"""Cells: one step of a recurrence, with its Jacobians in closed form."""

from gradlab.cells.activations import ACTIVATIONS, AbstractActivation, LeakyRelu
from gradlab.cells.base import AbstractCell, Cotangent, Outer
from gradlab.cells.linear import Linear
from gradlab.cells.rnn import RNN

__all__ = [
    "ACTIVATIONS",
    "RNN",
    "AbstractActivation",
    "AbstractCell",
    "Cotangent",
    "LeakyRelu",
    "Linear",
    "Outer",
]
