"""`gradlab.diagnose`: a diagnosis that prints, and is handed over as one file."""

import functools
import importlib
import math
import os
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, cast, final

import numpy as np

from gradlab._store import replace
from gradlab.errors import InputError
from gradlab.report.as_html import to_html
from gradlab.report.as_latex import to_latex
from gradlab.report.as_markdown import to_markdown
from gradlab.report.document import Document
from gradlab.studies import Diagnosis, Exploration, GradientVerdict
from gradlab.studies import diagnose as measured
from gradlab.typing import Array

__all__ = ["Report", "diagnose"]

_SUFFIXES = (".html", ".md", ".tex", ".npz")


@final
@dataclass(frozen=True, eq=False)
class Report:
    """A diagnosis with a way to print, draw and save it.

    Attributes
    ----------
    diagnosis : Diagnosis
        The numbers.
    exploration : Exploration or None
        What the sliders of the page move over.

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> found = diagnose(RNN.random(8, 1, gain=0.5, rng=0), np.ones((50, 1)))
    >>> found.verdict.value, found.to_html().startswith("<!doctype html>")
    ('contracting', True)
    """

    diagnosis: Diagnosis
    exploration: Exploration | None = None

    @property
    def verdict(self) -> GradientVerdict:
        """The verdict on the model."""
        return self.diagnosis.verdict

    def __str__(self) -> str:
        return self.diagnosis.describe()

    @functools.cached_property
    def document(self) -> Document:
        """The report as plain data."""
        # Pictures bring matplotlib, which whoever only prints need not wait for.
        writer = importlib.import_module("gradlab.report.diagnosis_document")
        return cast(Document, writer.diagnosis_document(self.diagnosis))

    def to_html(self) -> str:
        """Return one self-contained page; it asks no other host for anything."""
        if self.exploration is None:
            return to_html(self.document, style=_asset("page.css"))
        return to_html(
            self.document,
            style=_asset("page.css"),
            script=_asset("explorer.js"),
            data=_explored(self.exploration),
            widget=_asset("explorer.html"),
        )

    def save(self, path: str | os.PathLike[str]) -> pathlib.Path:
        """Write the report as .html, .md or .tex, or its numbers as .npz with .json.

        Raises
        ------
        InputError
            If the path ends otherwise.
        """
        target = pathlib.Path(path)
        if target.suffix not in _SUFFIXES:
            message = f"`path` must end in {', '.join(_SUFFIXES)}; got {target.name!r}."
            raise InputError(message)
        if target.suffix == ".npz":
            return self.diagnosis.save(target)
        write: dict[str, Callable[[], str]] = {
            ".html": self.to_html,
            ".md": lambda: to_markdown(self.document),
            ".tex": lambda: to_latex(self.document),
        }
        target.parent.mkdir(parents=True, exist_ok=True)
        replace(target, write[target.suffix]().encode())
        return target


def diagnose(model: object, batch: object = None, **options: Any) -> Report:
    """Return the report on a model; takes what `gradlab.studies.diagnose` takes.

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> cell = RNN.random(8, 1, gain=0.5, rng=0)
    >>> print(str(diagnose(cell, np.ones((50, 1)))).split(":")[1].strip())
    Contracting
    """
    return Report(measured(model, batch, **options))


def _asset(name: str) -> str:
    return (resources.files("gradlab.report") / "assets" / name).read_text("utf-8")


def _explored(found: Exploration) -> Mapping[str, Any]:
    return {
        "kind": found.kind,
        "gains": found.gains.tolist(),
        "sizes": found.sizes.tolist(),
        "lags": found.lags.tolist(),
        "times": found.times.tolist(),
        "profiles": _rounded(found.profiles),
        "exponents": [
            [_rounded(row[~np.isnan(row)]) for row in by_size]
            for by_size in found.exponents
        ],
        "twins": _rounded(found.twins),
    }


def _rounded(values: Array) -> list[Any]:
    """Return nested lists with four digits, and None for what is not finite."""
    if values.ndim > 1:
        return [_rounded(part) for part in values]
    return [round(x, 4) if math.isfinite(x) else None for x in values.tolist()]
