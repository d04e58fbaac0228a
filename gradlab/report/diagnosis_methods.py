"""The methods behind a diagnosis, with the sources of what was used and the seeds."""

import math
from collections.abc import Iterator

import gradlab.cells as cells
from gradlab.gradients import WindowChoice
from gradlab.references import Reference, bibliography, bibtex, cite
from gradlab.remedies import ClipStatistics
from gradlab.report.document import Block, Items, Paragraph, Preformatted
from gradlab.studies import Diagnosis, Exploration

__all__ = ["methods"]

_METHODS = (
    (
        "What is left",
        "of the gradient at lag l is the norm of the last loss's gradient l steps back "
        "over that at the loss, followed in logarithms through the exact Jacobians of "
        "the run; where there is no loss, random rows take its place.",
    ),
    (
        "λ₁",
        "is its growth per step, with the standard error of blocks of steps and of "
        "sequences.",
    ),
    (
        "Vanishing:",
        "less than a thousandth is left at the lag that is needed, which is the "
        "largest distance of a step to its next loss unless another was given.",
    ),
    ("Exploding:", "there is more than a thousand times as much at some lag."),
    ("Chaotic:", "λ₁ is above 0 by more than two standard errors."),
    (
        "Remedies",
        "are changes of a copy, which is then run and diagnosed as the model was.",
    ),
)


def methods(
    diagnosis: Diagnosis, exploration: Exploration | None = None
) -> Iterator[Block]:
    """Yield what was done, which works it follows, and what it takes to do it again."""
    yield Items(tuple(Paragraph(text, strong=name) for name, text in _METHODS))
    yield Paragraph(_again(diagnosis, exploration))
    used = _used(diagnosis, exploration)
    yield Items(
        tuple(
            Paragraph(f"[{', '.join(cite(*things))}]", strong=name)
            for name, things in used.items()
        )
    )
    yield Preformatted(bibtex(*(thing for things in used.values() for thing in things)))


def _again(diagnosis: Diagnosis, exploration: Exploration | None) -> str:
    origin = diagnosis.origin
    lag = origin.parameters.get("required_lag")
    asked = "" if lag is None else f", required lag {lag:,}"
    told = f"gradlab {origin.version}, mode {diagnosis.mode}{asked}, seed {origin.seed}"
    if exploration is None:
        return f"{told}."
    other = exploration.origin
    return f"{told}. The explorer: gradlab {other.version}, seed {other.seed}."


def _used(
    diagnosis: Diagnosis, exploration: Exploration | None
) -> dict[str, list[object]]:
    """Return what was used, and whatever names its sources."""
    used: dict[str, list[object]] = {"Gradients through time": [diagnosis]}
    for layer in diagnosis.layers:
        cell = getattr(cells, layer.kind, None)
        if cite(cell):
            used[layer.kind] = [cell]
        for remedy in layer.remedies:
            if remedy.source in bibliography():
                used[remedy.name.capitalize()] = [Reference(remedy.source)]
    if any(math.isfinite(layer.clip_norm) for layer in diagnosis.layers):
        used["Truncation windows"] = [WindowChoice]
        used["Clipping"] = [ClipStatistics]
    if exploration is not None:
        used["The explorer"] = [exploration]
    return used
