"""A result is a frozen object: value, error, why it stopped, and where it came from.

On disk a result is two files: ``name.npz`` holds the arrays, ``name.json`` everything
else with gradlab's version, the seed, the parameters and the hash of the arrays.
"""

import csv
import dataclasses
import hashlib
import html
import io
import json
import math
import os
import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from gradlab._extras import require
from gradlab._latex import latex_escaped
from gradlab._store import (
    packed,
    parsed,
    plain,
    replace,
    split,
    typed,
    unpacked,
)
from gradlab._version import VERSION
from gradlab.errors import StoreError
from gradlab.references import Reference, bibtex
from gradlab.typing import Array

__all__ = ["Origin", "Result"]

_SHOWN_ROWS = 20


@dataclass(frozen=True)
class Origin:
    """Where a result came from: gradlab's version, the seed, and the parameters."""

    version: str = VERSION
    seed: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result:
    """Base of all results.

    A subclass is a frozen dataclass whose fields are arrays, numbers, strings, enums,
    or mappings and tuples of these; `columns` says which of them make its table.
    `sources` are the methods behind it.

    Examples
    --------
    >>> @dataclass(frozen=True, eq=False, repr=False, kw_only=True)
    ... class Growth(Result):
    ...     log_gain: np.ndarray
    ...     rate: float
    >>> found = Growth(log_gain=np.array([0.0, -0.5]), rate=-0.5)
    >>> found
    Growth(log_gain=[ 0. , -0.5], rate=-0.5)
    >>> print(found.to_csv())
    log_gain
    0.0
    -0.5
    """

    sources: ClassVar[tuple[Reference, ...]] = ()

    origin: Origin = field(default_factory=Origin)

    def as_dict(self) -> dict[str, Any]:
        """Return the value fields by name, without the origin."""
        names = (f.name for f in dataclasses.fields(self) if f.name != "origin")
        return {name: getattr(self, name) for name in names}

    def columns(self) -> dict[str, Array]:
        """Return the table of this result: equally long 1-D columns by heading.

        A result of numbers alone has a table of one row.
        """
        values = {
            name: value
            for name, value in self.as_dict().items()
            if isinstance(value, np.ndarray)
            and value.ndim == 1
            and value.dtype.kind in "iuf"
        }
        if not values:
            return {
                name: np.array([value])
                for name, value in self.as_dict().items()
                if isinstance(value, int | float) and not isinstance(value, bool)
            }
        longest = max(len(value) for value in values.values())
        return {name: value for name, value in values.items() if len(value) == longest}

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the table as CSV; write it too if a path is given."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns())
        writer.writerows([_csv_entry(x) for x in row] for row in self._rows())
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

    def to_xarray(self) -> Any:
        """Return an xarray.Dataset of arrays and table; the rest are its attributes.

        The columns of the table share the dimension ``row``; axis i of another array
        ``x`` is the dimension ``x_i``.

        Raises
        ------
        MissingExtraError
            If xarray is not installed (extra ``xarray``).
        """
        xarray = require("xarray", extra="xarray")
        arrays, rest = split(self.as_dict())
        variables: dict[str, Any] = {
            name: ([f"{name}_{i}" for i in range(array.ndim)], array)
            for name, array in arrays.items()
        }
        for name, column in self.columns().items():
            if name not in arrays or np.array_equal(
                arrays[name], column, equal_nan=True
            ):
                variables[name] = (["row"], column)
        return xarray.Dataset(variables, attrs={**rest, **_provenance(self.origin)})

    def cite(self) -> str:
        """Return the BibTeX entries of the methods that made this result."""
        return bibtex(self)

    def save(self, path: str | os.PathLike[str]) -> pathlib.Path:
        """Write ``<path>.npz`` and ``<path>.json`` and return the former.

        Each is written beside its final place and then renamed, and the second names
        the hash of the first: half of a file, or halves of two results, never load.

        Raises
        ------
        InputTypeError
            If a field is of a kind that cannot be stored.
        """
        target, record_path = _paths(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        arrays, rest = split(self.as_dict())
        content = packed(arrays)
        record = {
            "result": type(self).__name__,
            "sha256": hashlib.sha256(content).hexdigest(),
            "origin": _provenance(self.origin),
            "values": rest,
        }
        text = json.dumps(record, indent=1, sort_keys=True, allow_nan=False)
        replace(target, content)
        replace(record_path, text.encode() + b"\n")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read back what `save` wrote.

        Raises
        ------
        StoreError
            If a file is missing, damaged, or holds another kind of result.
        """
        target, record_path = _paths(path)
        try:
            record = parsed(record_path.read_text(encoding="utf-8"))
            content = target.read_bytes()
            kind, digest = record["result"], record["sha256"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{target} cannot be read as a {cls.__name__}: {error}."
            raise StoreError(message) from error
        if kind != cls.__name__:
            message = f"{target} holds a {kind}, not a {cls.__name__}."
            raise StoreError(message)
        if hashlib.sha256(content).hexdigest() != digest:
            message = (
                f"{target} is damaged: its sha256 is not the one in {record_path}."
            )
            raise StoreError(message)
        try:
            arrays = unpacked(content)
        except ValueError as error:
            message = f"{target} cannot be read as a {cls.__name__}: {error}."
            raise StoreError(message) from error
        try:
            origin = Origin(**record["origin"])
            return cls(origin=origin, **typed(cls, record["values"], arrays))
        except (KeyError, TypeError, ValueError) as error:
            message = f"{target} was saved by another version of gradlab: {error}."
            raise StoreError(message) from error

    def _rows(self) -> Iterable[tuple[Any, ...]]:
        return zip(*self.columns().values(), strict=True)

    def __repr__(self) -> str:
        shown = (f"{k}={_short(v)}" for k, v in self.as_dict().items())
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_html_(self) -> str:
        columns = self.columns() or {"": np.zeros(0)}
        rows = list(self._rows())
        cells = [[_html_entry(x) for x in row] for row in rows[:_SHOWN_ROWS]]
        if len(rows) > _SHOWN_ROWS:
            cells.append([f"… {len(rows)} rows"] + [""] * (len(columns) - 1))
        scalars = {k: v for k, v in self.as_dict().items() if k not in columns}
        notes = ", ".join(f"{k} = {_short(v)}" for k, v in scalars.items())
        name = f"{type(self).__name__}, gradlab {self.origin.version}"
        caption = html.escape(f"{name}: {notes}" if notes else name)
        head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
            for row in cells
        )
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"


def _paths(path: str | os.PathLike[str]) -> tuple[pathlib.Path, pathlib.Path]:
    # Not `with_suffix`: it would take the ".5" of "gain_0.5" for one.
    given = pathlib.Path(path)
    stem = given.stem if given.suffix in (".npz", ".json") else given.name
    return given.with_name(f"{stem}.npz"), given.with_name(f"{stem}.json")


def _provenance(origin: Origin) -> dict[str, Any]:
    return {
        "version": origin.version,
        "seed": plain("seed", origin.seed),
        "parameters": plain("parameters", origin.parameters),
    }


def _written(text: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        replace(pathlib.Path(path), text.encode())
    return text


def _csv_entry(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value.item())
    # A spreadsheet would run what begins like a formula.
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _latex_number(value: Any) -> str:
    if isinstance(value, str):
        return latex_escaped(value)
    if isinstance(value, int | np.integer):
        return f"${value}$"
    if not math.isfinite(value):
        sign = "-" if value < 0 else ""
        return "--" if math.isnan(value) else rf"${sign}\infty$"
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    power = rf"\times 10^{{{int(exponent)}}}" if exponent else ""
    return f"${mantissa}{power}$"


def _html_entry(value: Any) -> str:
    return html.escape(value) if isinstance(value, str) else f"{value:.6g}"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"array{value.shape}"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=6, separator=", ")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_short(v)}" for k, v in value.items()) + "}"
    return f"{value:.6g}" if isinstance(value, float) else f"{value}"
