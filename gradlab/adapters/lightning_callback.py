"""What a Lightning callback is made of: its base class, and the scaler of a trainer."""

import importlib
import importlib.util
from typing import Any

__all__ = ["callback_base", "scaler_of"]

_HOMES = ("lightning.pytorch", "pytorch_lightning")


def callback_base() -> type:
    """Return Lightning's ``Callback``, or ``object`` where Lightning is not installed.

    A trainer calls its callbacks by the names of their methods; the base class has the
    ones that are not overridden.

    Examples
    --------
    >>> isinstance(callback_base(), type)
    True
    """
    for home in _HOMES:
        if importlib.util.find_spec(home.partition(".")[0]) is not None:
            return importlib.import_module(home).Callback
    return object


def scaler_of(trainer: Any) -> Any:
    """Return the GradScaler of a trainer in half precision, None of any other.

    Examples
    --------
    >>> scaler_of(object()) is None
    True
    """
    for name in ("precision_plugin", "strategy"):
        part = getattr(trainer, name, None)
        part = getattr(part, "precision_plugin", part)
        scaler = getattr(part, "scaler", None)
        if scaler is not None:
            return scaler
    return None
