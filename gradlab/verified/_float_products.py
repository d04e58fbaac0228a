"""Products in a balanced tree: errors pass log₂T multiplications instead of T.

Multiplied one after another, the error made at step t is carried on by the factors' own
norms, and outgrows the product like Π‖J_t‖/‖Π J_t‖: exponentially in T.  Two halves P
and Q of a long product are each as good as their own norms, and lose ‖Q‖‖P‖/‖QP‖ when
they meet; that is a constant for each level, so the loss is a power of T and float64
has room for it.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.linalg.arithmetic import ETA, Arithmetic
from gradlab.linalg.outward import frobenius_above, norm_roughly_above
from gradlab.linalg.powers_of_two import split_power, up_ldexp
from gradlab.linalg.rounding import mm, up_add, up_mul
from gradlab.typing import Array, Factors, Matrix

__all__ = ["FloatProduct", "power_in_float64", "product_in_float64"]


@final
@dataclass(frozen=True, eq=False)
class FloatProduct:
    """A product within `error` of mantissa · 2^exponent, both times 2^exponent.

    Attributes
    ----------
    mantissa : (n, n) array
    error : float
        At least the Frobenius norm of what is missing from the mantissa.
    exponent : int
    """

    mantissa: Matrix
    error: float
    exponent: int


def product_in_float64(stack: Factors, arithmetic: Arithmetic) -> FloatProduct:
    """Return J_T ⋯ J_1 for a stack (T, n, n), T ≥ 1, with a bound on the error.

    With ‖A − Â‖_F ≤ a and ‖B − B̂‖_F ≤ b, ‖BA − fl(B̂Â)‖_F is at most the rounding of
    the product plus ‖B̂‖₂ a + b (‖Â‖₂ + a).
    """
    nodes, exponents = split_power(stack)
    errors = np.full(len(stack), float(up_mul(ETA, stack.shape[-1])))
    exponents = exponents.astype(np.int64)
    while len(nodes) > 1:
        nodes, errors, exponents = _paired(nodes, errors, exponents, arithmetic)
    return FloatProduct(nodes[0], float(errors[0]), int(exponents[0]))


def power_in_float64(A: Matrix, T: int, arithmetic: Arithmetic) -> FloatProduct:
    """Return A^T for T ≥ 1 by squaring, with a bound on the error."""
    square = product_in_float64(A[None], arithmetic)
    power = None
    while T:
        if T & 1:
            power = square if power is None else _times(square, power, arithmetic)
        T >>= 1
        if T:
            square = _times(square, square, arithmetic)
    return square if power is None else power


def _times(
    late: FloatProduct, early: FloatProduct, arithmetic: Arithmetic
) -> FloatProduct:
    pair = (early, late)
    node, error, exponent = _paired(
        np.stack([one.mantissa for one in pair]),
        np.array([one.error for one in pair]),
        np.array([one.exponent for one in pair]),
        arithmetic,
    )
    return FloatProduct(node[0], float(error[0]), int(exponent[0]))


def _paired(
    nodes: Array, errors: Array, exponents: Array, arithmetic: Arithmetic
) -> tuple[Array, Array, Array]:
    """Return the next level of the tree: neighbours multiplied, an odd one kept."""
    pairs = len(nodes) >> 1 << 1
    (early, late), (a, b) = ((x[0:pairs:2], x[1:pairs:2]) for x in (nodes, errors))
    product, rounding = mm(late, early, arithmetic)
    sizes = norm_roughly_above(nodes, arithmetic)
    first, second = sizes[0:pairs:2], sizes[1:pairs:2]
    carried = up_add(up_mul(second, a), up_mul(b, up_add(first, a)))
    total = up_add(frobenius_above(rounding, arithmetic), carried)
    scaled, shift = split_power(product)
    lost = up_mul(ETA, nodes.shape[-1])
    error = up_add(up_ldexp(total, -shift), lost)
    exponent = exponents[0:pairs:2] + exponents[1:pairs:2] + shift
    return (
        np.concatenate([scaled, nodes[pairs:]]),
        np.concatenate([error, errors[pairs:]]),
        np.concatenate([exponent, exponents[pairs:]]),
    )
