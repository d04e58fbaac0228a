"""Other libraries' recurrent cells as gradlab's own, weight for weight."""

from gradlab.adapters.jax_cell import from_jax
from gradlab.adapters.torch_cell import from_torch

__all__ = ["from_jax", "from_torch"]
