"""Arithmetic that breaks the presumed bounds is found, and NumPy's own passes."""

import math

import numpy as np
import pytest

from gradlab.linalg import arithmetic
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic, fault


def adds_at_one_entry(X, Y):
    C = np.matmul(X, Y)
    C[..., 0, 0] += 1e-3
    return C


def in_single_precision(X, Y):
    # Scales of 2^±200 overflow in float32, quietly.
    if np.iscomplexobj(X):
        return np.matmul(X, Y)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.matmul(X.astype(np.float32), Y.astype(np.float32)).astype(float)


def with_short_mantissas(X, Y):
    """Return the product of operands rounded to 11 bits, as TF32 does."""
    if np.iscomplexobj(X):
        return np.matmul(X, Y)
    short = [
        np.ldexp(np.rint(np.frexp(A)[0] * 2**11), np.frexp(A)[1] - 11) for A in (X, Y)
    ]
    return np.matmul(*short)


def by_strassen(A, B):
    """Return AB by seven products of halves: entries of different sizes are mixed."""
    m, k, n = (size // 2 for size in (*A.shape, B.shape[1]))
    if (2 * m, 2 * k, 2 * n) != (*A.shape, B.shape[1]):
        return np.matmul(A, B)
    (a, b), (c, d) = ((A[i, :k], A[i, k:]) for i in (slice(m), slice(m, None)))
    (e, f), (g, h) = ((B[i, :n], B[i, n:]) for i in (slice(k), slice(k, None)))
    p = (a + d) @ (e + h)
    q, r = d @ (g - e), a @ (f - h)
    s, t = (a + b) @ h, (c + d) @ e
    top = [p + q - s + (b - d) @ (g + h), r + s]
    return np.block([top, [t + q, p + r - t + (c - a) @ (e + f)]])


def without_subnormals(X, Y):
    C = np.matmul(X, Y)
    return np.where(np.abs(C) < 2.0**-1022, 0.0, C)


def by_three_products(X, Y):
    """Return XY by three real products: the parts of an entry are mixed."""
    if not np.iscomplexobj(X):
        return np.matmul(X, Y)
    first, second = X.real @ Y.real, X.imag @ Y.imag
    third = (X.real + X.imag) @ (Y.real + Y.imag)
    return first - second + 1j * (third - first - second)


def with_imaginary_parts_off(X, Y):
    C = np.matmul(X, Y)
    return C + 2.0**-52 * 1j * C.imag if np.iscomplexobj(C) else C


WRONG = {
    adds_at_one_entry: "a product of",
    in_single_precision: "a product of",
    with_short_mantissas: "a product of",
    by_strassen: "a product of",
    by_three_products: "a complex product of",
    with_imaginary_parts_off: "a complex product of",
    without_subnormals: "flush subnormal numbers to zero",
}


def test_the_arithmetic_of_this_process_is_sound():
    assert fault() == ""


@pytest.mark.parametrize("matmul", WRONG, ids=lambda f: f.__name__)
def test_a_product_that_errs_by_more_is_found(matmul):
    assert WRONG[matmul] in fault(Arithmetic(matmul=matmul))


def test_strassen_itself_is_right_on_even_matrices(rng):
    X, Y = rng.normal(size=(2, 8, 8))
    np.testing.assert_allclose(by_strassen(X, Y), X @ Y, rtol=0, atol=1e-13)


SUMS = {
    "in single precision": lambda X: float((abs(X).astype(np.float32) ** 2).sum()),
    "of real parts": lambda X: float(np.vdot(X.real, X.real)),
    "without the last": lambda X: float(np.vdot(X[:-1], X[:-1]).real),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_of_squares_that_errs_by_more_is_found(name):
    with np.errstate(over="ignore"):
        assert "squares is wrong" in fault(Arithmetic(squared_norm=SUMS[name]))


def test_three_products_are_right_for_parts_of_one_size(rng):
    X, Y = rng.normal(size=(2, 8, 8, 2)) @ [1, 1j]
    np.testing.assert_allclose(by_three_products(X, Y), X @ Y, rtol=0, atol=1e-13)


def test_a_product_by_the_transpose_is_tried_by_itself():
    def wrong_for_gram(X, Y):
        shared = np.shares_memory(X, Y)
        return np.matmul(X, Y) * (1 + 2.0**-50 * shared)

    assert "by its transpose is wrong" in fault(Arithmetic(matmul=wrong_for_gram))


def test_numpy_patched_after_import_is_found(monkeypatch):
    right = np.matmul
    monkeypatch.setattr(np, "matmul", lambda X, Y: right(X, Y) * (1 + 2.0**-52))
    arithmetic._fault_of_products.cache_clear()
    try:
        assert "is wrong" in fault(FLOAT64)
    finally:
        monkeypatch.undo()
        arithmetic._fault_of_products.cache_clear()
    assert fault() == ""


def test_flushed_subnormals_and_other_rounding_modes_are_found(monkeypatch):
    # The modes themselves cannot be set from here: the numbers that they would give.
    for place in range(2):
        flushed = [2.0**-1074, 2.0**-1022]
        flushed[place] = 0.0
        monkeypatch.setattr(arithmetic, "_SMALL", flushed)
        assert fault() == "subnormal numbers are flushed to zero"
    monkeypatch.undo()
    for place in range(4):
        rounded = list(arithmetic._SUMS)
        rounded[place] = math.nextafter(rounded[place], math.inf)
        with monkeypatch.context() as upward:
            upward.setattr(arithmetic, "_SUMS", tuple(rounded))
            assert fault() == "float64 does not round to nearest"
    assert fault() == ""
