"""Where things are: the scripts, the stored data, the figures, the generated TeX."""

import pathlib

__all__ = ["DATA", "FIGURES", "GENERATED", "PACKAGE", "ROOT", "SCRIPTS", "STAMPS"]

SCRIPTS = pathlib.Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
PACKAGE = ROOT / "gradlab"
DATA = SCRIPTS / "data"
STAMPS = DATA / "stamps"
FIGURES = ROOT / "paper" / "figures"
GENERATED = ROOT / "paper" / "generated"
