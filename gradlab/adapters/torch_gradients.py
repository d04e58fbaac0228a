"""‖g‖₂ of a model's gradients as they lie in ``.grad``, at any size, and what is lost.

A norm is first taken in the gradients' own precision.  Only where that leaves its range
is it taken again as m ‖g/m‖ in float64, m the largest entry.
"""

import math
from collections.abc import Iterable
from typing import Any

from gradlab._extras import require

__all__ = ["gradient_norm", "gradient_norms", "non_finite_gradients"]

_SMALL = 1e-18  # below it the squares of float32 lose digits, or are 0


def gradient_norm(parameters: Iterable[Any]) -> float:
    """Return ‖g‖₂ over all parameters together; NaN or inf where an entry is.

    Parameters
    ----------
    parameters : iterable of torch.nn.Parameter
        Those without a gradient are passed over.

    Examples
    --------
    >>> import torch
    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> weight.grad = torch.tensor([3e30, 4e30])  # float32 has no square of them
    >>> round(gradient_norm([weight]) / 1e30, 6)
    5.0
    """
    torch = require("torch", extra="torch")
    gradients = [_values(p.grad) for p in parameters if p.grad is not None]
    if not gradients:
        return 0.0
    with torch.no_grad():
        own = [torch.linalg.vector_norm(g, dtype=_wide(g)) for g in gradients]
        total = _together(own)
        if _SMALL < total < math.inf:
            return total
        sizes = [float(g.abs().max()) for g in gradients if g.numel()]
        largest = max(sizes, default=0.0)
        if not 0.0 < largest < math.inf:
            return total if math.isnan(total) else largest
        scaled = [
            torch.linalg.vector_norm(g.to(torch.float64) / largest) for g in gradients
        ]
        return largest * _together(scaled)


def gradient_norms(named: Iterable[tuple[str, Any]]) -> dict[str, float]:
    """Return ‖g‖₂ by the name of the parameter, for those that have a gradient."""
    return {name: gradient_norm([p]) for name, p in named if p.grad is not None}


def non_finite_gradients(named: Iterable[tuple[str, Any]]) -> list[str]:
    """Return the names of the parameters whose gradient has a NaN or an infinity."""
    torch = require("torch", extra="torch")
    return [
        name
        for name, p in named
        if p.grad is not None and not bool(torch.isfinite(_values(p.grad)).all())
    ]


def _values(gradient: Any) -> Any:
    return gradient.coalesce().values() if gradient.is_sparse else gradient.detach()


def _wide(gradient: Any) -> Any:
    """Return the precision that a norm is first taken in: at least float32."""
    torch = require("torch", extra="torch")
    return torch.promote_types(gradient.dtype, torch.float32)


def _together(norms: list[Any]) -> float:
    """Return the norm of norms, which may lie on several devices."""
    torch = require("torch", extra="torch")
    device = norms[0].device
    alone = torch.stack([norm.to(device, torch.float64) for norm in norms])
    return float(torch.linalg.vector_norm(alone))
