"""Recurrent modules read off the names and shapes of their weights: K = rows/columns.

The kind is what the recurrent matrix (K n, n) tells: an RNN for K = 1, a GRU for 3, an
LSTM for 4.  What weights do not tell, such as the activations of a gate, is a caveat.
"""

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from gradlab.checkpoints._fitting import KINDS, Sizes, fitted
from gradlab.checkpoints._namings import Direction, Group, Place, place_of
from gradlab.checkpoints.formats import plain_name
from gradlab.checkpoints.refusals import quoted
from gradlab.errors import CheckpointError, InputError
from gradlab.typing import Array

__all__ = ["RecurrentArchitecture", "RecurrentModule", "recurrent_architecture"]

_SHOWN = 8
_CUTS = re.compile("[/.]")
_STRANGER = re.compile(r"((?:.*[/.])?)(?:weight|bias)_[^/.]*", re.DOTALL)


@final
@dataclass(frozen=True, eq=False)
class RecurrentModule:
    """A recurrent module of one or several layers, as its weights describe it.

    Attributes
    ----------
    name : str
        As in the file, such as "encoder.lstm"; "" if the names have nothing in front.
    kind : str
        "RNN", "GRU" or "LSTM".
    naming : str
        "torch" or "Keras"; the order of the gates is the framework's.
    inputs, hidden, layers : int
        m of the first layer, n, and the number of layers.
    directions : tuple of str
        ("forward",), ("backward",) or both.
    bias : bool
        Whether it has one.
    projection : int
        Entries of the projected state of an LSTM; 0 without a projection.
    dtype : str
        What its weights are in the file, such as "bfloat16".
    weights : mapping
        The name in the file of every weight, by (layer, direction, role).
    unsupported : str
        Why gradlab has no cell for it; "" if it has one.
    caveats : tuple of str
        What its weights do not tell, and what is taken for granted instead.

    Examples
    --------
    >>> import numpy as np
    >>> shapes = {"weight_ih_l0": (6, 5), "weight_hh_l0": (6, 2), "bias_ih_l0": (6,)}
    >>> weights = {name: np.zeros(shape) for name, shape in shapes.items()}
    >>> weights["bias_hh_l0"] = weights["bias_ih_l0"]
    >>> one = recurrent_architecture(weights).module()
    >>> one.kind, one.inputs, one.hidden, one.bias, one.outputs
    ('GRU', 5, 2, True, 2)
    """

    name: str
    kind: str
    naming: str
    inputs: int
    hidden: int
    layers: int
    directions: tuple[Direction, ...]
    bias: bool
    projection: int
    dtype: str
    weights: Mapping[Place, str]
    unsupported: str
    caveats: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """How many numbers it writes at every step."""
        return (self.projection or self.hidden) * len(self.directions)

    def __str__(self) -> str:
        many = f", {self.layers} layers" * (self.layers > 1)
        where = {1: f", {self.directions[0]}", 2: ", in both directions"}
        ways = where[len(self.directions)] * (self.directions != ("forward",))
        seen = f" → {self.projection} projected" * (self.projection > 0)
        shape = f"{self.inputs} → {self.hidden}{seen}{many}{ways}"
        return f"{quoted(self.name)}: {self.kind} {shape}, {self.dtype} ({self.naming})"


@final
@dataclass(frozen=True, eq=False)
class RecurrentArchitecture:
    """The recurrent modules of a file, in its order.

    Attributes
    ----------
    modules : tuple of RecurrentModule

    Examples
    --------
    >>> import numpy as np
    >>> sizes = {"encoder": 2, "decoder": 3}
    >>> weights = {
    ...     f"{name}.weight_{ends}": np.zeros((n, n))
    ...     for name, n in sizes.items()
    ...     for ends in ("ih", "hh")
    ... }
    >>> print(recurrent_architecture(weights).module("decoder"))
    `decoder`: RNN 3 → 3, float64 (torch)
    """

    modules: tuple[RecurrentModule, ...]

    def module(self, name: str | None = None) -> RecurrentModule:
        """Return the module of that name, or the only one.

        Raises
        ------
        InputError
            If there is no such module, or none is named where there are several; it
            lists them.
        """
        names = [module.name for module in self.modules]
        if name is None and len(names) == 1:
            return self.modules[0]
        if name not in names:
            listed = ", ".join(map(repr, names))
            message = f"The recurrent modules are {listed}. Name one; got {name!r}."
            raise InputError(message)
        return self.modules[names.index(name)]


def recurrent_architecture(
    tensors: Mapping[str, Array], *, dtypes: Mapping[str, str] | None = None
) -> RecurrentArchitecture:
    """Return the recurrent modules that weights by name belong to.

    Parameters
    ----------
    tensors : mapping of str to array
        Such as ``load_checkpoint(path).tensors``.  Names are torch's (``weight_ih_l0``,
        ``weight_hh_l1_reverse``, ``bias_hh``, …) or Keras's (``kernel``,
        ``recurrent_kernel``, ``bias``), behind the name of the module.
    dtypes : mapping of str to str, optional
        What they are in the file, ``load_checkpoint(path).dtypes``; unless told, what
        the arrays are.

    Returns
    -------
    RecurrentArchitecture

    Raises
    ------
    CheckpointError
        If there is no recurrent weight, or a module whose weights do not fit together:
        everything that is wrong, missing or too many, with got and expected.

    Examples
    --------
    >>> import numpy as np
    >>> found = recurrent_architecture(
    ...     {"rnn.weight_ih_l0": np.zeros((8, 3)), "rnn.weight_hh_l0": np.zeros((8, 2))}
    ... )
    >>> print(*found.modules)
    `rnn`: LSTM 3 → 2, float64 (torch)
    """
    groups, others = _sorted(tensors)
    strangers, inner = _heads(others)
    modules, problems = [], []
    for group, names in groups.items():
        weights = {place: tensors[name] for place, name in names.items()}
        begun = strangers.get(group.head, ()) if group.naming == "torch" else ()
        sizes, wrong = fitted(group, weights, begun)
        if sizes is None or wrong:
            problems.append(_problem(group, sizes, wrong))
        else:
            module = _module(group, names, weights, sizes, dtypes)
            caveats = tuple(_caveats(module, inner.get(group.head)))
            modules.append(dataclasses.replace(module, caveats=caveats))
    if problems:
        message = f"The weights do not fit together: {'. '.join(problems)}."
        raise CheckpointError(message)
    if not modules:
        raise CheckpointError(_nothing_recurrent(tensors))
    return RecurrentArchitecture(tuple(modules))


def _sorted(names: Iterable[str]) -> tuple[dict[Group, dict[Place, str]], list[str]]:
    """Return recurrent weights by group and place, and the other names."""
    groups: dict[Group, dict[Place, str]] = {}
    others = []
    for name in names:
        found = place_of(name)
        if found is None:
            others.append(name)
        else:
            groups.setdefault(found[0], {})[found[1]] = name
    recurrent = {group: of for group, of in groups.items() if _is_recurrent(group, of)}
    others += [
        n for group in groups if group not in recurrent for n in groups[group].values()
    ]
    return recurrent, others


def _heads(names: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the names that look like weights of a module, by what is in front.

    And one name out of everything that is further within, by each of its fronts.
    """
    strangers: dict[str, list[str]] = {}
    inner: dict[str, str] = {}
    for name in names:
        if match := _STRANGER.fullmatch(name):
            strangers.setdefault(match[1], []).append(name)
        ends = [match.end() for match in itertools.islice(_CUTS.finditer(name), 32)]
        inner |= {name[:end]: name for end in ends[:-1]}
    return strangers, inner


def _is_recurrent(group: Group, places: Iterable[Place]) -> bool:
    return group.naming == "torch" or any(place.role == "W_hh" for place in places)


def _problem(group: Group, sizes: Sizes | None, wrong: Iterable[str]) -> str:
    listed = "; ".join(wrong)
    if sizes is None:
        return listed
    most = f"most of {quoted(group.module)} is an {KINDS[sizes.gates]}"
    return f"{most} as {group.naming} has it, but {listed}"


def _module(
    group: Group,
    names: Mapping[Place, str],
    weights: Mapping[Place, Array],
    sizes: Sizes,
    dtypes: Mapping[str, str] | None,
) -> RecurrentModule:
    stored = {
        plain_name(dtypes[name]) if dtypes else str(weights[place].dtype)
        for place, name in names.items()
    }
    return RecurrentModule(
        name=group.module,
        kind=KINDS[sizes.gates],
        naming=group.naming,
        inputs=sizes.inputs or 0,
        hidden=sizes.hidden,
        layers=sizes.layers,
        directions=sizes.directions,
        bias=sizes.bias,
        projection=sizes.fed_back if sizes.projected else 0,
        dtype=", ".join(sorted(stored)),
        weights=MappingProxyType(dict(names)),
        unsupported=_unsupported(group, weights, sizes),
        caveats=(),
    )


def _unsupported(group: Group, weights: Mapping[Place, Array], sizes: Sizes) -> str:
    if sizes.fed_back > sizes.hidden:
        many = f"{sizes.fed_back} entries, of {sizes.hidden} units"
        return (
            f"its state is projected to {many}: torch has none of more than its units"
        )
    if group.naming == "torch" or sizes.gates != 3:
        return ""
    bias = weights.get(Place(0, sizes.directions[0], "b"))
    if bias is None:
        return "without a bias its weights do not tell where its reset gate is"
    if bias.ndim == 1:
        where = "before the recurrent product (reset_after=False)"
        return f"its reset gate is {where}; gradlab's GRU has it behind"
    return ""


def _caveats(module: RecurrentModule, inner: str | None) -> Iterator[str]:
    if module.naming == "Keras" and module.kind != "RNN":
        yield "its activations are not in its weights: Keras's own are taken"
    if module.naming == "torch" and inner is not None:
        yield f"taken to be a plain {module.kind}, though {quoted(inner)} is in it"


def _nothing_recurrent(tensors: Mapping[str, Array]) -> str:
    shown = [f"{quoted(name)} {tensors[name].shape}" for name in list(tensors)[:_SHOWN]]
    more = len(tensors) - len(shown)
    listed = ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
    return (
        "There is no recurrent weight: no name ends in weight_hh_l0 or weight_hh, as "
        "torch's do, or in recurrent_kernel, as Keras's do. "
        f"Found: {listed or 'nothing'}."
    )
