"""Where the weights are in a training checkpoint, and what all their names begin with.

A state dict is a dictionary of text to tensors with a matrix among them.  What an
optimiser or a schedule keeps looks the same and is told apart by its name.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from gradlab.checkpoints.refusals import quoted, refusal
from gradlab.typing import Array

__all__ = ["Part", "Tree", "common_prefix", "state_dict_in"]

Part: TypeAlias = str | tuple[str]
"""A key on the way to a tensor; one that is no text is its text in a tuple."""

Tree: TypeAlias = Mapping[tuple[Part, ...], tuple[str, Array]]
"""dtype and array of every tensor, by the path to it."""

_TRAINING = ("optim", "sched", "lr_", "scaler", "grad")
_WRAPPERS = ("module.", "model.", "_orig_mod.")
_LISTED = 8


def state_dict_in(
    tree: Tree, file: str, wanted: str | None
) -> tuple[str, dict[str, tuple[str, Array]]]:
    """Return the path of the state dict, its keys joined by "/", and what is in it.

    Raises
    ------
    CheckpointError
        If there is none, or several and none was `wanted`; it lists what there is.
    """
    if () in tree:
        cause = (
            "holds one tensor and no state dict: save a dictionary of name to tensor"
        )
        raise refusal(file, cause)
    groups: dict[str, dict[str, tuple[str, Array]]] = {}
    for path, entry in tree.items():
        if all(isinstance(part, str) for part in path):
            *within, key = map(str, path)
            groups.setdefault("/".join(within), {})[key] = entry
    if wanted is not None:
        if wanted not in groups:
            cause = f"has no state dict {quoted(wanted)}; it has {_listed(groups)}"
            raise refusal(file, cause)
        return wanted, groups[wanted]
    found = {name: group for name, group in groups.items() if _is_model(name, group)}
    if not found:
        cause = f"holds no state dict with a matrix in it; it has {_listed(groups)}"
        raise refusal(file, cause)
    if len(found) > 1:
        cause = (
            f"holds {len(found)} state dicts, {_listed(found)}. "
            "Say which: `state_dict='…'`"
        )
        raise refusal(file, cause)
    return next(iter(found.items()))


def common_prefix(names: Iterable[str]) -> str:
    """Return what wrappers put before every name: "module.", "model.", "_orig_mod.".

    Examples
    --------
    >>> common_prefix(["module.model.rnn.bias_hh", "module.model.fc.bias"])
    'module.model.'
    """
    prefix, names = "", list(names)
    while names:
        starts = [w for w in _WRAPPERS if all(n.startswith(prefix + w) for n in names)]
        if not starts or prefix + starts[0] in names:
            break
        prefix += starts[0]
    return prefix


def _is_model(name: str, group: Mapping[str, tuple[str, Array]]) -> bool:
    training = any(part.lower().startswith(_TRAINING) for part in name.split("/"))
    return not training and any(
        array.ndim >= 2 and np.issubdtype(array.dtype, np.inexact)
        for _, array in group.values()
    )


def _listed(groups: Mapping[str, Mapping[str, object]]) -> str:
    shown = [
        f"{quoted(name) if name else 'the top level'} ({len(group)} tensors)"
        for name, group in list(groups.items())[:_LISTED]
    ]
    more = len(groups) - len(shown)
    if more:
        shown.append(f"and {more:,} more")
    return ", ".join(shown) or "no tensors under names of text"
