"""Cells: one step of a recurrence, with its Jacobians in closed form."""

from gradlab.cells.activations import (
    ACTIVATIONS,
    AbstractActivation,
    Erf,
    Gelu,
    Hardtanh,
    Identity,
    LeakyRelu,
    Relu,
    Sigmoid,
    Silu,
    Softplus,
    Tanh,
    activation_named,
)
from gradlab.cells.base import AbstractCell, Cotangent, Outer
from gradlab.cells.gru import GRU
from gradlab.cells.henon import Henon
from gradlab.cells.linear import Linear
from gradlab.cells.logistic import Logistic
from gradlab.cells.lstm import LSTM
from gradlab.cells.projected_lstm import ProjectedLSTM
from gradlab.cells.rnn import RNN
from gradlab.cells.wrapped import Wrapped

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "LSTM",
    "RNN",
    "AbstractActivation",
    "AbstractCell",
    "Cotangent",
    "Erf",
    "Gelu",
    "Hardtanh",
    "Henon",
    "Identity",
    "LeakyRelu",
    "Linear",
    "Logistic",
    "Outer",
    "ProjectedLSTM",
    "Relu",
    "Sigmoid",
    "Silu",
    "Softplus",
    "Tanh",
    "Wrapped",
    "activation_named",
]
