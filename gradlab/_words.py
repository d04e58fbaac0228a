"""Rates as people read them: "×0.58 per step: halves every 1.3 steps (−0.54 nats)"."""

import math

__all__ = ["describe_gain", "describe_measured", "describe_rate"]

_STILL = 5e-4  # nats per step; below it doubling takes over a thousand steps
_TOWER = 1e15  # an exponent beyond it is not a whole number any more
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def describe_rate(nats: float) -> str:
    """Say a growth rate in nats per step in words.

    Examples
    --------
    >>> describe_rate(-0.54)
    '×0.58 per step: halves every 1.3 steps (−0.54 nats)'
    >>> describe_rate(0.0)
    '×1 per step: neither grows nor shrinks (0 nats)'
    >>> describe_rate(-math.inf)
    '×0 per step: gone at once (−inf nats)'
    """
    tail = f"({_signed(_rounded(nats, digits=3))} nats)"
    gain = describe_gain(nats)
    if not math.isfinite(nats):
        verdict = {-math.inf: ": gone at once", math.inf: ": beyond all bounds"}
        return f"{gain} per step{verdict.get(nats, '')} {tail}"
    if abs(nats) < _STILL:
        return f"×1 per step: neither grows nor shrinks {tail}"
    steps = math.log(2) / abs(nats)
    if steps < 0.5:  # a fraction of a step says less than the factor does
        return f"{gain} per step {tail}"
    shown = _rounded(steps, digits=2)
    verb = "doubles" if nats > 0 else "halves"
    return f"{gain} per step: {verb} every {shown} step{'s'[: shown != '1']} {tail}"


def describe_gain(nats: float) -> str:
    """Say a gain given in nats as a factor, also where float64 has no such number.

    Two digits are shown, and as many more as it takes to tell the factor from 1; one
    beyond 10⁴ either way, and beyond 10¹⁰⁰ the power alone.

    Examples
    --------
    >>> describe_gain(math.log(2.5)), describe_gain(-2302.585092994046)
    ('×2.5', '×10⁻¹⁰⁰⁰')
    >>> describe_gain(-144.0)
    '×3·10⁻⁶³'
    >>> describe_gain(0.004)
    '×1.004'
    """
    if not math.isfinite(nats):
        return {math.inf: "×∞", -math.inf: "×0"}.get(nats, "×?")
    decades = nats / math.log(10)
    if abs(decades) >= 4:
        return f"×{_power(decades)}"
    gain = math.exp(nats)
    # Digits from the first one of gain to the first one of gain − 1.
    from_one = math.floor(decades) - math.floor(math.log10(abs(gain - 1) or 1.0))
    return f"×{_rounded(gain, digits=max(2, from_one + 1))}"


def describe_measured(value: float, stderr: float) -> str:
    """Say value ± standard error, both to the second digit of the error.

    Examples
    --------
    >>> describe_measured(0.15472, 0.00377), describe_measured(-1.0, math.nan)
    ('0.1547 ± 0.0038', '−1 ± unknown')
    """
    if not (math.isfinite(value) and math.isfinite(stderr) and stderr > 0):
        error = "unknown" if math.isnan(stderr) else f"{stderr:g}"
        return f"{_signed(f'{value:.6g}')} ± {error}"
    places = max(1 - math.floor(math.log10(stderr)), 0)
    return f"{_signed(f'{value:.{places}f}')} ± {stderr:.{places}f}"


def _power(decades: float) -> str:
    """Return 10 to that power in writing: "3·10⁻⁶³"."""
    if abs(decades) >= _TOWER:
        return f"10^({'−' * (decades < 0)}{_power(math.log10(abs(decades)))})"
    exponent = round(decades) if abs(decades) >= 100 else math.floor(decades)
    digit = round(10 ** (decades - exponent)) if abs(decades) < 100 else 1
    if digit == 10:
        digit, exponent = 1, exponent + 1
    power = "10" + str(exponent).translate(_RAISED)
    return power if digit == 1 else f"{digit}·{power}"


def _rounded(number: float, *, digits: int) -> str:
    """Return `number` to so many digits or to a whole number, without an exponent."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    places = max(digits - 1 - math.floor(math.log10(abs(number))), 0)
    text = f"{number:.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def _signed(text: str) -> str:
    return text.replace("-", "−")
