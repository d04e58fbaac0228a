"""Bounds for every cell and every run, made of norms of its Jacobians."""

import numpy as np

from gradlab.bounds import (
    AbsoluteProduct,
    CommonLyapunov,
    FrobeniusProduct,
    LeastSingularProduct,
    LogarithmicNorm,
    MixedProduct,
    NormProduct,
    VolumeFloor,
)
from gradlab.testing import chains, switched
from tests.cases.bound_case import BoundCase

__all__ = ["PRODUCTS"]

ANY = chains().map(switched)


def _rotations(count):
    rng = np.random.default_rng(3)
    return [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(count)]


def _powers_of_two(count):
    return 2.0 ** np.random.default_rng(4).integers(-4, 5, size=count)


def _aligned():
    """J_t = Q_t diag(c_t, c_t/2, 0) Q_{t−1}ᵀ: the leading directions line up."""
    Q, c = _rotations(13), _powers_of_two(12)
    pairs = zip(Q[1:], Q, c, strict=False)
    return switched(np.stack([(A * [s, s / 2, 0.0]) @ B.T for A, B, s in pairs]))


def _rank_one():
    """J_t = v_t v_{t−1}ᵀ with whole numbers in v: the Frobenius norm is the norm."""
    v = np.random.default_rng(5).integers(-3, 4, size=(13, 3)) + 0.25
    return switched(v[1:, :, None] * v[:-1, None, :])


def _equal_sums():
    """Rows and columns of J_t all add up to c_t: (1, 1, 1) grows by c_t."""
    S = np.array([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5], [0.25, 0.25, 0.5]])
    return switched(_powers_of_two(12)[:, None, None] * S)


def _positive():
    """No two ways through positive matrices cancel."""
    return switched(np.random.default_rng(6).uniform(0.1, 2.0, size=(12, 3, 3)))


def _turned():
    """One shear, and then turns: nothing is stretched less than anything else."""
    turns = _powers_of_two(11)[:, None, None] * np.stack(_rotations(11))
    shear = np.array([[[1.0, 3.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 2.0]]])
    return switched(np.concatenate([shear, turns]))


def _there_and_back():
    """0.75 A and 0.75 A⁻¹ in turn, with whole numbers in A and A⁻¹."""
    A = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -3.0], [0.0, 0.0, 1.0]])
    back = np.array([[1.0, -2.0, -6.0], [0.0, 1.0, 3.0], [0.0, 0.0, 1.0]])
    return switched(0.75 * np.stack([A, back] * 6))


def _skew_step():
    """I + A: a skew block, whose μ₂ is 0, beside a decaying one that is sheared."""
    A = np.zeros((4, 4))
    A[0, 1], A[1, 0] = -0.75, 0.75
    A[2:, 2:] = [[-0.5, 0.25], [0.0, -0.5]]
    return switched(np.stack([np.eye(4) + A] * 12))


def _oblique():
    """4W² = I and ‖2W‖ = 65^½ + 8: with P = I + 4WᵀW every step is ½, and κ(P) all."""
    W = np.array([[0.5, 8.0, 0.0], [0.0, -0.5, 0.0], [0.0, 0.0, 0.5]])
    return switched(np.stack([W] * 11))


# Widths: T steps of 4 n² u and a few u, 2e-14 each at n = 3 or 4, and the rounding of
# the witness itself.  Gains of products are enclosed to 1e-9; a numerical abscissa is
# known to some n² u, of which 2 h μ₂ is made; κ(P) ≈ 260 times n² u and the 1e-12 by
# which P is kept definite.
PRODUCTS = {
    "norm_product": BoundCase(NormProduct(), ANY, _aligned, 1e-12),
    "frobenius_product": BoundCase(FrobeniusProduct(), ANY, _rank_one, 1e-12),
    "mixed_product": BoundCase(MixedProduct(), ANY, _equal_sums, 1e-12),
    "absolute_product": BoundCase(AbsoluteProduct(), ANY, _positive, 2e-9),
    "common_lyapunov": BoundCase(CommonLyapunov(), ANY, _oblique, 2e-9),
    "least_singular_product": BoundCase(LeastSingularProduct(), ANY, _turned, 1e-12),
    "volume_floor": BoundCase(VolumeFloor(), ANY, _there_and_back, 1e-12),
    "logarithmic_norm": BoundCase(
        LogarithmicNorm(), ANY, _skew_step, 1e-8, homogeneous=False
    ),
}
