"""What a GradScaler multiplied a loss by, and whether gradients still have that."""

from typing import Any

from gradlab.errors import InputTypeError

__all__ = ["gradient_scale", "loss_scale"]


def loss_scale(scaler: Any) -> float:
    """Return the factor that a loss is multiplied by before it is taken back.

    Parameters
    ----------
    scaler : torch.amp.GradScaler or None

    Raises
    ------
    InputTypeError
        If it has no ``get_scale``.

    Examples
    --------
    >>> loss_scale(None)
    1.0
    """
    if scaler is None:
        return 1.0
    if not hasattr(scaler, "get_scale"):
        message = f"`scaler` must be a torch.amp.GradScaler; got {scaler!r}."
        raise InputTypeError(message)
    return float(scaler.get_scale())


def gradient_scale(scaler: Any, optimizer: Any) -> float:
    """Return the factor that ``.grad`` has now: 1 once ``unscale_`` was called.

    torch tells nobody whether it was; the scaler's own note of it is read where there
    is one.
    """
    scale = loss_scale(scaler)
    states = getattr(scaler, "_per_optimizer_states", {})
    stage = states.get(id(optimizer), {}).get("stage") if states else None
    return 1.0 if getattr(stage, "name", "") == "UNSCALED" else scale
