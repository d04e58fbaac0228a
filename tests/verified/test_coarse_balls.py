"""Singular values from balls of a few bits: every radius shows, and none is left out.

At 128 bits an end that was rounded the wrong way is wrong by 1e-38.  At ten it is a
hundredth away; what is enclosed is decided by exact polynomials all the same.
"""

import math

import numpy as np
import pytest
from flint import arb, arb_mat

from gradlab.algebra.balls import BALLS
from gradlab.verified import _ball_singular
from gradlab.verified._ball_products import (
    log_norm_in_balls,
    log_power_norm_in_balls,
    log_singular_values_in_balls,
)
from gradlab.verified._ball_singular import (
    _distortion,
    _independent,
    norm_in_balls,
    singular_values_in_balls,
)
from gradlab.verified.singular import _in_balls
from tests.oracles.exact_norms import singular_value_balls

BITS = [6, 10, 20]
MATRICES = {
    "gaussian": np.random.default_rng(1).normal(size=(3, 3)),
    "tall": np.random.default_rng(2).normal(size=(4, 2)),
    "oblique": np.array([[1.0, 0.3], [0.0, 1.0]]),
    "nearly parallel": np.array([[1.0, 0.875], [0.0, 0.5]]),
    "rank one": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "graded": np.array([[1.0, 0.25], [0.0, 2.0**-12]]),
    "number": np.array([[-0.7]]),
    "identity": np.eye(3),
}
BASES = {
    "0.75 I": lambda n: 0.75 * np.eye(n),
    "1.25 I": lambda n: 1.25 * np.eye(n),
    "I": np.eye,
    "graded": lambda n: np.diag(1.0 - 0.2 * np.arange(n) / n),
    "askew": lambda n: np.eye(n) + 0.1 * np.eye(n, k=1),
}


def in_balls(A):
    return arb_mat(*A.shape, A.ravel().tolist())


def check(A, bits):
    """Check every end that is found, and its radius, at so many bits."""
    exact = singular_value_balls(A)
    with BALLS.precision(bits):
        found = singular_values_in_balls(in_balls(A))
        low, high = norm_in_balls(in_balls(A))
    with BALLS.precision(200):
        for (below, above), ball in zip(found, exact, strict=True):
            assert not ball < below.lower()
            assert not ball > above.upper()
        assert not exact[0] < low.lower()
        assert not exact[0] > high.upper()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("name", MATRICES)
def test_a_few_bits_enclose_every_value(name, bits):
    check(MATRICES[name], bits)


@pytest.mark.parametrize("name", MATRICES)
def test_no_lower_end_is_below_zero(name):
    for A in (MATRICES[name], MATRICES[name].T):
        with BALLS.precision(6):
            lows, highs = _in_balls(A)
        assert len(lows) == min(A.shape)
        assert all(0 <= low <= high for low, high in zip(lows, highs, strict=True))


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("basis", BASES)
def test_they_do_in_every_basis(name, bits, basis, monkeypatch):
    monkeypatch.setattr(
        _ball_singular, "_basis", lambda P: in_balls(BASES[basis](P.ncols()))
    )
    check(MATRICES[name], bits)


@pytest.mark.parametrize("bits", [*BITS, 53])
@pytest.mark.parametrize("v", [0.8, 1.0, 1.1, 1.3])
def test_the_distortion_of_a_diagonal_basis_is_outside_of_it(v, bits):
    with BALLS.precision(bits):
        below, above = _distortion(in_balls(np.diag([1.0, v])))
    with BALLS.precision(200):
        assert below.is_exact()
        assert above.is_exact()
        gap = abs(1 - arb(v) ** 2)
        assert below**2 <= 1 - gap <= 1 + gap <= above**2
        # Nothing but rounding is given away.
        assert below**2 >= 1 - gap - 32 * arb(2) ** -bits
        assert above**2 <= 1 + gap + 32 * arb(2) ** -bits


def test_columns_with_no_direction_or_the_same_one_are_not_kept():
    def kept(rows):
        return _independent(arb_mat(rows), [*range(len(rows))])

    with BALLS.precision(64):
        assert kept([[0]]) == ([], 0)
        assert kept([[1, 0], [0, 0]]) == ([0], 0)
        assert kept([[1, 1], [1, 1]]) == ([0], 0)
        assert kept([[4, 0.25], [0.25, 1]]) == ([0, 1], 0.125)
        # ‖H − I‖_∞ = ¼ is too far, and so is a sum of two angles of 3/16.
        assert kept([[1, 0.25], [0.25, 1]])[0] == [0]
        three = [[1, 0.1875, 0], [0.1875, 1, 0.1875], [0, 0.1875, 1]]
        assert kept(three)[0] == [0, 1]


def test_a_spread_holds_the_rounding_of_its_sum():
    a, b = 2.0**-3, 2.0**-9  # a + b has seven bits
    with BALLS.precision(6):
        kept, spread = _independent(
            arb_mat([[1, a, b], [a, 1, 0], [b, 0, 1]]), [0, 1, 2]
        )
    assert kept == [0, 1, 2]
    assert a + b <= spread <= a + b + 2.0**-8


def test_a_wide_number_has_all_of_its_sizes():
    with BALLS.precision(64):
        wide = arb_mat([[arb(1.5, 0.5)]])  # from 1 to 2
        low, high = norm_in_balls(wide)
        ((below, above),) = singular_values_in_balls(wide)
    for least, most in ((low, high), (below, above)):
        assert least.lower() <= 1
        assert most.upper() >= 2


def test_a_number_that_may_be_zero_has_no_size_for_certain():
    with BALLS.precision(64):
        low, high = norm_in_balls(arb_mat([[arb(0, 0.5)]]))
    assert low == 0
    assert 0.5 <= high < 0.51


def test_a_matrix_of_zeros_has_no_norm_and_no_values():
    zero = arb_mat(2, 2)
    assert norm_in_balls(zero) == (0, 0)
    assert singular_values_in_balls(zero) == [(0, 0)] * 2
    stack = np.zeros((1, 2, 2))
    assert log_norm_in_balls(stack) == (-math.inf, -math.inf)
    assert log_power_norm_in_balls(stack[0], 3) == (-math.inf, -math.inf)
    assert log_singular_values_in_balls(stack) == ([-math.inf] * 2, [-math.inf] * 2)


def test_what_is_not_told_from_its_neighbours_is_bounded_by_all_that_is_left():
    # The first column alone is kept; the others may hold all of their length.
    A = np.array([[2.0, 1.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    with BALLS.precision(64):
        found = singular_values_in_balls(in_balls(A))
    check(A, 64)
    assert all(above.is_finite() for _, above in found)
