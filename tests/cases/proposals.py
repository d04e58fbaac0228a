"""Code that only searches: whatever it returns, what is certified stays right.

Each row disturbs what a function returns, and a law decides in exact arithmetic that
nothing certified with it is wrong; so no change of that function can be an error of
proof.  A file stands here with all of its names, or a function with those it alone
calls.  The rule of directed rounding does not hold for the files, and mutants of all
of it are left out.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb_mat

__all__ = ["ALONE", "PROPOSALS", "WHOLE", "Proposal", "proposes"]

BOUNDS, VERIFIED = "gradlab/bounds", "gradlab/verified"


@dataclass(frozen=True)
class Proposal:
    """A function, where it is looked up, and ways to spoil what it returns."""

    file: str
    name: str
    users: tuple[str, ...]  # modules that call it by this name
    changes: Mapping[str, Callable[[Any], Any]]


def _rng(A):
    return np.random.default_rng(A.size)


def _noisy(size):
    def change(A):
        return A + size * np.abs(A).max() * _rng(A).normal(size=A.shape)

    return change


def _times(factor):
    return lambda A: factor * A


def _of_pairs(change):
    """Return a change of V and V⁻¹ that lets neither be the other's inverse."""
    return lambda pair: (pair[0], change(pair[1]))


def _each(change):
    return lambda every: (change(one) for one in every)


def _circle(radius, degree):
    return lambda found: dataclasses.replace(
        found, radius=radius * found.radius, degree=max(degree * found.degree >> 4, 1)
    )


def _sector(share):
    def change(candidate):
        P, multipliers, rates = candidate
        N = _noisy(1e-2)(P)
        return (N + N.T) / 2, 1.01 * multipliers, [share * rate for rate in rates]

    return change


def _rounded(V):
    """Return a matrix in balls with three digits left, and a little askew."""
    rows = [[round(float(x), 3) for x in row] for row in V.tolist()]
    return arb_mat((np.array(rows) + 1e-3).tolist())


PAIRS = {
    "X too small": _of_pairs(_times(0.75)),
    "X noisy": _of_pairs(_noisy(1e-2)),
}
PROPOSALS = [
    Proposal(f"{BOUNDS}/_bases.py", "eigenbasis", ("linear_radius",), PAIRS),
    Proposal(
        f"{BOUNDS}/_bases.py",
        "graded_schur_bases",
        ("linear_radius",),
        {name: _each(change) for name, change in PAIRS.items()},
    ),
    Proposal(
        f"{BOUNDS}/_bases.py",
        "schur_basis",
        ("triangular_transient",),
        {"too small": _times(0.9), "noisy": _noisy(1e-2)},
    ),
    Proposal(
        f"{BOUNDS}/_circles.py",
        "best_circle",
        ("cauchy_power", "kreiss_ceiling"),
        {
            "large": _circle(1.5, 16),
            "small": _circle(0.9, 32),
            "of a low degree": _circle(1.1, 1),
        },
    ),
    Proposal(
        f"{BOUNDS}/_circles.py",
        "points_outside",
        ("kreiss_floor", "pseudospectral_growth"),
        {"turned": _each(_times(1.3 + 0.1j)), "inside too": _each(_times(0.75))},
    ),
    Proposal(
        f"{BOUNDS}/_scalings.py",
        "scalings",
        ("scaled_norm",),
        {"noisy": _each(lambda d: np.exp(_noisy(0.3)(np.log(d) + 1)))},
    ),
    Proposal(
        f"{BOUNDS}/_sectors.py",
        "sector_candidates",
        ("slope_set",),
        {"hopeful": _each(_sector(0.9)), "careful": _each(_sector(1.1))},
    ),
    Proposal(
        f"{BOUNDS}/_shapes.py",
        "shapes",
        ("common_lyapunov",),
        {name: _each(change) for name, change in PAIRS.items()},
    ),
    Proposal(
        f"{VERIFIED}/_ball_singular.py",
        "_basis",
        ("_ball_singular",),
        {"rounded": _rounded, "too small": lambda V: V * 3 / 4},
    ),
    Proposal(
        f"{VERIFIED}/numerical_range.py",
        "_middles",
        ("numerical_range",),
        {"longer": _times(3.0), "noisy": _noisy(1e-2)},
    ),
]
WHOLE = frozenset(row.file for row in PROPOSALS if row.file.startswith(BOUNDS))
ALONE = {f"{VERIFIED}/_ball_singular.py": {"_directions", "_length"}}  # by `_basis`


def proposes(file, function):
    """Whether a function of a file only searches."""
    listed = (file, function) in {(row.file, row.name) for row in PROPOSALS}
    return listed or file in WHOLE or function in ALONE.get(file, ())
