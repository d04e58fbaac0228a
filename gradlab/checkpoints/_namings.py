"""How frameworks name and shape the weights of W_hh h + W_hx x + b, by their role.

With K gates of n units, m inputs, and p entries of the state that is fed back (n, but
for an LSTM with a projection W_hr):

    torch   W_hx (K n, m), W_hh (K n, p), b_hx and b_hh (K n,), W_hr (p, n);
    Keras   W_hx (m, K n), W_hh (n, K n), b (K n,) or (2, K n), as its states are rows.
"""

import re
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["Direction", "Group", "Place", "Role", "place_of"]

Role: TypeAlias = Literal["W_hx", "W_hh", "b_hx", "b_hh", "W_hr", "b"]
Direction: TypeAlias = Literal["forward", "backward"]

_TORCH: dict[str, Role] = {
    "weight_ih": "W_hx",
    "weight_hh": "W_hh",
    "bias_ih": "b_hx",
    "bias_hh": "b_hh",
    "weight_hr": "W_hr",
}
_KERAS: dict[str, Role] = {"kernel": "W_hx", "recurrent_kernel": "W_hh", "bias": "b"}
_HEAD = r"(?P<head>(?:.*[/.])?)"
_TORCH_NAME = re.compile(
    rf"{_HEAD}(?P<role>{'|'.join(_TORCH)})"
    r"(?:_l(?P<layer>0|[1-9][0-9]{0,2})(?P<back>_reverse)?)?",
    re.DOTALL,
)
_KERAS_NAME = re.compile(
    rf"{_HEAD}(?P<role>{'|'.join(_KERAS)})(?P<tail>(?::0)?)", re.DOTALL
)


class Group(NamedTuple):
    """The weights whose names differ in role, layer and direction alone.

    `tail` is "_l" in torch's modules, nothing in its cells, and ":0" in older Keras.
    """

    naming: Literal["torch", "Keras"]
    head: str
    tail: str

    @property
    def module(self) -> str:
        """The name of the module, without the separator behind it."""
        return self.head[:-1]


class Place(NamedTuple):
    """Where in a module a weight is, and what it does there."""

    layer: int
    direction: Direction
    role: Role

    def name_in(self, group: Group) -> str:
        """Return the whole name of the weight."""
        roles = _TORCH if group.naming == "torch" else _KERAS
        name = group.head + next(word for word, r in roles.items() if r == self.role)
        if group.tail != "_l":
            return name + group.tail
        return f"{name}_l{self.layer}" + "_reverse" * (self.direction == "backward")


def place_of(name: str) -> tuple[Group, Place] | None:
    """Return what a name says of a weight; None if it is not named as one.

    "kernel" and "bias" are names of other layers too: they are recurrent weights if a
    "recurrent_kernel" is in their group.

    Examples
    --------
    >>> group, place = place_of("encoder.rnn.weight_hh_l1_reverse")
    >>> group.module, place.layer, place.direction, place.role
    ('encoder.rnn', 1, 'backward', 'W_hh')
    >>> place_of("bidirectional/backward_lstm/lstm_cell/kernel")[1].direction
    'backward'
    >>> place_of("decoder.weight") is None
    True
    """
    if match := _TORCH_NAME.fullmatch(name):
        tail = "" if match["layer"] is None else "_l"
        group = Group("torch", match["head"], tail)
        direction: Direction = "backward" if match["back"] else "forward"
        layer = int(match["layer"] or 0)
        return group, Place(layer, direction, _TORCH[match["role"]])
    if match := _KERAS_NAME.fullmatch(name):
        group = Group("Keras", match["head"], match["tail"])
        # keras.layers.Bidirectional puts it before the name of the layer it copies.
        back = any(part.startswith("backward_") for part in re.split("[/.]", name))
        direction = "backward" if back else "forward"
        return group, Place(0, direction, _KERAS[match["role"]])
    return None
