"""``gradlab derive``: Jacobians, sums through time and bifurcations as formulas."""

import argparse
import textwrap

from gradlab.cli.terminal import say
from gradlab.symbolic import DERIVATIONS, derivation, to_latex, to_text

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "subject",
        choices=tuple(DERIVATIONS),
        help="a cell, backpropagation through time (bptt), one unit h' = φ(w h + b) "
        "(scalar), or conditions of stability",
    )
    parser.add_argument(
        "--latex", action="store_true", help="write LaTeX instead of plain text"
    )
    parser.epilog = (
        "Every formula is derived on the spot from the step that runs in floats.\n\n"
        "examples:\n"
        "  gradlab derive lstm\n"
        "  gradlab derive scalar --latex"
    )


def execute(options: argparse.Namespace) -> int:
    """Print what is derived of a subject."""
    for place, found in enumerate(derivation(options.subject)):
        if place:
            print()
        if options.latex:
            print(f"% {found.key}: {found.words}")
            print(to_latex(found))
        else:
            say(f"{found.words}:")
            print(textwrap.indent(to_text(found), "  "))
    return 0
