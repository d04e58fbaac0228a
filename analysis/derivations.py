r"""Formulas become macros: paper/generated/derivations.tex, one ``\derive{key}`` each.

All of them are derived from the cells' own steps, or proved, by `gradlab.symbolic`.
"""

import pathlib

from analysis.paths import GENERATED
from analysis.script import run_drawing
from gradlab.symbolic import DERIVATIONS, derivation, to_latex

NEEDS = ()


def main() -> list[pathlib.Path]:
    parts = [part for name in DERIVATIONS for part in derivation(name)]
    lines = [
        f"\\expandafter\\def\\csname derive@{part.key}\\endcsname{{{to_latex(part)}}}"
        for part in parts
    ]
    GENERATED.mkdir(parents=True, exist_ok=True)
    path = GENERATED / "derivations.tex"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [path]


if __name__ == "__main__":
    run_drawing(main)
