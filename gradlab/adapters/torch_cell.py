"""A torch recurrent module as a cell: the same weights, widened exactly to float64."""

from typing import Any

import numpy as np

from gradlab._checks import require_parameter
from gradlab._extras import require
from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import Array

__all__ = ["from_torch"]

_KINDS = ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")
_WANTED = (
    "a single-layer, one-directional torch.nn.RNN, LSTM, GRU or one of their cells"
)


def from_torch(module: Any) -> AbstractCell:
    """Return the cell that a torch recurrent module is, with its weights copied.

    The Jacobians are of the float64 cell: a float32 module's weights are widened, which
    is exact, and its rounding at every step is not imitated.

    Parameters
    ----------
    module : torch.nn.RNN, LSTM, GRU, RNNCell, LSTMCell or GRUCell
        One layer, one direction, no projection.  Whether it runs batch first makes no
        difference to its cell.

    Returns
    -------
    RNN, LSTM or GRU
        ``W_hh`` is ``weight_hh_l0``, ``W_hx`` is ``weight_ih_l0``; the two biases are
        added up, but for the GRU, which keeps them apart.  An LSTM's state is (h, c).

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    InputTypeError
        If `module` is no torch module.
    InputError
        If it is another kind of module (a subclass may compute something else), has
        several layers or directions, a projection, active dropout or hooks; it says
        which.
    NonFiniteError
        If a weight is NaN or infinite; it names the parameter.

    Examples
    --------
    >>> import torch
    >>> from_torch(torch.nn.LSTM(3, 8)).sizes
    (16, 3)
    """
    torch = require("torch", extra="torch")
    if not isinstance(module, torch.nn.Module):
        message = f"`module` must be {_WANTED}; got a {type(module).__name__}."
        raise InputTypeError(message)
    kinds = {getattr(torch.nn, name): name.removesuffix("Cell") for name in _KINDS}
    kind = kinds.get(type(module))
    odd = _setting_left_out(module) if kind else f"a {type(module).__name__}"
    if odd:
        message = f"`module` must be {_WANTED}; got {odd}."
        raise InputError(message)
    suffix = "_l0" if isinstance(module, torch.nn.RNNBase) else ""
    W_hh = _float64(torch, module, f"weight_hh{suffix}")
    W_hx = _float64(torch, module, f"weight_ih{suffix}")
    b_hx = b_hh = np.zeros(len(W_hh))
    if module.bias:
        b_hx = _float64(torch, module, f"bias_ih{suffix}")
        b_hh = _float64(torch, module, f"bias_hh{suffix}")
    match kind:
        case "RNN":
            return RNN(W_hh, W_hx, b_hx + b_hh, activation=module.nonlinearity)
        case "LSTM":
            return LSTM(W_hh, W_hx, b_hx + b_hh)
        case _:
            return GRU(W_hh, W_hx, b_hx, b_hh)


def _setting_left_out(module: Any) -> str:
    """Return what a cell made of the weights alone would miss, or nothing."""
    for name, plain in (("num_layers", 1), ("bidirectional", False), ("proj_size", 0)):
        value = getattr(module, name, plain)
        if value != plain:
            return f"{name} = {value}"
    dropout = getattr(module, "dropout", 0.0)
    if dropout and module.training:
        return f"dropout = {dropout} with training = True (call .eval() first)"
    if module._forward_pre_hooks or module._forward_hooks:
        return "a module with forward hooks, which may change its weights"
    return ""


def _float64(torch: Any, module: Any, name: str) -> Array:
    tensor = getattr(module, name).detach()
    if tensor.is_meta or not tensor.dtype.is_floating_point:
        message = f"`{name}` must hold floating-point numbers; got {tensor.dtype}"
        where = " on the meta device." if tensor.is_meta else "."
        raise InputError(message + where)
    widened = tensor.to(device="cpu", dtype=torch.float64).numpy()
    return require_parameter(name, widened, "...")
