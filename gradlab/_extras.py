"""Optional libraries: imported in the one file that needs them, or asked for."""

import importlib
from types import ModuleType

from gradlab.errors import MissingExtraError

__all__ = ["require"]


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional module, or say how to get it.

    Raises
    ------
    MissingExtraError
        If the module is not installed.  A module that is there and broken raises its
        own error.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise MissingExtraError(module, extra) from error
