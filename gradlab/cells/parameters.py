"""Weights of a cell with K gates: W_hh (K n, n), W_hx (K n, m), biases (K n,)."""

from gradlab._checks import require_parameter
from gradlab.errors import ShapeError
from gradlab.typing import Array

__all__ = ["require_bias", "require_weights"]


def require_weights(W_hh: object, W_hx: object, *, gates: int) -> tuple[Array, Array]:
    """Return read-only copies of W_hh (gates·n, n) and W_hx (gates·n, m), n ≥ 1."""
    rows = _rows(gates)
    recurrent = require_parameter("W_hh", W_hh, f"({rows}, n)")
    count, n = recurrent.shape
    if count != gates * n:
        raise ShapeError("W_hh", f"({rows}, n)", recurrent.shape)
    if n == 0:
        raise ShapeError("W_hh", f"({rows}, n) with n >= 1", recurrent.shape)
    inputs = require_parameter("W_hx", W_hx, f"({rows}, m)", sizes={rows: count})
    return recurrent, inputs


def require_bias(name: str, bias: object, W_hh: Array, *, gates: int) -> Array:
    """Return a read-only copy of a bias (gates·n,) that fits W_hh."""
    rows = _rows(gates)
    return require_parameter(name, bias, f"({rows},)", sizes={rows: len(W_hh)})


def _rows(gates: int) -> str:
    return "n" if gates == 1 else f"{gates}n"
