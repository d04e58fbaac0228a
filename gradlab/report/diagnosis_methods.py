"""The methods behind a diagnosis, with the sources of what was used and the seeds."""

import math
from collections.abc import Iterator

import gradlab.cells as cells
from gradlab.butterfly import Horizon
from gradlab.gradients import WindowChoice
from gradlab.linalg import KreissConstant
from gradlab.references import Reference, bibliography, bibtex, cite
from gradlab.remedies import ClipStatistics
from gradlab.report.document import Block, Items, Paragraph, Preformatted
from gradlab.studies import Diagnosis, Exploration

__all__ = ["explorer_methods", "methods"]

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


def methods(diagnosis: Diagnosis) -> Iterator[Block]:
    """Yield what was done, which works it follows, and what it takes to do it again."""
    yield Items(tuple(Paragraph(text, strong=name) for name, text in _METHODS))
    yield Paragraph(_again(diagnosis))
    used = _used(diagnosis)
    yield Items(
        tuple(
            Paragraph(f"[{', '.join(cite(*things))}]", strong=name)
            for name, things in used.items()
        )
    )
    yield Preformatted(bibtex(*(thing for things in used.values() for thing in things)))


def explorer_methods(exploration: Exploration) -> Iterator[Block]:
    """Yield the same of what can be explored."""
    origin, sizes = exploration.origin, exploration.origin.parameters
    yield Paragraph(
        f"gradlab {origin.version}, seed {origin.seed}; {sizes['steps']} steps after "
        f"{sizes['burn_in']} [{', '.join(cite(exploration))}].",
        strong="The explorer:",
    )
    yield Preformatted(bibtex(exploration))


def _again(diagnosis: Diagnosis) -> str:
    origin, asked = diagnosis.origin, diagnosis.origin.parameters
    lag, file = asked.get("required_lag"), asked.get("file")
    wanted = "" if lag is None else f", required lag {lag:,}"
    held = f" The weights are those of {file}, sha256 {asked.get('sha256')}."
    return (
        f"gradlab {origin.version}, mode {diagnosis.mode}{wanted}, seed {origin.seed}."
        + held * (file is not None)
    )


def _used(diagnosis: Diagnosis) -> dict[str, list[object]]:
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
    if any(math.isfinite(layer.separation_horizon) for layer in diagnosis.layers):
        used["Separation horizon"] = [Horizon]
    if not all(math.isnan(layer.kreiss) for layer in diagnosis.layers):
        used["Kreiss constant"] = [KreissConstant]
    return used
