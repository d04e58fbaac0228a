"""A diagnosis as a document: verdict, where, why, what to do, methods with sources."""

import math
from collections.abc import Iterator

from gradlab._words import describe_gain, describe_rate
from gradlab.plots import (
    draw_diagnosis,
    draw_rounding_levels,
    figure,
    full_width,
    svg_element,
)
from gradlab.references import bibtex
from gradlab.report.document import (
    Block,
    Document,
    Items,
    Paragraph,
    Picture,
    Preformatted,
    Section,
    Table,
)
from gradlab.studies import Diagnosis, LayerDiagnosis

__all__ = ["diagnosis_document"]

_FORMATS = ("float64", "float32", "bfloat16", "float16")


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
    ['Verdict', 'Where', 'Why', 'What to do', 'Methods']
    """
    return Document(
        title=f"Gradients through time: {diagnosis.model}",
        lead=diagnosis.headline,
        sections=(
            Section("Verdict", tuple(_verdict(diagnosis))),
            Section("Where", tuple(_where(diagnosis))),
            Section("Why", tuple(_why(diagnosis))),
            Section("What to do", tuple(_what_to_do(diagnosis))),
            Section("Methods", tuple(_methods(diagnosis))),
        ),
    )


def _verdict(diagnosis: Diagnosis) -> Iterator[Block]:
    about = "the gradient of the loss" if diagnosis.has_loss else "the Jacobians alone"
    loss = f" The loss is {diagnosis.loss:.4g}." if diagnosis.has_loss else ""
    yield Paragraph(f"This speaks of {about}.{loss}")
    head = ("layer", "verdict", "lag needed", "left there", "horizon", "λ₁ (nats/step)")
    rows = [
        (
            layer.name,
            layer.verdict.value,
            f"{layer.required_lag:,}",
            describe_gain(float(layer.left[1])),
            _lag(layer.horizon, layer),
            f"{_signed(layer.exponent)} ± {layer.stderr:.1g}",
        )
        for layer in diagnosis.layers
    ]
    yield Table("Layers; the horizon is where a thousandth is left.", head, rows)
    for caveat in diagnosis.caveats:
        yield Paragraph(caveat, strong="Note.")


def _where(diagnosis: Diagnosis) -> Iterator[Block]:
    with figure(full_width("neurips"), 2.6) as (fig, ax):
        draw_rounding_levels(draw_diagnosis(ax, diagnosis))
        svg = svg_element(fig, "lags")
    names = ", ".join(layer.name for layer in diagnosis.layers)
    worst = diagnosis.gravest
    ends = describe_gain(float(worst.profile[-1, 1]))
    yield Picture(
        "What is left of the newest gradient, by lag: median over sequences and the "
        "10 % to 90 % band. The dot is the horizon; dotted: where a number format "
        "rounds the gradient away.",
        f"Gradient left against lag for {names}; {worst.name} ends at {ends} at lag "
        f"{len(worst.profile) - 1}.",
        svg,
    )
    head = ("layer, format", "rounded away from lag", "all stored as 0", "overflows")
    rows = [
        (
            f"{layer.name}, {name}" + " (its own)" * (name == layer.dtype),
            _lag(layer.rounded_at[name], layer),
            _lag(layer.zero_at[name], layer) if diagnosis.has_loss else "–",
            _lag(layer.overflow_at[name], layer) if diagnosis.has_loss else "–",
        )
        for layer in diagnosis.layers
        for name in _FORMATS
    ]
    yield Table("Precision budget: at which lag a number format fails.", head, rows)


def _why(diagnosis: Diagnosis) -> Iterator[Block]:
    for layer in diagnosis.layers:
        yield Items(tuple(_causes(layer)))


def _causes(layer: LayerDiagnosis) -> Iterator[Paragraph]:
    if math.isfinite(layer.exponent):
        rate = describe_rate(layer.exponent)
        yield Paragraph(f"going back, ×exp(λ₁) = {rate}", strong=layer.name)
    if layer.deciding:
        yield Paragraph(layer.deciding, strong="What decides:")
    pairs = zip(layer.radii, layer.norms, strict=True)
    shown = "; ".join(f"ρ = {r:.3g}, ‖W‖ = {n:.3g}" for r, n in pairs)
    if shown:
        yield Paragraph(shown, strong="Recurrent weights, gate by gate:")
    for name, (low, middle, high) in layer.gates.items():
        text = f"open to {middle:.2f} in the median, {low:.2f} to {high:.2f}"
        yield Paragraph(text, strong=f"Gate {name}:")
    if layer.saturated > 0:
        yield Paragraph(f"{layer.saturated:.1%} of slopes", strong="Saturated:")


def _what_to_do(diagnosis: Diagnosis) -> Iterator[Block]:
    tried = [(layer, r) for layer in diagnosis.layers for r in layer.remedies]
    if not tried:
        yield Paragraph("Nothing: the gradients are not the problem here.")
        return
    head = ("remedy", "verdict on a copy", "horizon before", "after", "λ₁ after")
    rows = [
        (
            f"{layer.name}: {remedy.words}",
            remedy.verdict_after.value,
            _lag(remedy.horizon_before, layer),
            _lag(remedy.horizon_after, layer),
            _signed(remedy.exponent_after),
        )
        for layer, remedy in tried
    ]
    yield Table("Each was applied to a copy, run and diagnosed again.", head, rows)


def _methods(diagnosis: Diagnosis) -> Iterator[Block]:
    yield Paragraph(
        "What is left at lag l is the norm of the last loss's gradient l steps back "
        "over that at the loss, followed in logarithms through the exact Jacobians of "
        "the run (random rows in place of a loss where there is none). λ₁ is its "
        "growth per step, with the standard error of blocks of steps and sequences. "
        "Vanishing: less than a thousandth is left at the lag that is needed, which is "
        "the largest distance of a step to its next loss unless told. Exploding: more "
        "than a thousandfold at any lag. Chaotic: λ₁ is above two standard errors."
    )
    origin = diagnosis.origin
    yield Paragraph(
        f"gradlab {origin.version}, mode {diagnosis.mode}, seed {origin.seed}, "
        f"{diagnosis.seconds:.1f} s."
    )
    yield Preformatted(bibtex(diagnosis, *diagnosis.layers))


def _lag(lag: float, layer: LayerDiagnosis) -> str:
    if math.isnan(lag):
        return "–"
    return f"{lag:,.0f}" if math.isfinite(lag) else f"> {len(layer.profile) - 1:,}"


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
