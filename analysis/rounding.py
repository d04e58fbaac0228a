"""Numbers as they are printed, in TeX and text: two digits of the standard error."""

import dataclasses
import math
from dataclasses import dataclass

__all__ = ["Number", "count", "gain", "measured", "plain_text", "rate", "rounded"]


@dataclass(frozen=True)
class Number:
    r"""One number: its key in ``\val{key}``, TeX, plain text, meaning; shown or not."""

    key: str
    tex: str
    plain: str
    meaning: str = ""

    @property
    def shown(self) -> bool:
        """Whether the table at the end of a build has it: it needs a meaning."""
        return bool(self.meaning)


def measured(
    key: str, value: float, stderr: float, meaning: str = "", unit: str = ""
) -> Number:
    """Return value ± error, both to the second digit of the error.

    Examples
    --------
    >>> measured("x", 0.15472, 0.00377).plain
    '0.1547 ± 0.0038'
    >>> measured("x", -1234.5, 67.8).plain
    '−1,234 ± 68'
    """
    if not (math.isfinite(value) and math.isfinite(stderr) and stderr > 0):
        return rounded(key, value, 3, meaning, unit)
    places = max(1 - math.floor(math.log10(stderr)), 0)
    body, error = f"{value:,.{places}f}", f"{stderr:,.{places}f}"
    return _number(key, f"{body} ± {error}", meaning, unit)


def rounded(
    key: str, value: float, digits: int = 3, meaning: str = "", unit: str = ""
) -> Number:
    """Return a number to so many significant digits; powers of ten where it is far.

    Examples
    --------
    >>> [rounded("x", v).plain for v in (-744.44, 0.0312345, 2.5e-13, -math.inf)]
    ['−744', '0.0312', '2.5 × 10^−13', '−∞']
    """
    if not math.isfinite(value):
        shown = "undefined" if math.isnan(value) else ("−∞" if value < 0 else "∞")
        return _number(key, shown, meaning, unit)
    if value == 0 or 1e-4 <= abs(value) < 1e7:
        size = 0 if value == 0 else math.floor(math.log10(abs(value)))
        body = f"{value:,.{max(digits - 1 - size, 0)}f}"
    else:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        body = f"{mantissa} × 10^{int(exponent)}"
    return _number(key, body, meaning, unit)


def rate(key: str, value: float, stderr: float, meaning: str = "") -> Number:
    """Return a rate; its plain form begins with what one step multiplies by.

    Examples
    --------
    >>> rate("x", -0.6931, 0.0012).plain
    '×0.5 per step (−0.6931 ± 0.0012 nats)'
    """
    number = measured(key, value, stderr, meaning)
    plain = f"×{math.exp(value):.3g} per step ({number.plain} nats)"
    return dataclasses.replace(number, plain=plain)


def gain(key: str, nats: float, meaning: str = "") -> Number:
    """Return a gain in nats; its plain form begins with the power of ten it is.

    Examples
    --------
    >>> gain("x", -681.1).plain
    '×10^−296 (−681 nats)'
    """
    number = rounded(key, nats, 3, meaning)
    decades = f"{nats / math.log(10):.0f}".replace("-", "−")
    plain = f"×10^{decades} ({number.plain} nats)"
    return dataclasses.replace(number, plain=plain)


def count(key: str, value: int, meaning: str = "", unit: str = "") -> Number:
    r"""Return a whole number with commas between thousands.

    Examples
    --------
    >>> count("x", 12000).tex
    '\\ensuremath{12{,}000}'
    """
    return _number(key, f"{int(value):,}", meaning, unit)


def plain_text(key: str, words: str, meaning: str = "") -> Number:
    r"""Return words, with what TeX would read as a command made plain.

    Examples
    --------
    >>> print(plain_text("x", "50% of a_b").tex)
    50\% of a\_b
    """
    return Number(key, "".join(_SPECIAL.get(c, c) for c in words), words, meaning)


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{c: f"\\{c}" for c in "%#&_${}"},
}


def _number(key: str, body: str, meaning: str, unit: str) -> Number:
    """Return a number from its plain form, with true minus signs in both forms."""
    tex = body.replace(",", "{,}").replace("±", r"\pm").replace("∞", r"\infty")
    tex = tex.replace("−", "-").replace("undefined", r"\text{undefined}")
    if "10^" in tex:
        mantissa, exponent = tex.split(" × 10^")
        tex = rf"{mantissa}\times10^{{{exponent}}}"
    plain = body.replace("-", "−") + (f" {unit}" if unit else "")
    return Number(key, rf"\ensuremath{{{tex}}}", plain, meaning)
