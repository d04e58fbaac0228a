"""A result is a frozen object: value, error, why it stopped, and where it came from.

On disk a result is two files: ``name.npz`` holds the arrays, ``name.json`` everything
else with gradlab's version, the seed and the parameters.  Nothing is pickled.
"""

import csv
import dataclasses
import enum
import io
import json
import math
import os
import pathlib
import tempfile
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from gradlab._version import VERSION
from gradlab.errors import StoreError
from gradlab.references import Reference, bibtex
from gradlab.typing import Array

__all__ = ["Origin", "Result"]


@dataclass(frozen=True)
class Origin:
    """Where a result came from: gradlab's version, the seed, and the parameters."""

    version: str = VERSION
    seed: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result:
    """Base of all results.

    A subclass is a frozen dataclass whose fields are arrays, numbers, strings or enums;
    `columns` says which of them make its table.  `sources` are the methods behind it.
    """

    sources: ClassVar[tuple[Reference, ...]] = ()

    origin: Origin = field(default_factory=Origin)

    def as_dict(self) -> dict[str, Any]:
        """Return the value fields by name, without the origin."""
        names = (f.name for f in dataclasses.fields(self) if f.name != "origin")
        return {name: getattr(self, name) for name in names}

    def columns(self) -> dict[str, Array]:
        """Return the table of this result: equally long 1-D columns by heading."""
        values = {k: np.asarray(v) for k, v in self.as_dict().items()}
        flat = {k: v for k, v in values.items() if v.ndim == 1 and v.dtype.kind in "if"}
        longest = max((len(v) for v in flat.values()), default=0)
        return {k: v for k, v in flat.items() if len(v) == longest}

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the table as CSV; write it too if a path is given."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns())
        writer.writerows([repr(x.item()) for x in row] for row in self._rows())
        return _written(out.getvalue(), path)

    def to_latex(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the table as a LaTeX booktabs tabular; write it if a path is given."""
        columns = self.columns()
        head = " & ".join(name.replace("_", r"\_") for name in columns)
        body = [" & ".join(_latex_number(x) for x in row) for row in self._rows()]
        lines = [
            rf"\begin{{tabular}}{{{'r' * len(columns)}}}",
            r"\toprule",
            rf"{head} \\",
            r"\midrule",
            *[rf"{row} \\" for row in body],
            r"\bottomrule",
            r"\end{tabular}",
        ]
        return _written("\n".join(lines) + "\n", path)

    def cite(self) -> str:
        """Return the BibTeX entries of the methods that made this result."""
        return bibtex(self)

    def save(self, path: str | os.PathLike[str]) -> pathlib.Path:
        """Write ``<path>.npz`` and ``<path>.json`` and return the former.

        Both are written beside their final place and then renamed, so that a crash
        leaves the old files or the new ones, never half of one.
        """
        target = pathlib.Path(path).with_suffix(".npz")
        target.parent.mkdir(parents=True, exist_ok=True)
        values = self.as_dict()
        arrays = {k: v for k, v in values.items() if isinstance(v, np.ndarray)}
        plain = {k: _plain(v) for k, v in values.items() if k not in arrays}
        buffer = io.BytesIO()
        # Typed as a mapping: savez's keyword `allow_pickle` must stay False.
        np.savez_compressed(buffer, allow_pickle=False, **_named(arrays))
        record = {"result": type(self).__name__, **_provenance(self.origin), **plain}
        text = json.dumps(record, indent=1, sort_keys=True, allow_nan=False)
        _replace(target, buffer.getvalue())
        _replace(target.with_suffix(".json"), text.encode() + b"\n")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read back what `save` wrote.

        Raises
        ------
        StoreError
            If a file is missing, damaged, or holds another kind of result.
        """
        target = pathlib.Path(path).with_suffix(".npz")
        try:
            record = json.loads(target.with_suffix(".json").read_text())
            with np.load(target, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except Exception as error:  # zipfile, json and numpy raise many kinds
            message = f"{target} cannot be read as a {cls.__name__}: {error}."
            raise StoreError(message) from error
        if not isinstance(record, dict) or record.get("result") != cls.__name__:
            kind = record.get("result") if isinstance(record, dict) else record
            message = f"{target} holds a {kind}, not a {cls.__name__}."
            raise StoreError(message)
        return cls(**_revived(cls, record, arrays))

    def _rows(self) -> Iterable[tuple[Any, ...]]:
        return zip(*self.columns().values(), strict=True)

    def __repr__(self) -> str:
        shown = (f"{k}={_short(v)}" for k, v in self.as_dict().items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_html_(self) -> str:
        columns = self.columns()
        head = "".join(f"<th>{name}</th>" for name in columns)
        rows = [
            "<tr>" + "".join(f"<td>{x:.6g}</td>" for x in row) + "</tr>"
            for _, row in zip(range(20), self._rows(), strict=False)
        ]
        caption = f"{type(self).__name__}, gradlab {self.origin.version}"
        return (
            f"<table><caption>{caption}</caption><tr>{head}</tr>{''.join(rows)}</table>"
        )


def _named(arrays: dict[str, Array]) -> dict[str, Any]:
    return arrays


def _provenance(origin: Origin) -> dict[str, Any]:
    return {
        "origin": {
            "version": origin.version,
            "seed": _plain(origin.seed),
            "parameters": _plain(dict(origin.parameters)),
        }
    }


def _plain(value: Any) -> Any:
    """Return `value` in JSON's types; non-finite floats become strings."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def _revived(
    cls: type[Result], record: dict[str, Any], arrays: dict[str, Array]
) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = dict(arrays)
    for f in dataclasses.fields(cls):
        if f.name == "origin":
            values["origin"] = Origin(**record["origin"])
        elif f.name in record:
            values[f.name] = _typed(hints[f.name], record[f.name])
    return values


def _typed(hint: Any, stored: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint[stored]
    if hint is float:
        return float(stored)
    origin = typing.get_origin(hint)
    return tuple(stored) if origin is tuple else stored


def _replace(target: pathlib.Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    pathlib.Path(name).chmod(0o644)
    pathlib.Path(name).replace(target)


def _written(text: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        _replace(pathlib.Path(path), text.encode())
    return text


def _latex_number(value: Any) -> str:
    if isinstance(value, int | np.integer):
        return f"${value}$"
    if not math.isfinite(value):
        sign = "-" if value < 0 else ""
        return "--" if math.isnan(value) else rf"${sign}\infty$"
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    power = rf"\times 10^{{{int(exponent)}}}" if exponent else ""
    return f"${mantissa}{power}$"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"array{value.shape}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=6, separator=", ")
    return f"{value:.6g}" if isinstance(value, float) else f"{value}"
