"""A training run on a screen of text: norms, then every layer's reach back in time."""

import math

import numpy as np

from gradlab._words import describe_gain, describe_rate
from gradlab.cli.curves import Signs, curve, name_shown
from gradlab.studies import MonitorLog
from gradlab.typing import Vector

__all__ = ["sample_line", "screen"]

_SHOWN_LAGS = (1, 4, 16, 64, 256, 1024, 4096)
_LOWEST = math.log(1e-6)  # of what is left, on the small curve
_EVENTS = 3
_LABEL = 10


def screen(log: MonitorLog, signs: Signs, *, width: int, height: int) -> list[str]:
    """Return the lines of a screen, none longer than it is wide, none below it."""
    head = [_head(log, signs), *_norms(log, signs, width)]
    tail = _events(log)
    room = height - 1 - len(head) - len(tail)
    lines = head + _layers(log, signs, width, room) + tail
    plain = [_ascii(line) if signs.minus == "-" else line for line in lines]
    return [line[:width].rstrip() for line in plain]


def sample_line(log: MonitorLog, k: int, signs: Signs) -> str:
    """Return one sample in one line, for a pipe."""
    parts = [f"step {int(log.step[k]):,}"]
    if math.isfinite(log.loss[k]):
        parts.append(f"loss {log.loss[k]:.4g}")
    parts.append(f"{signs.norm} {log.norm[k]:.3g}")
    for i, name in enumerate(log.layers):
        if not math.isnan(log.horizon[k, i]):
            rate = f"{log.exponent[k, i]:.3g}".replace("-", signs.minus)
            reach = _steps(float(log.horizon[k, i]), signs)
            parts.append(
                f"{name_shown(name)}: horizon {reach}, {signs.exponent} {rate}"
            )
    return "  ".join(parts)


def _head(log: MonitorLog, signs: Signs) -> str:
    if not len(log):
        return f"{name_shown(log.model)}: no sample yet"
    parts = [name_shown(log.model), f"step {int(log.step[-1]):,}"]
    for word, value in (("loss", log.loss[-1]), ("rate", log.rate[-1])):
        if math.isfinite(value):
            parts.append(f"{word} {value:.4g}".replace("-", signs.minus))
    parts.append(f"{log.seconds[-1]:,.0f} s")
    return "   ".join(parts)


def _norms(log: MonitorLog, signs: Signs, width: int) -> list[str]:
    if not len(log):
        return []
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(log.median)
    words = f"{log.norm[-1]:.3g}"
    if math.isfinite(log.largest[-1]):
        words += f", median {log.median[-1]:.3g}, largest {log.largest[-1]:.3g}"
    if math.isfinite(log.clipped[-1]):
        words += f", {100 * log.clipped[-1]:.0f} % above {log.threshold:g}"
    return [_row(signs.norm, logs, words, signs, width)]


def _layers(log: MonitorLog, signs: Signs, width: int, room: int) -> list[str]:
    """Return four lines for every layer, as many layers as there is room for."""
    fits = max(room // 5, 1)
    lines: list[str] = []
    for i, name in enumerate(log.layers[:fits]):
        lines += ["", name_shown(name), *_layer(log, i, signs, width)]
    if len(log.layers) > fits:
        lines.append(f"and {len(log.layers) - fits} more")
    return lines


def _layer(log: MonitorLog, i: int, signs: Signs, width: int) -> list[str]:
    horizon, exponent = log.horizon[:, i], log.exponent[:, i]
    reach = " ".join(
        [_steps(_first(horizon), signs), signs.arrow, _steps(_last(horizon), signs)]
    )
    return [
        _row("  horizon", horizon, f"{reach} steps back", signs, width),
        _row(
            f"  {signs.exponent}",
            exponent,
            describe_rate(_last(exponent)).partition(" (")[0],
            signs,
            width,
        ),
        _profile(log, i, signs, width),
    ]


def _profile(log: MonitorLog, i: int, signs: Signs, width: int) -> str:
    """Return what is left now, against lags whose logarithms are evenly spread."""
    known = np.flatnonzero(~np.isnan(log.left[:, i]).all(axis=1))
    if not len(known):
        return "  left"
    left = log.left[known[-1], i]
    told = ~np.isnan(left)
    lags, left = log.lags[told], np.maximum(left[told], 2 * _LOWEST)
    shown = curve(left, signs, width=_space(width), low=_LOWEST, high=0.0)
    words = [
        f"{describe_gain(float(log.left[known[-1], i][told][k]))} at {lags[k]:,}"
        for k in np.flatnonzero(np.isin(lags, _SHOWN_LAGS))
    ]
    return _joined("  left", shown, ", ".join(words), width)


def _events(log: MonitorLog) -> list[str]:
    lines = []
    if log.events:
        count = int(log.non_finite[-1]) if len(log) else len(log.events)
        lines = ["", f"steps that were not finite: {max(count, len(log.events)):,}"]
        lines += [f"! {event.describe()}" for event in log.events[-_EVENTS:]]
    lines += [f"note: {caveat}" for caveat in log.caveats[-_EVENTS:]]
    if log.unreadable:
        lines.append(f"note: {log.unreadable:,} lines of the log cannot be read")
    return [name_shown(line) for line in lines]


def _row(label: str, values: Vector, words: str, signs: Signs, width: int) -> str:
    shown = curve(values, signs, width=_space(width))
    return _joined(label, shown, words, width)


def _joined(label: str, shown: str, words: str, width: int) -> str:
    return f"{label:<{_LABEL}} {shown:<{_space(width)}} {words}"


def _space(width: int) -> int:
    return max((width - _LABEL) // 4, 8)


def _steps(horizon: float, signs: Signs) -> str:
    if math.isnan(horizon):
        return "?"
    return signs.beyond if math.isinf(horizon) else f"{horizon:.3g}"


def _first(values: Vector) -> float:
    known = values[~np.isnan(values)]
    return float(known[0]) if len(known) else math.nan


def _last(values: Vector) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else math.nan


def _ascii(line: str) -> str:
    """Return a line without the signs of the words that go into it."""
    return line.replace("×", "x").replace("−", "-").replace("∞", "inf")
