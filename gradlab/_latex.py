"""Text that LaTeX prints as it is: every special character is escaped."""

import re

__all__ = ["latex_escaped"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    # What inputenc does not know, and reports are full of.
    "λ": r"\ensuremath{\lambda}",
    "ρ": r"\ensuremath{\rho}",
    "σ": r"\ensuremath{\sigma}",
    "φ": r"\ensuremath{\varphi}",
    "∂": r"\ensuremath{\partial}",
    "‖": r"\ensuremath{\Vert}",
    "∞": r"\ensuremath{\infty}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
    "…": r"\ldots{}",
    "₁": r"\ensuremath{_1}",
    "₂": r"\ensuremath{_2}",
    "→": r"\ensuremath{\rightarrow}",
    "√": r"\ensuremath{\surd}",
    "·": r"\ensuremath{\cdot}",
    "–": "--",
    "“": "``",
    "”": "''",
}
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_KNOWN = set(map(chr, range(0x20, 0x7F))) | set(map(chr, range(0xA0, 0x180)))


def latex_escaped(text: str) -> str:
    r"""Return text that LaTeX prints as it is; characters it does not know as U+….

    Examples
    --------
    >>> print(latex_escaped(r"50% of \input{x}"))
    50\% of \textbackslash{}input\{x\}
    >>> print(latex_escaped("3·10⁻⁶³"))
    3\ensuremath{\cdot}10\ensuremath{^{-63}}
    """
    line, done = " ".join(text.split()), 0
    parts: list[str] = []
    for power in _POWER.finditer(line):
        parts += map(_character, line[done : power.start()])
        parts.append(rf"\ensuremath{{^{{{power[0].translate(_RAISED)}}}}}")
        done = power.end()
    return "".join([*parts, *map(_character, line[done:])])


def _character(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c in _KNOWN:
        return c
    return f"U+{ord(c):04X}" if c.isprintable() else ""
