"""Bounds for linear recurrences: on the powers of one matrix."""

import numpy as np
from hypothesis import strategies as st

from gradlab.bounds import (
    CauchyPower,
    DiagonalRecurrence,
    JordanFloor,
    KreissCeiling,
    LinearFloor,
    LinearRadius,
    NumericalRadiusPower,
    OrthogonalFloor,
    TriangularTransient,
)
from gradlab.testing import linear_runs, powers_of
from tests.cases.bound_case import BoundCase, dense, tanh
from tests.cases.bounds_of_slopes import turns

__all__ = ["POWERS"]

ANY = linear_runs()


def _not_linear(label):
    return f"{label} needs a linear recurrence; measured RNN with activation tanh."


@st.composite
def _diagonal(draw):
    """Draw powers of λ and blocks [[a, −b], [b, a]] on a diagonal, of any size."""
    number = st.floats(-4.0, 4.0)
    blocks = draw(st.lists(st.tuples(number, number, st.booleans()), max_size=3))
    parts = [[[a]] if real else [[a, -b], [b, a]] for a, b, real in blocks] or [[[0.5]]]
    n = sum(map(len, parts))
    W, start = np.zeros((n, n)), 0
    for part in parts:
        stop = start + len(part)
        W[start:stop, start:stop] = part
        start = stop
    scale = draw(st.sampled_from([0, 0, 0, 900, -900, -1070]))
    return powers_of(np.ldexp(W, scale), draw(st.integers(1, 8)))


@st.composite
def _jordan(draw):
    """Draw powers T ≥ n − 1 of λI + cN or its transpose."""
    n = draw(st.integers(1, 5))
    eigenvalue, link = draw(st.tuples(*[st.floats(-4.0, 4.0)] * 2))
    W = eigenvalue * np.eye(n) + link * np.eye(n, k=1)
    W = W.T if draw(st.booleans()) else W
    return powers_of(W, draw(st.integers(max(n - 1, 1), 12)))


def _oblique_reflection():
    """4W² = I on two axes: κ(V) is all of the transient, at every odd T."""
    return powers_of(
        np.array([[0.5, 4.0, 0.0], [0.0, -0.5, 0.0], [0.0, 0.0, 0.25]]), 11
    )


def _swap_and_shear():
    """ρ = ‖W‖ = 2 on a swap; the shear beside it decays."""
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 2.0
    W[2:, 2:] = [[0.5, 0.3], [0.0, 0.25]]
    return powers_of(W, 12)


def _block():
    """A Jordan block: the bound is ‖|W|^T‖ = ‖W^T‖."""
    return powers_of(0.9 * np.eye(3) + np.eye(3, k=1), 12)


def _linked():
    """C(12, 2) λ¹⁰ c² is the power but for parts of λ/c, here 5e-7, squared."""
    return powers_of(0.5 * np.eye(3) + 2.0**20 * np.eye(3, k=1), 12)


def _shift():
    """W¹⁰ is one entry, and near 0 it is all of the resolvent: r¹¹‖(zI − W)⁻¹‖ → 1."""
    return powers_of(np.eye(11, k=1), 10)


def _crabb():
    """w = 1 and ‖W¹⁰‖ = 2: √2, 1, …, 1, √2 above the diagonal [crabb1971powers]."""
    W = np.eye(11, k=1)
    W[0, 1] = W[-2, -1] = np.sqrt(2)
    return powers_of(W, 10)


def _turn_and_fade():
    return powers_of(np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 0.5]]), 12)


def _householder():
    v = np.array([1.0, 2.0, 3.0])
    return powers_of(np.eye(3) - 2 * np.outer(v, v) / (v @ v), 12)


# Widths: for the radius T n² u κ(V) ‖W‖, with κ ≈ 16 and n² u ≈ 1e-15, and for the
# floor n times that with κ ≈ 4; a power is enclosed to 1e-9, and w to 1e-5 relatively.
# In the last two r is a hundredth: smaller circles are not certified in float64, and
# ln(1 + r) is given away; the maximum over a circle gives away ln cos π/32 as well.
POWERS = {
    "linear_radius": BoundCase(
        LinearRadius(),
        ANY,
        _oblique_reflection,
        2e-12,
        tanh,
        _not_linear("thm:linear-radius"),
    ),
    "linear_floor": BoundCase(
        LinearFloor(),
        ANY,
        _swap_and_shear,
        2e-12,
        tanh,
        _not_linear("thm:linear-floor"),
    ),
    "triangular_transient": BoundCase(
        TriangularTransient(),
        ANY,
        _block,
        2e-9,
        tanh,
        _not_linear("thm:triangular-transient"),
    ),
    "jordan_floor": BoundCase(
        JordanFloor(),
        _jordan(),
        _linked,
        1e-12,
        dense,
        "thm:jordan-floor needs W_hh a Jordan block λI + cN; measured another matrix.",
    ),
    "diagonal_recurrence": BoundCase(
        DiagonalRecurrence(),
        _diagonal(),
        _turn_and_fade,
        1e-12,
        dense,
        "thm:diagonal-recurrence needs W_hh diagonal, real or complex; "
        "measured another matrix.",
        normal=True,
    ),
    "orthogonal_floor": BoundCase(
        OrthogonalFloor(),
        st.builds(powers_of, turns(), st.integers(1, 8)),
        _householder,
        1e-12,
        dense,
        "thm:orthogonal-floor needs W_hh orthogonal, ‖WᵀW − I‖ ≤ 1e-4; measured 33.",
        normal=True,
        homogeneous=False,
    ),
    "numerical_radius": BoundCase(
        NumericalRadiusPower(),
        ANY,
        _crabb,
        2e-4,
        tanh,
        _not_linear("thm:numerical-radius"),
    ),
    "cauchy_power": BoundCase(
        CauchyPower(), ANY, _shift, 0.012, tanh, _not_linear("thm:cauchy-power")
    ),
    "kreiss_ceiling": BoundCase(
        KreissCeiling(), ANY, _shift, 0.016, tanh, _not_linear("thm:kreiss-ceiling")
    ),
}
