"""A diagnosis in words: verdict, where, why, what to do, each with its number."""

import math

from gradlab._words import describe_gain, describe_measured, describe_rate
from gradlab.studies.diagnosis.result import CheckedRemedy, LayerDiagnosis
from gradlab.studies.diagnosis.verdict import GradientVerdict

__all__ = ["butterfly", "describe_layer", "headline", "measured_rate", "steps_back"]

_FINEST = 1e-6  # nats per step: no smaller error is told


def headline(layer: LayerDiagnosis) -> str:
    """Return the verdict on one layer as one sentence."""
    if len(layer.profile) == 1:
        return "it meets its last loss at its first step: nothing has to be carried"
    kept = describe_gain(float(layer.left[1]))
    lag = f"{layer.required_lag:,}"
    match layer.verdict:
        case GradientVerdict.VANISHING:
            return f"{kept} of the newest gradient is left {lag} steps back"
        case GradientVerdict.EXPLODING:
            peak = describe_gain(float(layer.profile[:, 1].max()))
            return f"going back, the gradient grows to {peak} of the newest"
        case GradientVerdict.CHAOTIC:
            return f"small changes grow {describe_rate(layer.exponent)}"
        case GradientVerdict.CONTRACTING:
            far = steps_back(layer.horizon, layer.steps)
            return f"its Jacobians forget: a thousandth is left {far}"
        case GradientVerdict.NOT_THE_GRADIENTS if layer.required_lag == 0:
            far = steps_back(layer.horizon, layer.steps)
            return f"every step has a loss of its own; a thousandth is left {far}"
        case GradientVerdict.NOT_THE_GRADIENTS:
            return f"{kept} of the newest gradient is left {lag} steps back, enough"
        case _:
            return f"neither grows nor shrinks much over {layer.steps:,} steps"


def steps_back(horizon: float, steps: int) -> str:
    """Say a horizon: "12 steps back", or that it lies beyond the sequence."""
    if math.isnan(horizon):
        return "nowhere"
    if math.isinf(horizon):
        return f"more than {steps - 1:,} steps back"
    shown = f"{horizon:.1f}" if horizon < 10 else f"{horizon:,.0f}"
    return f"{shown} steps back"


def measured_rate(exponent: float, stderr: float) -> str:
    """Say a rate in nats per step with its error, where it has one.

    Examples
    --------
    >>> measured_rate(-0.42345, 0.0031), measured_rate(-0.42345, math.nan)
    ('−0.4234 ± 0.0031', '−0.423')
    """
    if not math.isfinite(stderr):
        return _nats(exponent)
    if stderr > 1:
        return f"{_nats(exponent)} ± {stderr:.2g}"
    return describe_measured(exponent, max(stderr, _FINEST))


def butterfly(layer: LayerDiagnosis) -> str:
    """Say when runs that differ by a rounding have parted; nothing if they never do."""
    if not math.isfinite(layer.separation_horizon):
        return ""
    return (
        f"a rounding error of {layer.dtype} grows to the size of the state in "
        f"{layer.separation_horizon:,.0f} steps"
    )


def describe_layer(layer: LayerDiagnosis) -> list[str]:
    """Return the lines about one layer."""
    head = (
        f"{layer.name}  {layer.kind}, {layer.hidden} units, {layer.dtype}; "
        f"{layer.sequences} sequences of {layer.steps:,} steps"
    )
    return [
        head,
        f"  verdict  {layer.verdict.value.upper()}: {headline(layer)}",
        *_listed("where", _where(layer)),
        *_listed("why", _why(layer)),
        *_listed("do", _what_to_do(layer)),
    ]


def _listed(word: str, lines: list[str]) -> list[str]:
    heads = [word, *[""] * len(lines)][: len(lines)]
    return [f"  {head:<7}  {line}" for head, line in zip(heads, lines, strict=True)]


def _where(layer: LayerDiagnosis) -> list[str]:
    half, far = (steps_back(v, layer.steps) for v in (layer.half_life, layer.horizon))
    lines = [f"half of it is left {half}, a thousandth {far}"]
    lines += _jacobians(layer)
    rounded, zero = layer.rounded_at, layer.zero_at
    if math.isfinite(rounded[layer.dtype]):
        line = f"{layer.dtype} rounds it away from lag {rounded[layer.dtype]:,.0f} on"
        if math.isfinite(zero[layer.dtype]):
            line += f", and has no number so small from lag {zero[layer.dtype]:,.0f} on"
        lines.append(line)
    if layer.zero_steps:
        lines.append(
            f"at {layer.zero_steps:,} of {layer.steps:,} steps no {layer.dtype} number "
            f"is as small as the gradient; unit {layer.last_unit} keeps one longest"
        )
    over = layer.overflow_at[layer.dtype]
    if math.isfinite(over):
        line = (
            f"{layer.dtype} overflows at lag {over:,.0f}, unit {layer.last_unit} first"
        )
        lines.append(line)
    if layer.required_lag == 0 and math.isfinite(layer.horizon):
        lines.append("if the task needs to look farther back, say `required_lag=`")
    return lines


def _jacobians(layer: LayerDiagnosis) -> list[str]:
    """Return how large the Jacobians of the farthest lag are, and how sure that is."""
    if len(layer.jacobians) < 2:
        return []
    size, error = float(layer.jacobians[-1, 1]), float(layer.jacobian_error[-1])
    far = f"{len(layer.jacobians) - 1:,}"
    sure = f", to {error:.1g} nats" if math.isfinite(error) else ""
    return [
        f"the Jacobians alone: ‖∂h_T/∂s_t‖ is {describe_gain(size)} at lag {far}{sure}"
    ]


def _why(layer: LayerDiagnosis) -> list[str]:
    lines = [*_rates(layer), *_gates(layer)]
    if layer.saturated > 0:
        lines.append(f"saturated: {100 * layer.saturated:.0f} % of slopes")
    if layer.deciding:
        lines.append(f"deciding: {layer.deciding}")
    return lines


def _rates(layer: LayerDiagnosis) -> list[str]:
    lines = []
    if math.isfinite(layer.exponent):
        shown = measured_rate(layer.exponent, layer.stderr)
        rate = describe_rate(layer.exponent).partition(" (")[0]
        lines.append(f"λ₁ = {shown} nats per step: {rate}")
    if butterfly(layer):
        lines.append(f"butterfly: {butterfly(layer)}")
    if len(layer.radii):
        radii, norms = layer.radii, layer.norms
        line = f"recurrent weights: ρ(W) = {_range(radii)}, ‖W‖ = {_range(norms)}"
        if not math.isnan(layer.kreiss):
            line += f", Kreiss constant {layer.kreiss:.3g}"
        lines.append(line)
    return lines


def _gates(layer: LayerDiagnosis) -> list[str]:
    lines = []
    for name, (low, middle, high) in layer.gates.items():
        lines.append(f"gate {name}: {middle:.2f} open, {low:.2f} to {high:.2f}")
    if len(layer.memory):
        middle = layer.memory[len(layer.memory) // 2]
        lines.append(
            f"what units keep by their gates lasts {middle:.3g} steps in the median, "
            f"{layer.memory[-1]:.3g} at most"
        )
    return lines


def _what_to_do(layer: LayerDiagnosis) -> list[str]:
    numbered = enumerate(layer.remedies, 1)
    lines = [line for i, r in numbered for line in _remedy(i, r, layer.steps)]
    return lines + _training(layer)


def _training(layer: LayerDiagnosis) -> list[str]:
    """Return what a training loop may take from the gradients."""
    lines = []
    for window, why in (
        (layer.window, "leaves out less than a tenth of the gradient"),
        (layer.noise_window, "has a bias below the noise of the minibatch"),
    ):
        if math.isfinite(window):
            whole = window >= layer.window_steps
            shown = f"more than {window:,.0f}" if whole else f"{window:,.0f}"
            lines.append(f"truncation after {shown} steps {why}")
    if math.isfinite(layer.clip_norm):
        lines.append(
            f"clipping at {layer.clip_norm:.3g} leaves nine of ten sequences alone"
        )
    return lines


def _range(values: object) -> str:
    numbers = sorted(float(v) for v in values)  # type: ignore[attr-defined]
    if len(numbers) == 1:
        return f"{numbers[0]:.3g}"
    return f"{numbers[0]:.3g} to {numbers[-1]:.3g}"


def _remedy(i: int, remedy: CheckedRemedy, steps: int) -> list[str]:
    before, after = (
        steps_back(v, steps) for v in (remedy.horizon_before, remedy.horizon_after)
    )
    return [
        f"{i}. {remedy.words}:",
        f"   on a copy {_found(remedy)}; a thousandth left {after}",
        f"   instead of {before}, λ₁ = {_nats(remedy.exponent_after)}",
    ]


def _found(remedy: CheckedRemedy) -> str:
    if remedy.whole_after is None:
        return remedy.verdict_after.value
    return f"{remedy.verdict_after.value} (the whole model: {remedy.whole_after.value})"


def _nats(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
