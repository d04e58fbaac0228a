"""The weights of one layer as gradlab's cells take them: W_hh, W_hx, b_hx, b_hh, W_hr.

torch's gates are in gradlab's order: i, f, g, o and r, z, n.  Keras has its matrices
transposed, and in a GRU its gates in the order z, r, h.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gradlab.checkpoints._namings import Direction, Place, Role
from gradlab.checkpoints.recurrent import RecurrentModule
from gradlab.checkpoints.refusals import quoted
from gradlab.errors import CheckpointError
from gradlab.typing import Array, Matrix, Vector

__all__ = ["LayerWeights", "layer_weights", "widened"]


class LayerWeights(NamedTuple):
    """Weights of one layer in one direction, float64, in the order of gradlab's gates.

    W_hh (K n, p), W_hx (K n, m), b_hx and b_hh (K n,); zeros without a bias, and the
    second zero where the framework has one bias alone.  W_hr (p, n) is the projection
    of an LSTM; None without one, and then p is n.
    """

    W_hh: Matrix
    W_hx: Matrix
    b_hx: Vector
    b_hh: Vector
    W_hr: Matrix | None = None


def layer_weights(
    module: RecurrentModule,
    tensors: Mapping[str, Array],
    layer: int,
    direction: Direction,
) -> LayerWeights:
    """Return the weights of one layer, widened exactly.

    Raises
    ------
    CheckpointError
        As `widened`.
    """
    found: dict[Role, Array] = {
        place.role: widened(name, tensors)
        for place, name in module.weights.items()
        if place[:2] == Place(layer, direction, "b")[:2]
    }
    W_hh, W_hx = found["W_hh"], found["W_hx"]
    if module.naming == "torch":
        zero = np.zeros(len(W_hh))
        biases = found.get("b_hx", zero), found.get("b_hh", zero)
        return LayerWeights(W_hh, W_hx, *biases, found.get("W_hr"))
    pair = np.zeros((2, W_hh.shape[1]))
    if "b" in found:
        pair[: found["b"].ndim] = found["b"]
    order = [1, 0, 2] if module.kind == "GRU" else slice(None)
    return LayerWeights(
        *(_reordered(part, module.hidden, order) for part in (W_hh.T, W_hx.T, *pair))
    )


def widened(name: str, tensors: Mapping[str, Array]) -> Array:
    """Return an array of the file in float64, which holds it exactly.

    Raises
    ------
    CheckpointError
        If it is not of floating-point numbers, or has a NaN or an infinity; it names
        the entry, as in `lstm.weight_hh_l0[2, 3]`.
    """
    weights = tensors[name]
    if weights.dtype.kind != "f":
        got = f"got {weights.dtype}"
        message = f"{quoted(name)} must hold floating-point numbers; {got}."
        raise CheckpointError(message)
    with np.errstate(invalid="ignore"):  # a signalling NaN is refused below
        found = weights.astype(np.float64)
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        place = quoted(f"{name}{list(index)}")
        message = f"{place} must be finite; got {found[index]}."
        raise CheckpointError(message)
    return found


def _reordered(weights: Array, n: int, order: list[int] | slice) -> Array:
    """Return the blocks of n rows in another order."""
    blocks = weights.reshape(-1, n, *weights.shape[1:])
    return blocks[order].reshape(weights.shape)
