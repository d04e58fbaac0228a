"""torch on one thread for a benchmark, or a line that says it is left out."""

from typing import Any

from gradlab._extras import require
from gradlab.errors import MissingExtraError

__all__ = ["torch_on_one_thread"]


def torch_on_one_thread(benchmark: str) -> Any:
    """Return torch; where it is not installed, say what is left out and return None."""
    try:
        torch = require("torch", extra="torch")
    except MissingExtraError as error:
        print(f"{benchmark}: left out. {error}")
        return None
    torch.set_num_threads(1)
    return torch
