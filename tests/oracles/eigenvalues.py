"""Eigenvalues of long products by exact integers, certified roots, and their logs.

Floats are dyadic, so the product is a matrix of integers over a power of two; its
characteristic polynomial is exact, and python-flint encloses the roots.
"""

import math
from fractions import Fraction

import flint
import numpy as np

from tests.oracles.precision import ball_precision

_BITS = 200


def logs_and_phases(factors):
    """Return ln|λ| and arg λ of the exact product of real floats (n, 2), descending."""
    stack = np.asarray(factors, dtype=float)
    n = stack.shape[1]
    P = flint.fmpz_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    power = 0
    for J in stack:
        # Not below the subnormals' last place, so that J 2^shift is whole.
        shift = 52 - int(np.frexp(J)[1][J != 0].min(initial=1100)) + 1
        whole = [
            [int(Fraction(x) * Fraction(2) ** shift) for x in r] for r in J.tolist()
        ]
        P = flint.fmpz_mat(whole) * P
        power -= shift
    found = []
    with ball_precision(_BITS):
        scale = flint.arb(2).log() * power
        for root, multiplicity in P.charpoly().complex_roots():
            value = flint.acb(root)
            zero = value.real == 0 and value.imag == 0
            log = -math.inf if zero else float((abs(value).log() + scale).mid())
            phase = 0.0 if zero else float(value.arg().mid())
            found += [(log, phase)] * multiplicity
    return np.array(sorted(found, key=lambda pair: (-pair[0], -pair[1])))


def log_moduli_of_complex(factors):
    """Return ln|λ| of a product of complex floats, computed with 600 digits (n,)."""
    with ball_precision(2000):
        n = len(factors[0])
        P = flint.acb_mat([[int(i == j) for j in range(n)] for i in range(n)])
        for J in factors:
            P = flint.acb_mat([[complex(x) for x in row] for row in J]) * P
        values = P.eig(algorithm="approx")
        return np.sort([float(abs(value).log().mid()) for value in values])[::-1]
