"""How a report writes numbers, lags and names: short, signed as in print, never NaN."""

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from gradlab._words import describe_gain
from gradlab.studies import LayerDiagnosis
from gradlab.studies.diagnosis.words import measured_rate

__all__ = ["a_gain", "a_lag", "a_number", "a_rate", "presentable", "signed"]

_LONGEST = {"model": 80, "name": 80, "dtype": 20, "kind": 40, "activation": 40}
_LONG = 400  # characters of anything else, such as a caveat that names modules

T = TypeVar("T")


def signed(text: str) -> str:
    """Return the text with a minus sign where a hyphen stands before a digit.

    Examples
    --------
    >>> signed("λ₁ is -0.42, in layer-1")
    'λ₁ is −0.42, in layer-1'
    """
    return re.sub(r"(?<![\w-])-(?=\d)", "−", text)


def a_number(value: float, digits: int = 3) -> str:
    """Return a number, or a dash where there is none.

    Examples
    --------
    >>> a_number(-0.42345), a_number(math.inf), a_number(math.nan)
    ('−0.423', '∞', '–')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return signed(f"{value:.{digits}g}")


def a_rate(value: float, stderr: float) -> str:
    """Return a rate with its standard error, where it has one.

    Examples
    --------
    >>> a_rate(-0.42345, 0.0031), a_rate(-0.42345, math.nan)
    ('−0.4234 ± 0.0031', '−0.423')
    """
    if not (math.isfinite(value) and math.isfinite(stderr)):
        return a_number(value)
    return measured_rate(value, stderr)


def a_gain(nats: float) -> str:
    """Return a gain in nats as a factor, or a dash where there is none.

    Examples
    --------
    >>> a_gain(-144.0), a_gain(math.nan)
    ('3·10⁻⁶³', '–')
    """
    return "–" if math.isnan(nats) else describe_gain(nats).removeprefix("×")


def a_lag(lag: float, layer: LayerDiagnosis) -> str:
    """Return a lag in steps, or that it lies beyond the sequences of the layer."""
    if math.isnan(lag):
        return "–"
    if math.isinf(lag):
        return f">\u00a0{len(layer.profile) - 1:,}"
    return f"{lag:.1f}" if lag < 10 and lag % 1 else f"{lag:,.0f}"


def presentable(result: T) -> T:
    r"""Return a result with every text in it on one line, printable, and not too long.

    A model gives its layers any names it likes: with line breaks in them that would
    forge a verdict, with escapes for a terminal, of any length.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Named:
    ...     name: str
    >>> presentable(Named("lstm\n  verdict  HEALTHY\x1b[2J")).name
    'lstm verdict HEALTHY[2J'
    """
    names = [field.name for field in dataclasses.fields(result)]  # type: ignore[arg-type]
    changes = {name: _cleaned(getattr(result, name), name) for name in names}
    return dataclasses.replace(result, **changes)  # type: ignore[type-var]


def _cleaned(value: Any, field: str) -> Any:
    match value:
        case str():
            return _text(value, _LONGEST.get(field, _LONG))
        case tuple():
            return tuple(_cleaned(entry, field) for entry in value)
        case Mapping():
            return {
                _text(str(key), _LONG): _cleaned(entry, field)
                for key, entry in value.items()
            }
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return presentable(value)
        case _:
            return value


def _text(text: str, longest: int) -> str:
    # What is far beyond the cut is not even looked at: it may be very long.
    words = text[: 10 * longest].split()
    kept = "".join(c for c in " ".join(words) if c.isprintable())
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"
