"""Exact rank of a product of float matrices, by counting in finite fields.

Every float is a dyadic rational m 2^e, so a matrix has an image in GF(p) for each odd
prime p.  Full rank there proves full rank; a product that is deficient for three
independent primes near 2^22 is singular but for a chance below 10^-18.  The primes are
1 mod 4, so that -1 has a root and complex entries have an image as well, and below
2^22, so that sums of 2048 products of residues are exact in float64.
"""

import numpy as np

from gradlab.typing import Array, Factors

__all__ = ["ImageBasis", "singular_factors"]


def _root_of_minus_one(p: int) -> int:
    # For a non-residue a, a^((p-1)/2) = -1, so a^((p-1)/4) is a root.
    return next(
        pow(a, (p - 1) // 4, p) for a in range(2, p) if pow(a, (p - 1) // 2, p) == p - 1
    )


_PRIMES = np.array([4194301, 4194277, 4194217], dtype=np.int64)
_ROOTS = np.array([_root_of_minus_one(int(p)) for p in _PRIMES], dtype=np.int64)
_LOWEST, _HIGHEST = -1200, 1100  # exponents of two of the finite floats, with room
_TOGETHER = 256  # factors
_EXACT_LENGTH = 2048
_POWERS = np.array(
    [[pow(2, e, int(p)) for e in range(_LOWEST, _HIGHEST)] for p in _PRIMES]
)


def singular_factors(stack: Factors) -> Array:
    """Return for each matrix of a stack (k, n, n) whether it is exactly singular.

    Examples
    --------
    >>> a = 1e8
    >>> near, exactly = [[a, a + 1], [a - 1, a]], [[0.1, 0.2], [0.2, 0.4]]
    >>> singular_factors(np.array([near, exactly])).tolist()
    [False, True]
    """
    n = stack.shape[-1]
    empty = (stack == 0).all(axis=1) | (stack == 0).all(axis=2)
    singular: Array = empty.any(axis=1)
    suspects = np.flatnonzero(~singular)
    for which, p in enumerate(_PRIMES.tolist()):
        residues = _residues(stack[suspects], which)
        suspects = suspects[_ranks(residues, p) < n]
    singular[suspects] = True
    return singular


class ImageBasis:
    """The image of J_t … J_1 in each field: its dimension is the rank of the product.

    Factors are only collected by `advance`, and multiplied when `rank` is asked for or
    enough of them have come together.
    """

    def __init__(self, n: int) -> None:
        self._images = [np.eye(n) for _ in _PRIMES]
        self._waiting: list[Factors] = []

    def copy(self) -> "ImageBasis":
        """Return an image that grows on its own."""
        twin = ImageBasis(0)
        twin._images, twin._waiting = list(self._images), list(self._waiting)
        return twin

    def advance(self, stack: Factors) -> None:
        """Multiply the factors of a stack (k, n, n) from the left, in time order."""
        self._waiting.append(stack)
        if sum(map(len, self._waiting)) >= _TOGETHER:
            self._multiply()

    def _multiply(self) -> None:
        for stack in self._waiting:
            for which, p in enumerate(_PRIMES.tolist()):
                image = self._images[which]
                for J in _residues(stack, which).astype(np.float64):
                    image = _product(J, image, p)
                self._images[which] = image
        self._waiting.clear()

    def rank(self) -> int:
        """Return the rank of the product so far."""
        self._multiply()
        ranks = [
            int(_ranks(image[None], p)[0])
            for image, p in zip(self._images, _PRIMES.tolist(), strict=True)
        ]
        # Reduction can only lower a rank, so the largest is the true one.
        return max(ranks)


def _product(J: Array, image: Array, p: int) -> Array:
    # Residues are below 2^21 in size, so sums of 2048 products stay below 2^53.
    total = np.zeros_like(image)
    for start in range(0, len(J), _EXACT_LENGTH):
        part = slice(start, start + _EXACT_LENGTH)
        total = _reduced(total + _reduced(J[:, part] @ image[part], p), p)
    return total


def _reduced(values: Array, p: int) -> Array:
    """Return float integers below 2^53 as residues in [-p/2, p/2]."""
    return values - p * np.rint(values / p)


def _residues(stack: Array, which: int) -> Array:
    """Return the images of float entries in GF(p), as integers in [-p/2, p/2]."""
    if np.iscomplexobj(stack):
        real, imaginary = _residues(stack.real, which), _residues(stack.imag, which)
        return _centred(real + _ROOTS[which] * imaginary, int(_PRIMES[which]))
    mantissa, exponent = np.frexp(stack)
    p = int(_PRIMES[which])
    whole = (mantissa * 2.0**53).astype(np.int64) % p
    return _centred(whole * _POWERS[which][exponent - 53 - _LOWEST], p)


def _centred(values: Array, p: int) -> Array:
    values = values % p
    return np.where(values > p // 2, values - p, values)


def _ranks(residues: Array, p: int) -> Array:
    """Return the ranks over GF(p) of a stack of matrices of residues, all at once."""
    rest = residues.astype(np.float64)
    count, m, columns = rest.shape
    ranks = np.zeros(count, dtype=np.int64)
    each, line = np.arange(count), np.arange(m)
    for _ in range(columns):
        column, rest = rest[:, :, 0], rest[:, :, 1:]
        usable = (column != 0) & (line >= ranks[:, None])
        row = usable.argmax(axis=1)
        found = usable[each, row]
        # Where a pivot was found, swap it up and clear its column below it.
        top = np.minimum(ranks, m - 1)
        row = np.where(found, row, top)
        pivots = np.where(found, column[each, row], 1.0)
        column[each, row] = column[each, top]
        pivot_rows = rest[each, row]
        rest[each, row] = rest[each, top]
        rest[each, top] = pivot_rows
        multipliers = _reduced(column * _inverses(pivots, p)[:, None], p)
        multipliers[(line <= top[:, None]) | ~found[:, None]] = 0.0
        rest = _reduced(rest - multipliers[:, :, None] * pivot_rows[:, None, :], p)
        ranks += found
    return ranks


def _inverses(values: Array, p: int) -> Array:
    """Return 1/v mod p for nonzero residues."""
    return np.array([float(pow(int(v), -1, p)) for v in values])
