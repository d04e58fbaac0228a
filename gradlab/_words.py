"""Rates as people read them: "×0.58 per step: halves every 1.3 steps (−0.54 nats)"."""

import math

__all__ = ["describe_gain", "describe_rate"]

_STILL = 5e-4  # nats per step; below it doubling takes over a thousand steps


def describe_rate(nats: float) -> str:
    """Say a growth rate in nats per step in words.

    Examples
    --------
    >>> describe_rate(math.log(0.5))
    '×0.5 per step: halves every 1 step (−0.693 nats)'
    >>> describe_rate(0.0)
    '×1 per step: neither grows nor shrinks (0 nats)'
    >>> describe_rate(-math.inf)
    '×0 per step: gone at once (−inf nats)'
    """
    tail = f"({_signed(nats)} nats)"
    if nats == -math.inf:
        return f"×0 per step: gone at once {tail}"
    if abs(nats) < _STILL:
        return f"×1 per step: neither grows nor shrinks {tail}"
    steps = math.log(2) / abs(nats)
    unit = "step" if f"{steps:.3g}" == "1" else "steps"
    verb = "doubles" if nats > 0 else "halves"
    return f"{describe_gain(nats)} per step: {verb} every {steps:.3g} {unit} {tail}"


def describe_gain(nats: float) -> str:
    """Say a gain given in nats as a factor, also where float64 has no such number.

    Examples
    --------
    >>> describe_gain(math.log(2.5)), describe_gain(-2302.585092994046)
    ('×2.5', '×10^−1000')
    """
    if nats == -math.inf:
        return "×0"
    decades = nats / math.log(10)
    if abs(decades) < 4:
        return f"×{math.exp(nats):.3g}"
    return f"×10^{_signed(round(decades, 1))}"


def _signed(number: float) -> str:
    return f"{number:.3g}".replace("-", "−") if abs(number) < 1e3 else _whole(number)


def _whole(number: float) -> str:
    return f"{number:.0f}".replace("-", "−")
