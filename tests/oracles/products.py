"""Singular values of long products by brute force: P in balls, then an SVD in mpmath.

The product of the given floats is enclosed with python-flint at a precision that is
doubled until the radius of P is far below its smallest singular value; by Weyl's
inequality no singular value then differs by more than that radius.
"""

import flint
import mpmath
import numpy as np

from tests.oracles.precision import ball_precision

_SPARE = 2.0**-60  # radius of P allowed, relative to its smallest singular value


def log_singular_values(factors) -> np.ndarray:
    """Return ln σ of the exact product of nonsingular float factors, descending."""
    stack = np.asarray(factors)
    precision = 128
    while True:
        with mpmath.workprec(precision), ball_precision(precision):
            P, radius = _enclosed(stack)
            values = sorted(_svd(P), reverse=True)
            if radius < _SPARE * values[-1]:
                return np.array([float(mpmath.log(value)) for value in values])
        precision *= 2


def log_growths(factors, frame) -> np.ndarray:
    """Return ln|r_ii| of the QR of the exact product of float factors and a frame."""
    stack = np.asarray(factors)
    precision = 256
    while True:
        with mpmath.workprec(precision), ball_precision(precision):
            P, radius = _enclosed(stack)
            moved = P * mpmath.matrix(frame.tolist())
            sizes = [abs(R) for R in _diagonal_of_qr(moved)]
            if radius < _SPARE * min(sizes):
                return np.array([float(mpmath.log(size)) for size in sizes])
        precision *= 2


def _diagonal_of_qr(A):
    """Return r_ii by Gram and Schmidt, who lose as many digits as the precision has."""
    columns = [A[:, i] for i in range(A.cols)]
    sizes = []
    for i, column in enumerate(columns):
        sizes.append(mpmath.norm(column))
        if not sizes[-1]:  # nothing is left of it at this precision
            return sizes
        unit = column / sizes[-1]
        for j in range(i + 1, A.cols):
            overlap = (unit.H * columns[j])[0]
            columns[j] = columns[j] - overlap * unit
    return sizes


def log_singular_values_of_integers(factors) -> np.ndarray:
    """Return ln σ of a product of integer matrices, −inf beyond its exact rank."""
    n = len(factors[0])
    P = flint.fmpz_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    for J in factors:
        P = flint.fmpz_mat([[int(entry) for entry in row] for row in J]) * P
    digits = 60 + 4 * n * max(len(str(entry)) for entry in P.entries())
    with mpmath.workdps(digits):
        A = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(n):
                A[i, j] = mpmath.mpf(int(P[i, j]))
        values = sorted(mpmath.svd_r(A, compute_uv=False), reverse=True)
        logs = [float(mpmath.log(value)) for value in values[: P.rank()]]
    return np.array(logs + [-np.inf] * (n - len(logs)))


def singular_triples(factors):
    """Return ln σ (n,), left and right vectors (n, n) of the exact product."""
    precision = 4000
    with mpmath.workprec(precision), ball_precision(precision):
        P, radius = _enclosed(np.asarray(factors))
        complex_valued = np.iscomplexobj(factors)
        U, S, V = (mpmath.svd_c if complex_valued else mpmath.svd_r)(P)
        n = P.rows
        assert radius < _SPARE * S[n - 1]  # 4000 bits were enough
        number = complex if complex_valued else float
        left = [[number(U[i, j]) for j in range(n)] for i in range(n)]
        right = [[number(mpmath.conj(V[j, i])) for j in range(n)] for i in range(n)]
        logs = [float(mpmath.log(S[i])) for i in range(n)]
    return np.array(logs), np.array(left), np.array(right)


def _enclosed(stack):
    complex_valued = np.iscomplexobj(stack)
    make = flint.acb_mat if complex_valued else flint.arb_mat
    kind = complex if complex_valued else float
    n = stack.shape[1]
    P = make([[kind(i == j) for j in range(n)] for i in range(n)])
    for J in stack:
        P = make([[kind(entry) for entry in row] for row in J]) * P
    A = mpmath.matrix(n, n)
    radius = mpmath.mpf(0)
    for i in range(n):
        for j in range(n):
            parts = [P[i, j].real, P[i, j].imag] if complex_valued else [P[i, j]]
            middle = [_mpf(part.mid()) for part in parts]
            A[i, j] = mpmath.mpc(*middle) if complex_valued else middle[0]
            radius += sum((_mpf(part.rad()) for part in parts), mpmath.mpf(0))
    return A, radius


def _mpf(ball):
    mantissa, exponent = ball.man_exp()
    return mpmath.mpf((int(mantissa), int(exponent)))


def _svd(A):
    if any(isinstance(entry, mpmath.mpc) for entry in A):
        return mpmath.svd_c(A, compute_uv=False)
    return mpmath.svd_r(A, compute_uv=False)
