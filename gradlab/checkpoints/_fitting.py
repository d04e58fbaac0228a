"""Sizes of a recurrent module from the shapes of its weights, and what does not fit.

W_hh has K n rows and n columns (in Keras n and K n), so its shape tells both the kind,
K = 1, 3, 4 for RNN, GRU, LSTM, and n; every other shape follows but for m, which W_hx
of the first layer has.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from gradlab.checkpoints._namings import Direction, Group, Place, Role
from gradlab.checkpoints.refusals import quoted
from gradlab.typing import Array

__all__ = ["KINDS", "Sizes", "fitted"]

Shape: TypeAlias = tuple[Any, ...]
"""Sizes, None where nothing tells one."""

KINDS = {1: "RNN", 3: "GRU", 4: "LSTM"}
_LISTED = 20


class Sizes(NamedTuple):
    """K gates of n units over m inputs, of which p entries are fed back."""

    gates: int
    hidden: int
    fed_back: int
    inputs: int | None
    layers: int
    directions: tuple[Direction, ...]
    bias: bool

    @property
    def projected(self) -> bool:
        """Whether the state is projected before it is fed back."""
        return self.fed_back != self.hidden


def fitted(
    group: Group, weights: Mapping[Place, Array], strangers: Iterable[str]
) -> tuple[Sizes | None, list[str]]:
    """Return the sizes that most weights of a module agree on, and what is not so.

    What is wrong, missing or too many is named with got and expected.  `strangers` are
    names that begin as the module's and are of no weight.
    """
    sizes = _sizes(group, weights)
    if sizes is None:
        return None, [_no_recurrent_matrix(group, weights)]
    expected = dict(_expected(group, sizes, weights))
    found = []
    for place, shape in expected.items():
        got = weights[place].shape if place in weights else None
        if got is None or not _fits(got, shape):
            must = f"{quoted(place.name_in(group))} must have shape {_written(shape)}"
            found.append(f"{must}, {_got(got, shape)}")
    names = [place.name_in(group) for place in weights if place not in expected]
    found += [f"{quoted(name)} is one too many" for name in (*names, *strangers)]
    more = len(found) - _LISTED
    return sizes, [*found[:_LISTED], f"{more:,} more"] if more > 0 else found


def _sizes(group: Group, weights: Mapping[Place, Array]) -> Sizes | None:
    projected = any(place.role == "W_hr" for place in weights)
    votes = Counter(
        vote
        for place, array in weights.items()
        if place.role == "W_hh"
        for vote in _votes(_rows_first(group, array.shape), projected)
    )
    if not votes:
        return None
    (gates, hidden, fed_back), _ = votes.most_common(1)[0]
    return Sizes(
        gates,
        hidden,
        fed_back,
        _inputs(group, weights, gates * hidden),
        1 + max(place.layer for place in weights),
        _directions(group, weights),
        any(place.role in ("b", "b_hx", "b_hh") for place in weights),
    )


def _directions(group: Group, weights: Iterable[Place]) -> tuple[Direction, ...]:
    """Return both if any weight of torch's is one backward; Keras's have their own."""
    backward = any(place.direction == "backward" for place in weights)
    if group.naming == "torch":
        return ("forward", "backward") if backward else ("forward",)
    return ("backward",) if backward else ("forward",)


def _votes(shape: tuple[int, ...], projected: bool) -> Iterator[tuple[int, int, int]]:
    """Yield (K, n, p) for a matrix (K n, p) and, if none is, for its transpose."""
    if len(shape) != 2 or min(shape) < 1:
        return
    rows, columns = shape
    if projected:
        if rows % 4 == 0:
            yield 4, rows // 4, columns
        return
    ratio, rest = divmod(max(shape), min(shape))
    if ratio in KINDS and not rest:
        yield ratio, min(shape), min(shape)


def _inputs(group: Group, weights: Mapping[Place, Array], rows: int) -> int | None:
    votes = Counter[int]()
    for place, array in weights.items():
        shape = _rows_first(group, array.shape)
        if place.role == "W_hx" and place.layer == 0 and rows in shape[:2]:
            votes[shape[-1] if shape[0] == rows else shape[0]] += 1
    return votes.most_common(1)[0][0] if votes else None


def _expected(
    group: Group, sizes: Sizes, weights: Mapping[Place, Array]
) -> Iterator[tuple[Place, Shape]]:
    rows = sizes.gates * sizes.hidden
    width = sizes.fed_back * len(sizes.directions)
    for layer in range(sizes.layers):
        inputs = width if layer else sizes.inputs
        shapes: dict[Role, Shape] = {
            "W_hx": _rows_first(group, (rows, inputs)),
            "W_hh": _rows_first(group, (rows, sizes.fed_back)),
        }
        if sizes.projected:
            shapes["W_hr"] = (sizes.fed_back, sizes.hidden)
        if sizes.bias and group.naming == "torch":
            shapes |= {"b_hx": (rows,), "b_hh": (rows,)}
        for direction in sizes.directions:
            if sizes.bias and group.naming == "Keras":
                bias = weights.get(Place(layer, direction, "b"))
                twice = sizes.gates == 3 and bias is not None and bias.ndim == 2
                shapes["b"] = (2, rows) if twice else (rows,)
            for role, shape in shapes.items():
                yield Place(layer, direction, role), shape


def _rows_first(group: Group, shape: Shape) -> Shape:
    """Return a shape of Keras as torch has it, or the other way round."""
    return shape if group.naming == "torch" else shape[::-1]


def _no_recurrent_matrix(group: Group, weights: Mapping[Place, Array]) -> str:
    matrices = {
        place.name_in(group): array.shape
        for place, array in weights.items()
        if place.role == "W_hh"
    }
    shapes = {
        "torch": "(n, n), (3n, n) or (4n, n)",
        "Keras": "(n, n), (n, 3n) or (n, 4n)",
    }
    if matrices:
        name, got = next(iter(matrices.items()))
    else:
        name, got = next(iter(weights))._replace(role="W_hh").name_in(group), None
    return f"{quoted(name)} must have shape {shapes[group.naming]}, {_got(got, ())}"


def _fits(got: tuple[int, ...], shape: Shape) -> bool:
    return len(got) == len(shape) and all(
        size in (None, n) for n, size in zip(got, shape, strict=True)
    )


def _got(got: tuple[int, ...] | None, shape: Shape) -> str:
    if got is None:
        return "it is missing"
    return f"got {got}" + ", its transpose" * _fits(got[::-1], shape)


def _written(shape: Shape) -> str:
    sizes = ", ".join("m" if size is None else str(size) for size in shape)
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"
