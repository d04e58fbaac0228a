"""Scalars for TensorBoard, through torch's writer or any other with ``add_scalar``."""

import math
import os
from collections.abc import Mapping
from typing import Any, final

from gradlab._extras import require
from gradlab.errors import InputTypeError

__all__ = ["TensorBoard"]


@final
class TensorBoard:
    """Where scalars go.

    Parameters
    ----------
    target : writer, path or True
        An object with ``add_scalar(tag, value, step)``, which is left open; or the
        folder of a new ``torch.utils.tensorboard.SummaryWriter``, True for its own.

    Raises
    ------
    MissingExtraError
        If a writer is to be made and TensorBoard is not installed.
    InputTypeError
        If it is none of these.

    Examples
    --------
    >>> class Printed:
    ...     def add_scalar(self, tag, value, step):
    ...         print(tag, value, step)
    >>> TensorBoard(Printed()).write({"norm": 2.0, "horizon": float("inf")}, 50)
    gradlab/norm 2.0 50
    """

    def __init__(self, target: Any) -> None:
        self._is_ours = not hasattr(target, "add_scalar")
        self._writer = _made(target) if self._is_ours else target

    def write(self, scalars: Mapping[str, float], step: int) -> None:
        """Write the finite ones, each under ``gradlab/<name>``."""
        for name, value in scalars.items():
            if math.isfinite(value):
                self._writer.add_scalar(f"gradlab/{name}", value, step)

    def close(self) -> None:
        """Close the writer if it was made here."""
        if self._is_ours:
            self._writer.close()


def _made(target: Any) -> Any:
    folder = None if target is True else target
    if folder is not None and not isinstance(folder, str | os.PathLike):
        message = (
            "`tensorboard` must be True, a folder, or a writer with add_scalar; "
            f"got {target!r}."
        )
        raise InputTypeError(message)
    require("tensorboard", extra="tensorboard")
    writers = require("torch.utils.tensorboard", extra="torch")
    return writers.SummaryWriter(folder)
