"""Arithmetic as bad as the presumptions of `gradlab.linalg.arithmetic` allow it to be.

A product may err by k u'/(1 − k u') |X||Y| at every entry, a sum by as much for its
n − 1 additions and a sum of squares for its n terms; where, the adversary chooses.
Nothing is presumed of factorisations, so bases are shrunk, stretched, replaced and
disturbed at will.
"""

import itertools
from dataclasses import replace

import numpy as np

from gradlab.linalg.arithmetic import Arithmetic

__all__ = ["ADVERSARIES", "BASES", "PLAIN", "with_basis"]

PLAIN = Arithmetic()  # its own: a test may replace what FLOAT64 does

UNITS = {"2^-9": 2.0**-9, "2^-13": 2.0**-13}
if np.finfo(np.longdouble).eps < 2.0**-60:  # else there is nothing exact to start from
    UNITS["2^-53"] = 2.0**-53


def _shrink(exact, lowest, highest):
    """Return what is nearest to 0 of all that may come out."""
    return np.clip(0.0, lowest, highest)


def _grow(exact, lowest, highest):
    return np.where(exact >= 0, highest, lowest)


def _towards_identity(exact, lowest, highest):
    identity = np.eye(*exact.shape[-2:]) if np.ndim(exact) else 1.0
    return np.clip(identity, lowest, highest)


DIRECTIONS = {"shrink": _shrink, "grow": _grow, "towards I": _towards_identity}


def _adversary(direction, low, unit):
    """Return arithmetic that errs by all it may, one way for |X||Y| and sums of them.

    `low` makes products and sums of nonnegative numbers as small as they can be, which
    is where error bounds come from; others err in the given direction.
    """

    def err(exact, size, roundings, positive, move):
        # One rounding is spared for the result itself, which is a float64.
        share = max(roundings * unit - 2.0**-53, 0.0)
        highest = exact + share / (1 - share) * size
        # Of nonnegative numbers at least (1 − u)^k ≥ 1 − k u is left.
        lowest = exact - (share if positive else share / (1 - share)) * size
        chosen = lowest if positive and low else move(exact, lowest, highest)
        return chosen.astype(float)

    def matmul(X, Y):
        if np.iscomplexobj(X) or np.iscomplexobj(Y):  # as two real ones of 2k terms
            right = np.concatenate([Y.real, Y.imag], axis=-2)
            other = np.concatenate([Y.imag, Y.real], axis=-2)
            real = matmul(np.concatenate([X.real, -X.imag], axis=-1), right)
            return real + 1j * matmul(np.concatenate([X.real, X.imag], axis=-1), other)
        wide = [A.astype(np.longdouble) for A in (X, Y)]
        size = np.matmul(*(np.abs(A) for A in wide))
        positive = bool((X >= 0).all() and (Y >= 0).all())
        move = DIRECTIONS[direction]
        return err(np.matmul(*wide), size, X.shape[-1], positive, move)

    def total(X):
        wide = X.astype(np.longdouble)
        move = _grow if direction == "grow" else _shrink
        positive = bool((X >= 0).all())
        sums = wide.sum(axis=-1), np.abs(wide).sum(axis=-1)
        return err(*sums, X.shape[-1] - 1, positive, move)

    def squared_norm(X):
        terms = np.concatenate([X.real.ravel(), X.imag.ravel()]).astype(np.longdouble)
        exact = (terms**2).sum()
        count = X.size * (2 if np.iscomplexobj(X) else 1)
        return float(err(exact, exact, count, True, DIRECTIONS[direction]))

    return Arithmetic(matmul=matmul, total=total, squared_norm=squared_norm, unit=unit)


ADVERSARIES = {
    f"{direction}{', low E' if low else ''}, u = {name}": _adversary(
        direction, low, unit
    )
    for (name, unit), direction, low in itertools.product(
        UNITS.items(), DIRECTIONS, (False, True)
    )
}


def _orthogonal(V):
    shape = sorted(V.shape[-2:], reverse=True)
    Q = np.linalg.qr(np.random.default_rng(V.size).normal(size=shape))[0]
    return np.broadcast_to(Q if V.shape[-2] >= V.shape[-1] else Q.T, V.shape)


def _noisy(V):
    return V + 1e-3 * np.random.default_rng(V.size).normal(size=V.shape)


BASES = {
    "0.3 V": lambda V: 0.3 * V,
    "1.5 V": lambda V: 1.5 * V,
    "0.95 I": lambda V: np.broadcast_to(0.95 * np.eye(*V.shape[-2:]), V.shape),
    "random Q": _orthogonal,
    "noisy V": _noisy,
    "0": np.zeros_like,
    "NaN": lambda V: np.full_like(V, np.nan),
}


def with_basis(change, arithmetic=PLAIN):
    """Return arithmetic whose factorisations give changed bases and inverses."""

    def svd(A):
        U, s, Vh = PLAIN.svd(A)
        return U, s, change(Vh)

    def eig(A):
        values, V = PLAIN.eig(A)
        return values, change(V)

    return replace(
        arithmetic,
        eigh=lambda A: change(PLAIN.eigh(A)),
        svd=svd,
        eig=eig,
        pinv=lambda A: change(PLAIN.pinv(np.nan_to_num(A))),
    )
