"""Whatever arithmetic does within its bounds, and whatever a basis is, enclosures hold.

Every claim is decided in rationals, on matrices small enough for it.
"""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.linalg import lapack

from gradlab.linalg.arithmetic import FLOAT64
from gradlab.linalg.discs import covering, discs, radius_between
from gradlab.linalg.outward import (
    least_singular_value_above,
    least_singular_value_below,
    norm_between,
    norm_roughly_above,
)
from gradlab.linalg.powers_of_two import split_power
from gradlab.linalg.real_form import realified
from gradlab.linalg.similar import similar
from gradlab.verified._float_products import product_in_float64
from gradlab.verified.numerical_range import (
    enclosed_numerical_abscissa,
    enclosed_numerical_radius,
)
from gradlab.verified.singular import singular_values_between
from tests.cases.adversaries import ADVERSARIES, BASES, with_basis
from tests.oracles.exact_norms import (
    eigenvalue_balls,
    exact,
    exact_product,
    is_semidefinite,
    least_at_least,
    norm_at_most,
    radius_ball,
    scaled_identity,
    singular_value_balls,
)

JUST_BELOW = Fraction(1, 10**400)  # turns ≤ into <
ARITHMETIC = ADVERSARIES | {name: with_basis(change) for name, change in BASES.items()}
everywhere = pytest.mark.parametrize("arithmetic", ARITHMETIC.values(), ids=ARITHMETIC)


def _squares():
    rng = np.random.default_rng(5)
    S = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -3.0], [0.0, 0.0, 1.0]])
    return {
        "integers with norm 6": np.array([[-2.0, -5.0], [-2.0, -2.0]]),
        "ones": np.ones((4, 4)),
        "gaussian": rng.normal(size=(5, 5)),
        "symmetric": (lambda A: A + A.T)(rng.normal(size=(3, 3))),
        "orthogonal": np.linalg.qr(rng.normal(size=(4, 4)))[0],
        "sheared Jordan block": np.linalg.inv(S)
        @ (0.75 * np.eye(3) + np.eye(3, k=1))
        @ S,
        "nilpotent": np.array([[3.0, -9.0], [1.0, -3.0]]),
        "rank one": np.outer([1.0, -2.0, 3.0], [1.0, 1.0, 2.0]),
        "graded": 10.0 ** np.array([[9.0, 0.0], [1.0, -9.0]]),
        "turn": np.array([[0.0, -2.0], [2.0, 0.0]]),
        "tiny": 2.0**-1060 * rng.integers(-9, 9, size=(3, 3)),
        "scalar": np.array([[-0.7]]),
    }


SQUARES = _squares()
TALL = np.random.default_rng(6).normal(size=(5, 2))
COMPLEX = {
    "unitary": np.fft.fft(np.eye(3), norm="ortho"),
    "general": np.random.default_rng(9).normal(size=(3, 4, 2)) @ [1, 1j],
    "two by two": np.array([[1 + 1j, 2], [0.5j, 1e-9]]),
    "scalar": np.array([[0.6 - 0.8j]]),
}


@everywhere
def test_norms_of_complex_matrices_hold(arithmetic):
    for A in COMPLEX.values():
        low, high = norm_between(A, arithmetic)
        assert norm_at_most(realified(A), high)
        assert low == 0 or not norm_at_most(realified(A), math.nextafter(low, 0.0))


@everywhere
def test_norms_hold(arithmetic):
    for A in [*SQUARES.values(), TALL, TALL.T]:
        low, high = norm_between(A, arithmetic)
        assert norm_at_most(A, high)
        assert low == 0 or not norm_at_most(A, math.nextafter(low, 0.0))
        S, _ = split_power(A)
        assert norm_at_most(S, float(norm_roughly_above(S, arithmetic)))


@everywhere
def test_least_singular_values_hold(arithmetic):
    for A in [*SQUARES.values(), TALL, TALL.T]:
        assert least_at_least(A, float(least_singular_value_below(A, arithmetic)))
        high = float(least_singular_value_above(A, arithmetic))
        assert not least_at_least(A, math.nextafter(high, math.inf))


@everywhere
def test_all_singular_values_hold(arithmetic):
    for A in [*SQUARES.values(), TALL, TALL.T]:
        lows, highs = singular_values_between(A, arithmetic)
        for low, high, ball in zip(lows, highs, singular_value_balls(A), strict=True):
            assert not ball < low
            assert not ball > high


@everywhere
def test_eigenvalues_hold(arithmetic):
    for A in SQUARES.values():
        S, _ = split_power(A)
        found = discs(S, arithmetic)
        low, high = radius_between(*found)
        ball = radius_ball(S)
        assert math.isnan(low) or not ball < low
        assert math.isnan(high) or not ball > high
        centres, radii, _ = found
        if np.isfinite(centres).all():
            # Every eigenvalue is in a disc, and every disc's union holds one.
            roots = eigenvalue_balls(S)
            for root in roots:
                gaps = [abs(root - complex(c)) for c in centres]
                assert any(not gap > r for gap, r in zip(gaps, radii, strict=True))
            for c, r in zip(centres, covering(*found), strict=True):
                assert any(not abs(root - complex(c)) > r for root in roots)


@everywhere
def test_changes_of_basis_hold(arithmetic):
    rng = np.random.default_rng(7)
    V = rng.normal(size=(3, 3))
    X = np.linalg.inv(V)
    for name in ("symmetric", "sheared Jordan block", "rank one"):
        S, _ = split_power(SQUARES[name])
        found = similar(S, V, X, arithmetic)
        product = exact(X) * exact(S) * exact(V)
        for i, j in np.ndindex(3, 3):
            entry = Fraction(int(product[i, j].p), int(product[i, j].q))
            gap = abs(entry - Fraction(found.matrix[i, j]))
            assert gap <= Fraction(found.error[i, j])
        rest = exact(np.eye(3)) - exact(X) * exact(V)
        assert frobenius_squared(rest) <= Fraction(found.residual) ** 2


def frobenius_squared(P):
    return sum(Fraction(int(x.p), int(x.q)) ** 2 for x in P.entries())


@everywhere
def test_products_hold(arithmetic):
    rng = np.random.default_rng(8)
    chains = [
        rng.normal(size=(7, 3, 3)),
        np.stack([SQUARES["nilpotent"], SQUARES["turn"], SQUARES["graded"]]),
        np.stack([SQUARES["tiny"], 2.0**1000 * rng.normal(size=(3, 3))] * 2),
    ]
    for stack in chains:
        found = product_in_float64(stack, arithmetic)
        scale = Fraction(2) ** found.exponent
        P = exact_product(stack)
        gaps = [
            Fraction(int(x.p), int(x.q)) / scale - Fraction(y)
            for x, y in zip(P.entries(), found.mantissa.flat, strict=True)
        ]
        limit = math.inf if found.error == math.inf else Fraction(found.error) ** 2
        assert sum(gap**2 for gap in gaps) <= limit


@everywhere
def test_numerical_ranges_hold(arithmetic):
    for name in ("symmetric", "nilpotent", "turn", "sheared Jordan block"):
        A = SQUARES[name]
        double = exact(A) + exact(A).transpose()
        found = enclosed_numerical_abscissa(A, arithmetic=arithmetic)
        assert found.upper == math.inf or top_at_most(double, 2 * Fraction(found.upper))
        if found.lower > -math.inf:
            assert not top_at_most(double, 2 * Fraction(found.lower) - JUST_BELOW)
        radius = enclosed_numerical_radius(A, most_directions=64, arithmetic=arithmetic)
        # max(ω(A), ‖A‖/2) ≤ w(A) ≤ ‖A‖.
        assert radius.upper >= found.lower
        assert radius.upper == math.inf or norm_at_most(A, 2 * Fraction(radius.upper))
        assert not norm_at_most(A, Fraction(radius.lower) - JUST_BELOW)


SIZES = {5.0: [[3 + 4j]], 2.0: [[0.0, -2.0], [2.0, 0.0]], 3.0: [[3j, 0.0], [0.0, 1.0]]}


@everywhere
def test_numerical_radii_of_normal_matrices_hold(arithmetic):
    # w is the largest |λ|, and met in a direction that is not an axis for the first.
    for exact_radius, rows in SIZES.items():
        found = enclosed_numerical_radius(
            np.array(rows), most_directions=64, arithmetic=arithmetic
        )
        assert found.lower <= exact_radius <= found.upper


def top_at_most(double, limit):
    """Decide λ_max ≤ limit for a symmetric rational matrix."""
    return is_semidefinite(scaled_identity(double, limit) - double)


@pytest.mark.parametrize("name", ["eigh", "svd", "eig", "pinv"])
def test_a_factorisation_that_does_not_converge_only_widens(name, monkeypatch):
    def fail(*args, **options):
        raise np.linalg.LinAlgError

    monkeypatch.setattr(np.linalg, name, fail)
    # One matrix by itself has another way to its eigenvectors.
    for routine in ("dsyevd", "zheevd"):
        monkeypatch.setattr(lapack, routine, lambda A: (None, 0 * A, 1))
    low, high = norm_between(COMPLEX["general"])
    assert norm_at_most(realified(COMPLEX["general"]), high)
    assert 0 < low < high < math.inf
    for A in (SQUARES["gaussian"], SQUARES["rank one"], TALL):
        low, high = norm_between(A)
        assert norm_at_most(A, high)
        assert not norm_at_most(A, Fraction(low) - JUST_BELOW)
        assert least_at_least(A, float(least_singular_value_below(A)))
        assert not least_at_least(
            A, math.nextafter(float(least_singular_value_above(A)), math.inf)
        )
        lows, highs = singular_values_between(A)
        for low, high, ball in zip(lows, highs, singular_value_balls(A), strict=True):
            assert not ball < low
            assert not ball > high
    low, high = radius_between(*discs(SQUARES["gaussian"], FLOAT64))
    assert low <= radius_ball(SQUARES["gaussian"]) <= high


def test_an_adversary_moves_results_and_a_narrow_presumption_would_be_caught():
    # With the adversary's products but the unit of float64, the bound fails.
    for name, arithmetic in ADVERSARIES.items():
        if "2^-9" not in name or "shrink, low E" not in name:
            continue
        careless = replace(arithmetic, unit=FLOAT64.unit)
        A = SQUARES["gaussian"]
        assert not norm_at_most(A, float(norm_between(A, careless)[1]))
        assert norm_at_most(A, float(norm_between(A, arithmetic)[1]))
