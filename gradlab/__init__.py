"""gradlab: exploding and vanishing gradients through time, computed exactly.

The rooms (``gradlab.cells``, ``gradlab.dynamics``, …), and those of their names that
stand here too, load when first used: ``import gradlab`` costs next to nothing.
"""

import importlib
from typing import Any

from gradlab._version import VERSION as __version__

__all__ = ["__version__"]

_ROOMS = (
    "adapters",
    "algebra",
    "bounds",
    "butterfly",
    "cells",
    "checkpoints",
    "datasets",
    "dynamics",
    "exponents",
    "gradients",
    "linalg",
    "meanfield",
    "objectives",
    "plots",
    "remedies",
    "report",
    "studies",
    "sweeps",
    "symbolic",
    "testing",
    "verified",
)
_NAMES = {
    "GradientMonitor": "studies",
    "audit_initialisation": "studies",
    "diagnose": "report",
}


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"gradlab.{_NAMES[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"gradlab.{name}")
    message = f"module 'gradlab' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*__all__, *_NAMES, *_ROOMS])
