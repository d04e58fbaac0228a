"""Where things are: scripts, data, what is kept for good, figures, generated TeX."""

import pathlib

__all__ = [
    "DATA",
    "FIGURES",
    "GENERATED",
    "KEPT",
    "PACKAGE",
    "ROOT",
    "SCRIPTS",
    "STAMPS",
]

SCRIPTS = pathlib.Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
PACKAGE = ROOT / "gradlab"
DATA = SCRIPTS / "data"
KEPT = SCRIPTS / "kept"
STAMPS = DATA / "stamps"
FIGURES = ROOT / "paper" / "figures"
GENERATED = ROOT / "paper" / "generated"
