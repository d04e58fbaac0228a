"""A copy of a torch model in which some recurrent layers are other cells."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradlab._extras import require
from gradlab.adapters.torch_cell import layer_names, stack_of
from gradlab.adapters.torch_hooks import recurrent_modules, unwrapped
from gradlab.cells import AbstractCell
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["with_cells"]


def with_cells(model: Any, cells: Mapping[str, AbstractCell]) -> Any:
    """Return a copy of a model with the weights of some layers those of given cells.

    Parameters
    ----------
    model : torch.nn.Module
        It is not changed.
    cells : mapping of str to AbstractCell
        By the names of the layers, as `record` gives them.  Weights are rounded to the
        precision of the layer they go to.

    Raises
    ------
    InputError
        If a layer is not there, is of another kind or size, or has no bias for the
        biases of its cell.

    Examples
    --------
    >>> import torch
    >>> from gradlab.adapters import from_torch
    >>> from gradlab.cells import GRU
    >>> other = GRU.random(4, 2, gain=1.0, rng=0)
    >>> again = with_cells(torch.nn.GRU(2, 4, dtype=torch.float64), {"gru": other})
    >>> bool((from_torch(again).W_hh == other.W_hh).all())
    True
    """
    torch = require("torch", extra="torch")
    again = copy.deepcopy(unwrapped(model))
    places = _places(again)
    for name, cell in cells.items():
        if name not in places:
            message = f"`cells` must name layers of {', '.join(places)}; got {name!r}."
            raise InputError(message)
        module, suffix, before = places[name]
        fits = type(cell) is type(before) and cell.sizes == before.sizes
        if not fits:
            got = f"a {type(cell).__name__} of sizes {cell.sizes}"
            wanted = f"a {type(before).__name__} of sizes {before.sizes}"
            message = f"`cells` must hold {wanted} for {name}; got {got}."
            raise InputError(message)
        with torch.no_grad():
            for key, value in _parameters(cell, module, name).items():
                getattr(module, f"{key}{suffix}").copy_(torch.tensor(np.array(value)))
    return again


def _places(model: Any) -> dict[str, tuple[Any, str, AbstractCell]]:
    """Return every layer by name: its module, its weights' suffix, and its cell."""
    found = {}
    for name, module in recurrent_modules(model).items():
        layers, whole = stack_of(module, name).layers, hasattr(module, "num_layers")
        for full, layer in zip(layer_names(module, name), layers, strict=True):
            suffix = f"_l{layer.layer}" if whole else ""
            suffix += "_reverse" if layer.direction == "backward" else ""
            found[full] = (module, suffix, layer.cell)
    return found


def _parameters(cell: AbstractCell, module: Any, name: str) -> dict[str, Array]:
    """Return torch's parameters of a cell; a sum of two biases goes to the first."""
    names = {"weight_hh": "W_hh", "weight_ih": "W_hx", "weight_hr": "W_hr"}
    weights = {
        key: cell.params[ours] for key, ours in names.items() if ours in cell.params
    }
    biases = {key: cell.params[key] for key in ("b_h", "b_hx") if key in cell.params}
    first = next(iter(biases.values()))
    second = cell.params.get("b_hh", np.zeros_like(first))
    if module.bias:
        return weights | {"bias_ih": first, "bias_hh": second}
    if first.any() or second.any():
        message = f"`cells` must have no bias for {name}, which has none."
        raise InputError(message)
    return weights
