"""`gradlab.diagnose`: a diagnosis that prints, and is handed over as one file."""

import dataclasses
import functools
import importlib
import json
import os
import pathlib
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Self, cast, final

from gradlab._store import replace
from gradlab.cells.activations import ACTIVATIONS
from gradlab.errors import InputError
from gradlab.report.as_data import diagnosis_data
from gradlab.report.as_html import html_blocks, to_html
from gradlab.report.as_latex import to_latex
from gradlab.report.as_markdown import to_markdown
from gradlab.report.diagnosis_methods import explorer_methods
from gradlab.report.diagnosis_tables import layer_table
from gradlab.report.document import Document, Paragraph
from gradlab.report.explorer import explorer_data
from gradlab.report.saved import loaded_diagnosis
from gradlab.report.wording import presentable, signed
from gradlab.studies import Diagnosis, Exploration, GradientVerdict, exploration
from gradlab.studies import diagnose as measured
from gradlab.studies.diagnosis.checks import Progress
from gradlab.studies.diagnosis.exploration import EXPLORED
from gradlab.typing import Seed

__all__ = ["REPORTS", "Report", "diagnose"]

REPORTS = (".html", ".md", ".tex", ".json", ".npz")
"""Suffixes of the files that a report can be saved as."""

_WIDTH = 88
_BEGINNING = re.compile(r"  (\w+)? +(\d+\. )?")  # "  do       1. ", or as many spaces
_SEED = 0  # of the exploration: the same report is the same file
_PREVIEWED = 8  # layers in a notebook


@final
@dataclass(frozen=True, eq=False)
class Report:
    """A diagnosis with ways to print, draw and save it.

    A page, or any other text, is the same bytes for the same numbers: it has no dates,
    no paths and no names of people in it.  It stays below 1 MB: of more than 24 layers
    the gravest are shown, curves of more than 400 points are drawn at 400, and names
    are cut at 80 characters, and it says so.  The .npz has everything.

    Attributes
    ----------
    diagnosis : Diagnosis
        The numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import RNN
    >>> found = diagnose(RNN.random(8, 1, gain=0.5, rng=0), np.ones((50, 1)))
    >>> found.verdict.value, found.to_html().startswith("<!doctype html>")
    ('contracting', True)
    """

    diagnosis: Diagnosis

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the report whose numbers `save` wrote as .npz, with the .json beside.

        Raises
        ------
        StoreError
            If a file is missing, damaged, or holds something else.
        """
        return cls(loaded_diagnosis(path))

    @property
    def verdict(self) -> GradientVerdict:
        """The verdict on the model."""
        return self.diagnosis.verdict

    def __str__(self) -> str:
        text = signed(presentable(self.diagnosis).describe())
        return "\n".join(map(_wrapped, text.splitlines()))

    def __repr__(self) -> str:
        shown = presentable(self.diagnosis)
        return f"<Report on {shown.model}: {shown.headline}>"

    @functools.cached_property
    def exploration(self) -> Exploration | None:
        """The grid for the kind of the gravest layer, made when first asked for.

        None for a cell that cannot be drawn at random.
        """
        layer = self.diagnosis.gravest
        names = {known.name for known in ACTIVATIONS}
        if layer.kind not in EXPLORED or (layer.activation or "tanh") not in names:
            return None
        return _explored(layer.kind, layer.activation or "tanh")

    @functools.cached_property
    def document(self) -> Document:
        """The report as plain data."""
        # Pictures bring matplotlib, which whoever only prints need not wait for.
        writer = importlib.import_module("gradlab.report.diagnosis_document")
        return cast(Document, writer.diagnosis_document(presentable(self.diagnosis)))

    def to_html(self, *, explore: bool | None = None) -> str:
        """Return one self-contained page; it asks no other host for anything.

        Parameters
        ----------
        explore : bool, optional
            Whether the page has sliders for gain, size and horizon, moving over a grid
            of random cells of the gravest layer's kind; in a second or two it is
            computed.  Unless told it has them where the mode is "exact".
        """
        wanted = self.diagnosis.mode == "exact" if explore is None else explore
        found, style = self.exploration if wanted else None, _asset("page.css")
        if found is None:
            return to_html(self.document, style=style)
        *sections, last = self.document.sections
        blocks = (*last.blocks, *explorer_methods(found))
        sections.append(dataclasses.replace(last, blocks=blocks))
        return to_html(
            dataclasses.replace(self.document, sections=tuple(sections)),
            style=style,
            script=_asset("explorer.js"),
            data=explorer_data(found),
            widget=_asset("explorer.html"),
        )

    def to_markdown(self) -> str:
        """Return the report as Markdown, pictures by their words."""
        return to_markdown(self.document)

    def to_latex(self) -> str:
        """Return the report as LaTeX sections and tables, pictures by their words."""
        return to_latex(self.document)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers in JSON's types: null is unknown, "inf" beyond the end."""
        return diagnosis_data(self.diagnosis)

    def to_json(self) -> str:
        """Return `as_dict` as one JSON object."""
        return json.dumps(self.as_dict(), allow_nan=False, ensure_ascii=False)

    def plot(self, ax: Any = None) -> Any:
        """Draw what is left of the gradient by lag, and return the axes.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            New ones unless given; they are in a figure of their own, ``.figure``.
        """
        plots = importlib.import_module("gradlab.plots")
        return plots.plot_diagnosis(self.diagnosis, ax)

    def save(
        self, path: str | os.PathLike[str], *, explore: bool | None = None
    ) -> pathlib.Path:
        """Write the report as .html, .md, .tex or .json, or its numbers as .npz.

        Parameters
        ----------
        path : path
            Folders that are missing are made.
        explore : bool, optional
            Of a page: see `to_html`.

        Returns
        -------
        pathlib.Path
            Where it is.

        Raises
        ------
        InputError
            If the path ends otherwise.
        """
        target = pathlib.Path(path)
        if target.suffix not in REPORTS:
            message = f"`path` must end in {', '.join(REPORTS)}; got {target.name!r}."
            raise InputError(message)
        if target.suffix == ".npz":
            return self.diagnosis.save(target)
        write: dict[str, Callable[[], str]] = {
            ".html": lambda: self.to_html(explore=explore),
            ".md": self.to_markdown,
            ".tex": self.to_latex,
            ".json": self.to_json,
        }
        target.parent.mkdir(parents=True, exist_ok=True)
        # What no UTF-8 holds, a lone surrogate in a name, is written as an escape.
        content = write[target.suffix]().encode(errors="backslashreplace")
        replace(target, content)
        return target

    def _repr_html_(self) -> str:
        """Return the verdict and the table of layers, for a notebook."""
        shown = presentable(self.diagnosis)
        layers = sorted(shown.layers, key=lambda layer: layer is not shown.gravest)
        blocks = (
            Paragraph(shown.headline, strong=f"{shown.model}."),
            layer_table(layers[:_PREVIEWED]),
        )
        return f"<div>{html_blocks(blocks)}</div>"


def diagnose(
    model: Any,
    batch: Any = None,
    *,
    loss: Callable[..., Any] | str | None = None,
    forward: Callable[[Any, Any], Any] | None = None,
    h0: Any = None,
    required_lag: int | None = None,
    mode: str = "quick",
    rng: Seed = 0,
    progress: Progress | None = None,
) -> Report:
    """Return the report on a model's gradient through time, in three lines.

    `gradlab.studies.diagnose` takes the same and returns the numbers alone.

    Parameters
    ----------
    model : torch.nn.Module, LoadedModel, AbstractCell, callable or a run
        A torch model that holds recurrent modules at any depth, or what
        `gradlab.adapters.from_checkpoint` made of a file; or a cell, or a step function
        h' = step(h, x); or a Trajectory of one, or an AbstractObjective of that.
    batch : optional
        What a torch or loaded model reads, or a pair (inputs, targets) of it; the
        inputs (T, m) or (T, B, m) of a cell or step function.
    loss : callable, "last" or "every", optional
        Of a torch model: ``loss(output, targets)``, or ``loss(output)`` where the batch
        is no pair.  Of a loaded one: at which steps its readout is to predict the
        targets.  Without one the verdict speaks of the Jacobians alone.
    forward : callable, optional
        ``forward(model, inputs)`` in place of calling a torch model.
    h0 : (n,) or (B, n) array_like, optional
        The initial state of a cell, zeros unless told; a step function needs one.  If
        it is a torch tensor, so are the arguments of the function.
    required_lag : int, optional
        How far back the task needs the gradient to reach; the largest distance of a
        step to the next loss unless told: T − 1 for a loss on the last step, 0 for one
        on every step.
    mode : "quick" or "exact"
        Quick looks at eight sequences, evenly picked, and estimates the norms of the
        Jacobians at every lag from four random rows of each; exact looks at all of
        them and has ‖∂h_T/∂s_t‖₂ itself, says which truncation windows and which norm
        for clipping the gradients suggest, and tries remedies on copies of the whole
        torch model too, forward and backward; its page can be explored.
    rng : Generator or int
        Of the random rows.  Unlike everywhere else there is a default: the same model
        gets the same answer.
    progress : callable, optional
        ``progress(share, what)`` is called before the model is run, and before every
        layer and every remedy: with the share that is done, 0 … 1, and its name.

    Returns
    -------
    Report
        It prints as plain words; ``save("report.html")`` hands it over.

    Raises
    ------
    InputTypeError, InputError, MissingExtraError
        As `gradlab.studies.diagnose`.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import RNN
    >>> cell = RNN.random(8, 1, gain=0.5, rng=0)
    >>> print(str(diagnose(cell, np.ones((50, 1)))).split(":")[1].strip())
    Contracting
    """
    return Report(
        measured(
            model,
            batch,
            loss=loss,
            forward=forward,
            h0=h0,
            required_lag=required_lag,
            mode=mode,
            rng=rng,
            progress=progress,
        )
    )


@functools.cache
def _explored(kind: str, activation: str) -> Exploration:
    return exploration(kind, activation=activation, rng=_SEED)


def _wrapped(line: str) -> str:
    """Return a line at the width of a terminal, what follows under where it began."""
    hanging = _BEGINNING.match(line)
    return textwrap.fill(
        line,
        _WIDTH,
        subsequent_indent=" " * (len(hanging[0]) if hanging else 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _asset(name: str) -> str:
    return (resources.files("gradlab.report") / "assets" / name).read_text("utf-8")
