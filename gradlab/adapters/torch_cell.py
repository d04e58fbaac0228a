"""A torch recurrent module as cells: the same weights, widened exactly to float64."""

from typing import Any

import numpy as np

from gradlab._checks import require_parameter
from gradlab._extras import require
from gradlab.adapters.stack import Stack, StackLayer
from gradlab.cells import GRU, LSTM, RNN, AbstractCell, ProjectedLSTM
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import Array

__all__ = ["from_torch", "kind_of", "layer_names", "stack_of"]

_KINDS = ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")
_WANTED = "a torch.nn.RNN, LSTM, GRU or one of their cells"


def from_torch(module: Any) -> AbstractCell | Stack:
    """Return the cell that a torch recurrent module is, with its weights copied.

    The Jacobians are of the float64 cell: the weights of a narrower module are widened,
    which is exact, and its rounding at every step is not imitated.

    Parameters
    ----------
    module : torch.nn.RNN, LSTM, GRU, RNNCell, LSTMCell or GRUCell
        On any device, in any floating-point format.  Whether it runs batch first makes
        no difference to its cells.

    Returns
    -------
    RNN, LSTM, ProjectedLSTM or GRU, or a Stack of them
        A stack where there are several layers or directions.  ``W_hh`` of a layer is
        torch's ``weight_hh``, ``W_hx`` its ``weight_ih``; the two biases are added up,
        but for the GRU, which keeps them apart.  An LSTM's state is (h, c); with
        ``proj_size`` its h is the projected one.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    InputTypeError
        If `module` is no torch module.
    InputError
        If it is another kind of module (a subclass with a forward of its own computes
        something else), has active dropout or hooks; it says which.
    NonFiniteError
        If a weight is NaN or infinite; it names the parameter.

    Examples
    --------
    >>> import torch
    >>> from_torch(torch.nn.LSTM(3, 8)).sizes
    (16, 3)
    >>> stack = from_torch(torch.nn.GRU(3, 8, num_layers=2, bidirectional=True))
    >>> [layer.name for layer in stack.layers]
    ['layer0', 'layer0.reverse', 'layer1', 'layer1.reverse']
    """
    torch = require("torch", extra="torch")
    if not isinstance(module, torch.nn.Module):
        message = f"`module` must be {_WANTED}; got a {type(module).__name__}."
        raise InputTypeError(message)
    kind = kind_of(module)
    odd = _setting_left_out(module) if kind else f"a {type(module).__name__}"
    if odd:
        message = f"`module` must be {_WANTED}; got {odd}."
        raise InputError(message)
    stack = stack_of(module)
    return stack if len(stack.layers) > 1 else stack.layers[0].cell


def kind_of(module: Any) -> str:
    """Return "RNN", "LSTM" or "GRU" if a module computes just that, or nothing.

    A subclass with torch's own forward, such as a parametrized module, does.
    """
    torch = require("torch", extra="torch")
    for name in _KINDS:
        kind = getattr(torch.nn, name)
        if isinstance(module, kind) and type(module).forward is kind.forward:
            return name.removesuffix("Cell")
    return ""


def stack_of(module: Any, name: str = "") -> Stack:
    """Return the layers of a recurrent module, also of a single one.

    `name` goes before the names of its parameters in what is raised.
    """
    prefix = f"{name}." if name else ""
    kind, layers = kind_of(module), getattr(module, "num_layers", None)
    if layers is None:
        return Stack([StackLayer(0, "forward", _cell(module, kind, "", prefix))])
    found = []
    for layer in range(layers):
        suffix = f"_l{layer}"
        cell = _cell(module, kind, suffix, prefix)
        found.append(StackLayer(layer, "forward", cell))
        if module.bidirectional:
            cell = _cell(module, kind, f"{suffix}_reverse", prefix)
            found.append(StackLayer(layer, "backward", cell))
    return Stack(found)


def layer_names(module: Any, name: str) -> list[str]:
    """Return the names of a module's layers in its model; `name` is the module's."""
    kind, layers = type(module).__name__.lower(), stack_of(module, name).layers
    if len(layers) == 1:
        return [name or kind]
    return [f"{name}.{layer.name}" if name else layer.name for layer in layers]


def _cell(module: Any, kind: str, suffix: str, prefix: str) -> AbstractCell:
    W_hh = _float64(module, f"weight_hh{suffix}", prefix)
    W_hx = _float64(module, f"weight_ih{suffix}", prefix)
    b_hx = b_hh = np.zeros(len(W_hh))
    if module.bias:
        b_hx = _float64(module, f"bias_ih{suffix}", prefix)
        b_hh = _float64(module, f"bias_hh{suffix}", prefix)
    match kind:
        case "RNN":
            return RNN(W_hh, W_hx, b_hx + b_hh, activation=module.nonlinearity)
        case "LSTM" if getattr(module, "proj_size", 0):
            W_hr = _float64(module, f"weight_hr{suffix}", prefix)
            return ProjectedLSTM(W_hh, W_hx, b_hx + b_hh, W_hr)
        case "LSTM":
            return LSTM(W_hh, W_hx, b_hx + b_hh)
        case _:
            return GRU(W_hh, W_hx, b_hx, b_hh)


def _setting_left_out(module: Any) -> str:
    """Return what cells made of the weights alone would miss, or nothing."""
    dropout = getattr(module, "dropout", 0.0)
    if dropout and module.training:
        return f"dropout = {dropout} with training = True (call .eval() first)"
    if module._forward_pre_hooks or module._forward_hooks:
        return "a module with forward hooks, which may change its weights"
    return ""


def _float64(module: Any, name: str, prefix: str) -> Array:
    torch = require("torch", extra="torch")
    tensor = getattr(module, name).detach()
    if tensor.is_meta or not tensor.dtype.is_floating_point:
        message = f"`{prefix}{name}` must hold floating-point numbers; got "
        where = " on the meta device." if tensor.is_meta else "."
        raise InputError(message + f"{tensor.dtype}" + where)
    widened = tensor.to(device="cpu", dtype=torch.float64).numpy()
    return require_parameter(f"{prefix}{name}", widened, "...")
