"""Diagonal blocks: with zeros in one triangle, ρ{A_i} is the largest ρ of the blocks.

The blocks are the strongly connected components of the graph with an edge where some
A_i has an entry that is not 0, so this is exact and needs no tolerance; within a block
powers of two, exact too, make rows and columns about equally large [golub2013matrix,
Sec. 7.5.7].
"""

import numpy as np
from scipy.linalg import lapack
from scipy.sparse.csgraph import connected_components

from gradlab.typing import Array, Factors, Vector

__all__ = ["balanced", "invariant_order", "irreducible_blocks", "strong_components"]


def irreducible_blocks(matrices: Factors) -> list[Vector]:
    """Return the indices of each block on the diagonal, over all matrices at once.

    Examples
    --------
    >>> A = [[[1.0, 2.0, 0.0], [0.0, 3.0, 0.0], [1.0, 1.0, 1.0]]]
    >>> [block.tolist() for block in irreducible_blocks(np.array(A))]
    [[1], [0], [2]]
    """
    return strong_components((matrices != 0).any(axis=0))


def strong_components(pattern: Array) -> list[Vector]:
    """Return the sets of indices of the irreducible diagonal blocks of a pattern.

    A permutation brings every matrix of the pattern to block triangular form with
    these blocks, so its eigenvalues are those of the blocks.
    """
    count, label = connected_components(pattern, connection="strong")
    return [np.flatnonzero(label == k) for k in range(count)]


def invariant_order(pattern: Array) -> Vector:
    """Return an order that makes matrices of a pattern block upper triangular.

    They then take the axes up to the end of each block into themselves.  Axes that are
    in such an order already are left in it.

    >>> invariant_order(np.tril(np.ones((3, 3)))).tolist()
    [2, 1, 0]
    """
    if pattern.all():
        return np.arange(len(pattern))
    blocks = sorted(strong_components(pattern), key=lambda block: int(block[0]))
    label = np.empty(len(pattern), np.intp)
    for k, block in enumerate(blocks):
        label[block] = k
    leads = np.zeros((len(blocks), len(blocks)), bool)
    into, out_of = np.nonzero(pattern)
    leads[label[out_of], label[into]] = True
    np.fill_diagonal(leads, False)
    order: list[Vector] = []
    left = np.full(len(blocks), True)
    while left.any():
        ready = np.flatnonzero(left & ~leads.any(axis=1))
        order += [blocks[k] for k in ready]
        left[ready], leads[:, ready] = False, False
    return np.concatenate(order)


def balanced(matrices: Factors) -> Factors:
    """Return D⁻¹A_iD with one diagonal D of powers of two; equal radii, equal products.

    The matrices as they are where an entry would underflow.
    """
    # Not `matrix_balance`: it takes the scales for integers, too.
    _, _, _, scale, _ = lapack.dgebal(np.abs(matrices).max(axis=0), scale=1, permute=0)
    power = np.frexp(scale)[1] - 1
    shift = power - power[:, None]
    with np.errstate(over="ignore", under="ignore"):
        moved = np.ldexp(matrices, shift)
        exact = (np.ldexp(moved, -shift) == matrices).all()
    return moved if exact else matrices
