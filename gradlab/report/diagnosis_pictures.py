"""The pictures of a diagnosis, each with a caption and what it shows in words."""

from gradlab.plots import (
    draw_diagnosis,
    draw_jacobians,
    draw_remedies,
    draw_rounding_levels,
    draw_signal,
    drawn_layers,
    figure,
    svg_element,
    thinned,
)
from gradlab.report.document import Picture
from gradlab.report.wording import a_gain, a_lag, a_number
from gradlab.studies import Diagnosis, LayerDiagnosis

__all__ = ["lag_picture", "remedy_picture", "signal_picture"]

_WIDTH, _HEIGHT = 3.7, 2.5  # inches: type of 8 pt is legible on a phone and on a desk


def lag_picture(diagnosis: Diagnosis) -> Picture:
    """Return what is left of the newest gradient, by lag."""
    with figure(_WIDTH, _HEIGHT) as (fig, ax):
        draw_diagnosis(ax, diagnosis)
        if diagnosis.has_loss:
            draw_jacobians(ax, diagnosis)
        draw_rounding_levels(ax)
        svg = svg_element(fig, "lags")
    layers = drawn_layers(diagnosis)
    ends = "; ".join(
        f"{layer.name} ends at {a_gain(float(layer.profile[-1, 1]))} at lag "
        f"{len(layer.profile) - 1:,}{_end_of_jacobians(layer, diagnosis.has_loss)}"
        for layer in layers
    )
    return Picture(
        "What is left of the newest gradient, by lag: median over sequences, and the "
        "band from 10 % to 90 %. The dot is the horizon, where a thousandth is left; "
        "below a dotted line a number format rounds the gradient away."
        + " Dashed: the Jacobians alone, whatever the loss." * diagnosis.has_loss
        + _left_out(diagnosis, max(len(layer.profile) for layer in layers)),
        f"Gradient left against lag: {ends}.",
        svg,
    )


def signal_picture(diagnosis: Diagnosis) -> Picture:
    """Return how much of the whole loss reaches every step."""
    with figure(_WIDTH, _HEIGHT) as (fig, ax):
        draw_signal(ax, diagnosis)
        svg = svg_element(fig, "signal")
    layers = [layer for layer in drawn_layers(diagnosis) if len(layer.signal)]
    ends = "; ".join(
        f"{layer.name} goes from {a_number(float(layer.signal[0, 1]))} at the "
        f"first state to {a_number(float(layer.signal[-1, 1]))} nats at the last"
        for layer in layers
    )
    return Picture(
        "The gradient that training uses: the norm of ∂L/∂h at every step, all losses "
        "counted; median and band as above."
        + _left_out(diagnosis, max(len(layer.signal) for layer in layers)),
        f"Norm of the gradient against the step: {ends}.",
        svg,
    )


def remedy_picture(layer: LayerDiagnosis) -> Picture:
    """Return the horizons before and after every remedy."""
    with figure(_WIDTH, 0.55 + 0.22 * len(layer.remedies)) as (fig, ax):
        draw_remedies(ax, layer)
        svg = svg_element(fig, "remedies")
    ends = "; ".join(
        f"{remedy.name}: from {a_lag(remedy.horizon_before, layer)} to "
        f"{a_lag(remedy.horizon_after, layer)}"
        for remedy in layer.remedies
    )
    return Picture(
        "Horizon before (hollow) and after each remedy: round where the trouble is "
        "gone on the copies, square where it is not, an arrow where the horizon lies "
        "beyond the sequence.",
        f"Horizons in steps back: {ends}.",
        svg,
    )


def _end_of_jacobians(layer: LayerDiagnosis, wanted: bool) -> str:
    if not (wanted and len(layer.jacobians)):
        return ""
    return f", its Jacobians alone at {a_gain(float(layer.jacobians[-1, 1]))}"


def _left_out(diagnosis: Diagnosis, longest: int) -> str:
    """Say what a picture leaves out, if anything."""
    layers, points = len(drawn_layers(diagnosis)), len(thinned(longest))
    said = ""
    if layers < len(diagnosis.layers):
        said += f" The {layers} gravest of {len(diagnosis.layers):,} layers are drawn."
    if points < longest:
        said += f" Curves of {longest:,} points are drawn at {points}."
    return said
