"""Floats as integers: every finite float64 is m 2^e with whole m, so sums are exact."""

import numpy as np

from gradlab.typing import Array

__all__ = ["exact_product", "whole"]


def whole(matrix: Array) -> tuple[Array, int]:
    """Return an array of Python integers and a power e: the float array times 2^−e."""
    mantissa, exponent = np.frexp(matrix)
    least = int(exponent[mantissa != 0].min(initial=1100))
    wide = (mantissa * 2.0**53).astype(np.int64).astype(object)
    shift = np.where(mantissa != 0, exponent - least, 0).astype(object)
    return wide << shift, least - 53


def exact_product(A: Array, B: Array) -> tuple[Array, int]:
    """Return A B of float arrays as (float array, power of two), rounded only once."""
    A_whole, A_power = whole(A)
    B_whole, B_power = whole(B)
    product = np.asarray(A_whole @ B_whole)
    bits = max((abs(entry).bit_length() for entry in product.flat), default=0)
    rounded = np.array([entry / 2**bits for entry in product.flat], dtype=np.float64)
    return rounded.reshape(product.shape), A_power + B_power + bits
