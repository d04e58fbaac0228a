"""The tables of a diagnosis: layers, precision budgets, remedies, training, weights."""

import math
from collections.abc import Iterator, Mapping, Sequence

from gradlab.report.document import Table
from gradlab.report.wording import a_gain, a_lag, a_number, a_rate, signed
from gradlab.studies import CheckedRemedy, LayerDiagnosis

__all__ = [
    "jacobian_table",
    "layer_table",
    "precision_tables",
    "remedy_table",
    "training_table",
    "weight_table",
]

_FORMATS = ("float64", "float32", "bfloat16", "float16")
_SIZES = {
    "exact": "its largest singular value, and a bound of the error",
    "quick": "the root of the sum of its squared entries, as four random rows estimate "
    "it, and the standard error",
}
_GATES = {"LSTM": "ifgo", "GRU": "rzn"}


def layer_table(layers: Sequence[LayerDiagnosis]) -> Table:
    """Return the verdict on every layer with the numbers that it rests on."""
    head = ("layer", "verdict", "lag needed", "left there", "horizon", "λ₁ (nats/step)")
    rows = [
        (
            f"{layer.name}, {layer.kind} {layer.hidden:,}",
            layer.verdict.value,
            f"{layer.required_lag:,}" if layer.required_lag else "none",
            a_gain(float(layer.left[1])),
            a_lag(layer.horizon, layer),
            a_rate(layer.exponent, layer.stderr),
        )
        for layer in layers
    ]
    caption = (
        "Layers. Left is a share of the newest gradient; at the horizon, in steps "
        "back, it is a thousandth."
    )
    return Table(caption, head, rows)


def jacobian_table(layers: Sequence[LayerDiagnosis], mode: str) -> Iterator[Table]:
    """Yield how large the Jacobians alone are, where that is known."""
    known = [layer for layer in layers if len(layer.jacobians)]
    if not known:
        return
    yield Table(
        "The Jacobians alone, whatever the loss: the size of ∂h_T/∂s_t half-way to the "
        f"last lag and there, {_SIZES.get(mode, mode)}.",
        ("layer", "lag", "size there", "last lag", "size there", "error (nats)"),
        [(layer.name, *_of_jacobians(layer)) for layer in known],
    )


def _of_jacobians(layer: LayerDiagnosis) -> Iterator[str]:
    last = len(layer.jacobians) - 1
    for lag in (last // 2, last):
        yield f"{lag:,}"
        yield a_gain(float(layer.jacobians[lag, 1]))
    yield a_number(float(layer.jacobian_error[-1]), 2)


def precision_tables(layers: Sequence[LayerDiagnosis]) -> Iterator[Table]:
    """Yield where number formats round gradients away, store 0, and overflow."""
    yield _by_format(
        "Precision budget: the lag from which on a format rounds the gradient away "
        "where it is added to the newest one.",
        [(layer, layer.rounded_at) for layer in layers],
    )
    for what, budgets in (
        ("is 0 in every entry", [(layer, layer.zero_at) for layer in layers]),
        ("overflows", [(layer, layer.overflow_at) for layer in layers]),
    ):
        found = [
            (one, by) for one, by in budgets if any(map(math.isfinite, by.values()))
        ]
        if found:
            yield _by_format(f"The lag from which on it {what}.", found)


def _by_format(
    caption: str, budgets: Sequence[tuple[LayerDiagnosis, Mapping[str, float]]]
) -> Table:
    rows = [
        (
            f"{layer.name} ({layer.dtype})",
            *(a_lag(lags.get(name, math.nan), layer) for name in _FORMATS),
        )
        for layer, lags in budgets
    ]
    return Table(caption, ("layer (its own format)", *_FORMATS), rows)


def remedy_table(layer: LayerDiagnosis) -> Table:
    """Return what every remedy did to a copy."""
    whole = any(remedy.whole_after is not None for remedy in layer.remedies)
    head = ["remedy", "a copy of the layer", "horizon", "λ₁ (nats/step)"]
    if whole:
        head.insert(2, "of the model")
    caption = (
        f"{layer.name}: each was applied to a copy, run and diagnosed again; "
        "before → after."
    )
    rows = [tuple(_tried(layer, remedy, whole)) for remedy in layer.remedies]
    return Table(caption, tuple(head), rows)


def _tried(layer: LayerDiagnosis, remedy: CheckedRemedy, whole: bool) -> Iterator[str]:
    yield signed(remedy.words)
    yield remedy.verdict_after.value
    if whole:
        yield "–" if remedy.whole_after is None else remedy.whole_after.value
    horizons = (remedy.horizon_before, remedy.horizon_after)
    yield " → ".join(a_lag(horizon, layer) for horizon in horizons)
    yield " → ".join(map(a_number, (remedy.exponent_before, remedy.exponent_after)))


def training_table(layers: Sequence[LayerDiagnosis]) -> Iterator[Table]:
    """Yield what a training loop may take from the gradients, where asked for."""
    known = [layer for layer in layers if math.isfinite(layer.clip_norm)]
    if not known:
        return
    head = ("layer", "bias below a tenth", "below the noise of the batch", "clip at")
    rows = [
        (
            layer.name,
            _window(layer.window, layer),
            _window(layer.noise_window, layer),
            a_number(layer.clip_norm),
        )
        for layer in known
    ]
    yield Table(
        "For training: the shortest truncation, in steps, with a bias that small, and "
        "the norm that nine of ten sequences stay below.",
        head,
        rows,
    )


def _window(window: float, layer: LayerDiagnosis) -> str:
    if not math.isfinite(window):
        return "–"
    return f"{'≥ ' * (window >= layer.window_steps)}{window:,.0f}"


def weight_table(layer: LayerDiagnosis) -> Iterator[Table]:
    """Yield the recurrent weights and gates of a layer, where it has them."""
    names = _GATES.get(layer.kind, "W")
    if len(layer.radii) != len(names):
        return
    head = ["gate" if layer.gates else "weights", "ρ", "‖W‖"]
    if layer.gates:
        head += ["open, 10 %", "median", "90 %"]
    elif not math.isnan(layer.kreiss):
        head.append("Kreiss constant")
    rows = []
    for name, radius, norm in zip(names, layer.radii, layer.norms, strict=True):
        numbers = [a_number(float(radius)), a_number(float(norm))]
        if layer.gates:
            quantiles = layer.gates.get(name, [math.nan] * 3)
            numbers += [a_number(float(value), 2) for value in quantiles]
        elif not math.isnan(layer.kreiss):
            numbers.append(a_number(layer.kreiss))
        rows.append((name, *numbers))
    parts = ", gate by gate" if layer.gates else ""
    yield Table(f"Recurrent weights of {layer.name}{parts}.", head, rows)
