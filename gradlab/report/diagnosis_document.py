"""A diagnosis as a document: verdict, what to do, where, why, methods with sources.

Of very many layers the gravest are shown, curves are drawn at 400 points, and names are
cut at 80 characters: the document says so, and its size has a bound.
"""

import math
from collections.abc import Iterator, Sequence

from gradlab.plots import by_gravity
from gradlab.report.diagnosis_methods import methods
from gradlab.report.diagnosis_pictures import (
    lag_picture,
    remedy_picture,
    signal_picture,
)
from gradlab.report.diagnosis_tables import (
    jacobian_table,
    layer_table,
    precision_tables,
    remedy_table,
    training_table,
    weight_table,
)
from gradlab.report.document import (
    Block,
    Document,
    Items,
    Paragraph,
    Section,
)
from gradlab.report.wording import a_number, signed
from gradlab.studies import (
    CheckedRemedy,
    Diagnosis,
    GradientVerdict,
    LayerDiagnosis,
)
from gradlab.studies.diagnosis.words import butterfly, steps_back

__all__ = ["diagnosis_document"]

_ROWS = 24  # layers in a table
_DETAILED = 4  # layers with remedies and causes of their own
_NOTES = 12


def diagnosis_document(diagnosis: Diagnosis) -> Document:
    """Return the document of a diagnosis.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import RNN
    >>> from gradlab.studies import diagnose
    >>> cell = RNN.random(8, 1, gain=0.5, rng=0)
    >>> document = diagnosis_document(diagnose(cell, np.ones((50, 1))))
    >>> [section.heading for section in document.sections]
    ['Verdict', 'What to do', 'Where', 'Why', 'Methods']
    """
    layers = by_gravity(diagnosis)
    return Document(
        title=f"Gradients through time: {diagnosis.model}",
        lead=signed(diagnosis.headline),
        tone="trouble" if diagnosis.verdict.is_trouble else "well",
        sections=(
            Section("Verdict", tuple(_verdict(diagnosis, layers))),
            Section("What to do", tuple(_what_to_do(diagnosis, layers))),
            Section("Where", tuple(_where(diagnosis, layers))),
            Section("Why", tuple(_why(layers))),
            Section("Methods", tuple(methods(diagnosis))),
        ),
    )


def _verdict(diagnosis: Diagnosis, layers: Sequence[LayerDiagnosis]) -> Iterator[Block]:
    about = "the Jacobians alone, since no loss was given"
    if diagnosis.has_loss:
        about = f"the gradient of the loss, which is {a_number(diagnosis.loss, 4)}"
    gravest = diagnosis.gravest
    yield Paragraph(
        f"This speaks of {about}, over {gravest.sequences:,} sequences of "
        f"{gravest.steps:,} steps."
    )
    yield layer_table(layers[:_ROWS])
    if len(layers) > _ROWS:
        yield Paragraph(
            f"The {_ROWS} gravest of {len(layers):,} layers are shown here and below; "
            "the saved numbers (.npz) have all of them."
        )
    for caveat in diagnosis.caveats[:_NOTES]:
        yield Paragraph(caveat, strong="Note.")
    if len(diagnosis.caveats) > _NOTES:
        yield Paragraph(f"There are {len(diagnosis.caveats) - _NOTES:,} more notes.")


def _what_to_do(
    diagnosis: Diagnosis, layers: Sequence[LayerDiagnosis]
) -> Iterator[Block]:
    treated = [layer for layer in layers if layer.remedies]
    if not treated:
        yield Paragraph(_nothing(diagnosis))
    elif not diagnosis.verdict.is_trouble:
        yield Paragraph(
            "Nothing need be done: what these layers lose, others carry. For them "
            "alone, this was tried."
        )
    for place, layer in enumerate(treated[:_DETAILED]):
        best = layer.remedies[0]
        lead = "Try first:" if best.helps else "Nothing tried is enough alone; best is:"
        yield Paragraph(_outcome(layer, best), strong=lead)
        yield remedy_table(layer)
        if place == 0:
            yield remedy_picture(layer)
    if len(treated) > _DETAILED:
        yield Paragraph(
            f"Remedies of {len(treated) - _DETAILED:,} more layers helped "
            "or failed likewise and are among the saved numbers."
        )
    yield from training_table(layers[:_ROWS])


def _nothing(diagnosis: Diagnosis) -> str:
    match diagnosis.verdict:
        case verdict if verdict.is_trouble:
            return "No remedy is known for this kind of layer: change the model."
        case GradientVerdict.CONTRACTING:
            return (
                "Perhaps nothing: whether a short reach is trouble depends on the "
                "task. Give the loss, or the lag that is needed, and ask again."
            )
        case _:
            return "Nothing: the gradients are not the problem here."


def _outcome(layer: LayerDiagnosis, remedy: CheckedRemedy) -> str:
    after, before = (
        steps_back(horizon, layer.steps)
        for horizon in (remedy.horizon_after, remedy.horizon_before)
    )
    found = f"the verdict on a copy of {layer.name} is “{remedy.verdict_after.value}”"
    if remedy.whole_after is not None:
        found += f", and on a copy of the whole model “{remedy.whole_after.value}”"
    return (
        f"{signed(remedy.words)}. With it {found}; a thousandth of the gradient is "
        f"left {after} instead of {before}."
    )


def _where(diagnosis: Diagnosis, layers: Sequence[LayerDiagnosis]) -> Iterator[Block]:
    yield lag_picture(diagnosis)
    lost = tuple(_lost(layers[:_ROWS]))
    if lost:
        yield Items(lost)
    if diagnosis.has_loss:
        yield signal_picture(diagnosis)
    yield from jacobian_table(layers[:_ROWS], diagnosis.mode)
    yield from precision_tables(layers[:_ROWS])


def _lost(layers: Sequence[LayerDiagnosis]) -> Iterator[Paragraph]:
    """Say which layers have lost gradients in the precision that they are stored in."""
    for layer in layers:
        name = f"{layer.name}:"
        if layer.zero_steps:
            text = (
                f"at {layer.zero_steps:,} of {layer.steps:,} steps no {layer.dtype} "
                f"number is as small as the gradient"
            )
            if layer.last_unit >= 0:
                text += f"; unit {layer.last_unit} keeps one longest"
            yield Paragraph(f"{text}.", strong=name)
        over = layer.overflow_at.get(layer.dtype, math.inf)
        if math.isfinite(over):
            yield Paragraph(
                f"{layer.dtype} overflows at lag {over:,.0f}, unit {layer.last_unit} "
                "first.",
                strong=name,
            )


def _why(layers: Sequence[LayerDiagnosis]) -> Iterator[Block]:
    for layer in layers[:_DETAILED]:
        yield Paragraph(" ".join(_causes(layer)), strong=f"{layer.name}:")
        yield from weight_table(layer)
    if len(layers) > _DETAILED:
        yield Paragraph(f"The {_DETAILED} gravest of {len(layers):,} layers are shown.")


def _causes(layer: LayerDiagnosis) -> Iterator[str]:
    if layer.deciding:
        yield f"what decides is {signed(layer.deciding)}."
    elif math.isfinite(layer.exponent):
        yield f"λ₁ is {a_number(layer.exponent)} nats per step."
    else:
        yield "the sequences are too short to tell a rate."
    if butterfly(layer):
        yield f"Butterfly: {butterfly(layer)}."
    if len(layer.memory):
        middle, most = layer.memory[len(layer.memory) // 2], layer.memory[-1]
        yield (
            f"What units keep by their gates lasts {a_number(float(middle))} steps in "
            f"the median, {a_number(float(most))} at most."
        )
    if layer.saturated > 0:
        share = a_number(100 * layer.saturated)
        yield f"Of the slopes, {share} % are below a tenth of the largest."
