"""All singular values: those of exact polynomials, clusters, zeros and tiny ones."""

import math

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError
from gradlab.linalg.arithmetic import Arithmetic
from gradlab.linalg.real_form import realified
from gradlab.testing import matrices
from gradlab.verified import (
    _ball_singular,
    enclosed_least_singular_value,
    enclosed_singular_values,
)
from gradlab.verified.singular import singular_values_between
from tests.oracles.exact_norms import least_at_least, norm_at_most, singular_value_balls

squares = st.integers(1, 4).flatmap(matrices)


def check(A, found):
    for low, high, ball in zip(
        found.lower, found.upper, singular_value_balls(A, bits=2400), strict=True
    ):
        assert not ball < low
        assert not ball > high


@given(squares)
def test_all_values_are_enclosed(A):
    found = enclosed_singular_values(A, most_bits=256)
    check(A, found)
    assert norm_at_most(A, found.upper[0])
    least = enclosed_least_singular_value(A, most_bits=256)
    assert least_at_least(A, least.lower)
    least.met(found[-1])


@given(squares)
def test_float64_alone_encloses_them_within_n_n_u_of_the_norm(A):
    low, high = singular_values_between(A)
    width = (high - low).max()
    # Products, residual and defects give some 10 n² u.
    assert width <= 64 * A.size * 2.0**-53 * high[0] + 1e-300


@pytest.mark.parametrize("power", [-1000, 0, 1000])
@pytest.mark.parametrize("A", [np.ones((2, 2)), np.diag([1.0, 0.0]), np.ones((3, 2))])
def test_no_value_is_below_zero(A, power):
    low, high = singular_values_between(np.ldexp(A, power))
    assert low[0] > low[1] == 0
    assert (high >= low).all()


CLUSTERS = {
    "identity": np.eye(4),
    "orthogonal": np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0],
    "two alike": np.diag([2.0, 1.0, 1.0, 1.0 + 2.0**-52]),
    "reflection of ones": np.eye(4) - 0.5 * np.ones((4, 4)),
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_clusters_are_no_harm_and_balls_narrow_them(name):
    A = CLUSTERS[name]
    fast = enclosed_singular_values(A)
    narrow = enclosed_singular_values(A, rtol=1e-15)
    check(A, narrow)
    assert (narrow.upper <= fast.upper).all()
    assert (narrow.lower >= fast.lower).all()
    assert narrow.arithmetic.startswith("balls")
    # Two float64s around each value, or one.
    assert (narrow.upper <= np.nextafter(narrow.lower, np.inf)).all()


def test_values_far_below_the_rounding_of_the_largest_are_found_relatively():
    # Rows 1 and δ apart: σ_2 is δ/√2 or so, 10⁻²⁰ of σ_1.
    A = np.array([[1.0, 1.0], [1.0, 1.0 + 2.0**-52]])
    found = enclosed_singular_values(A)
    check(A, found)
    assert found.width[1] < 1e-9 * found.upper[1]
    # det = 1, so σ_2 = 5e-9, where LU and SVD in float64 see 0.
    unimodular = np.array([[1e8, 1e8 + 1], [1e8 - 1, 1e8]])
    found = enclosed_singular_values(unimodular)
    check(unimodular, found)
    assert found.width[1] < 1e-9 * found.upper[1]
    graded = np.diag([1.0, 2.0**-200, 2.0**-1000])
    assert enclosed_singular_values(graded, rtol=1e-15).width.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "function", [enclosed_singular_values, enclosed_least_singular_value]
)
@pytest.mark.parametrize("power", [-20, -24, -28])
def test_nine_places_are_found_unless_it_is_said(function, power):
    # In float64 alone σ_2 = 2ᵏ is known to 2⁻ᵏ u and some.
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    A = turn @ np.diag([1.0, 2.0**power]) @ turn.T
    found = function(A)
    least = singular_value_balls(A)[-1]
    assert not least < np.min(found.lower)
    assert not least > np.min(found.upper)
    # 1 + 10⁻⁹ is rounded.
    assert np.all(found.upper <= (1 + 1e-9 + 2.0**-52) * found.lower)


def test_a_zero_is_enclosed_by_zero_and_the_precision():
    A = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    found = enclosed_singular_values(A, most_bits=256)
    assert found.lower[2] == 0.0
    assert 0 < found.upper[2] < 2.0**-200
    assert found.reason == "256 bits leave it wider than was asked for"
    zero = enclosed_singular_values(np.zeros((2, 3)))
    assert zero.lower.tolist() == zero.upper.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shape", [(6, 2), (2, 6), (3, 1)])
@pytest.mark.parametrize("rtol", [1e-9, 1e-15])
def test_rectangles(shape, rtol, rng):
    A = rng.normal(size=shape)
    found = enclosed_singular_values(A, rtol=rtol)
    assert len(found.lower) == min(shape)
    check(A, found)


@pytest.mark.parametrize("rtol", [1e-9, 1e-15])
def test_complex_matrices_have_every_value_of_their_real_forms_once(rtol, rng):
    Z = rng.normal(size=(3, 3, 2)) @ [1, 1j]
    found = enclosed_singular_values(Z, rtol=rtol)
    every = singular_value_balls(realified(Z))[::2]
    for low, high, ball in zip(found.lower, found.upper, every, strict=True):
        assert not ball < low
        assert not ball > high
    assert (found.width < 1e-12).all()


def test_a_wider_matrix_has_wider_values(rng):
    A = rng.normal(size=(4, 4))
    with BALLS.precision(128):
        point = flint.arb_mat(A.tolist())
        wide = flint.arb_mat([[arb(x, 2.0**-20) for x in row] for row in A.tolist()])
        narrow = _ball_singular.singular_values_in_balls(point)
        wider = _ball_singular.singular_values_in_balls(wide)
        for _ in range(10):
            inside = A + rng.uniform(-1, 1, size=(4, 4)) * 2.0**-20
            for (low, high), ball in zip(
                wider, singular_value_balls(inside), strict=True
            ):
                assert not ball < low
                assert not ball > high
        for (low, high), (below, above) in zip(narrow, wider, strict=True):
            assert below < low
            assert high < above
            # Sixteen entries, each 2⁻²⁰ wide, go through two products.
            assert above - below < 256 * 2.0**-20


class Failing:
    """An eigensolver that finds nothing, or one vector over and over."""

    def __init__(self, entry):
        self.entry = entry

    def __call__(self, M):
        self.n = M.ncols()
        return self

    def eig(self, **options):
        n = self.n
        vectors = flint.acb_mat(n, n, [flint.acb(self.entry)] * n * n)
        return [flint.acb(0)] * n, vectors


@pytest.mark.parametrize("entry", ["nan", "1", "0"])
def test_balls_hold_whatever_the_eigensolver_returns(entry, monkeypatch):
    monkeypatch.setattr(_ball_singular, "acb_mat", Failing(entry))
    for A in (np.diag([3.0, 2.0, 1.0]), np.ones((3, 3)), np.triu(np.ones((3, 3)))):
        check(A, enclosed_singular_values(A, rtol=1e-15, most_bits=256))
        with BALLS.precision(128):
            low, high = _ball_singular.norm_in_balls(flint.arb_mat(A.tolist()))
            norm = singular_value_balls(A)[0]
        assert not norm < low
        assert not norm > high


@pytest.mark.parametrize(
    "s",
    [[1.0, 2.0], [2.0, -1.0], [math.nan, 1.0], [3.0, 1.0, 2.0], [3.0, 2.0, 2.5, 1.0]],
)
def test_singular_values_out_of_order_bound_nothing(s):
    n = len(s)
    lying = Arithmetic(svd=lambda A: (np.eye(n), np.array(s), np.eye(n)))
    low, high = singular_values_between(np.diag(np.arange(n, 0.0, -1.0)), lying)
    assert low.tolist() == [0.0] * n
    assert high.tolist() == [math.inf] * n


def test_a_wrong_basis_on_the_left_bounds_nothing_from_below():
    # [[½, ½], [0, 0]] = U diag(½, ½) to the last bit, of parallel columns: σ_2 = 0.
    U = np.array([[1.0, 1.0], [0.0, 0.0]])
    lying = Arithmetic(svd=lambda A: (U, np.array([0.5, 0.5]), np.eye(2)))
    low, high = singular_values_between(U / 2, lying)
    assert low.tolist() == [0.0, 0.0]
    assert (high >= [math.sqrt(0.5), 0.0]).all()


def test_wrong_arithmetic_leaves_it_to_balls():
    wrong = Arithmetic(matmul=lambda X, Y: np.matmul(X, Y) + 1e-3)
    A = np.array([[3.0, 0.0], [4.0, 5.0]])  # σ = √45 and √5
    for function in (enclosed_singular_values, enclosed_least_singular_value):
        found = function(A, arithmetic=wrong)
        assert found.certified
        assert found.arithmetic == "balls of 128 bits"
    assert found.lower <= math.sqrt(5) <= found.upper


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rtol": 0.0}, "`rtol` must be a finite number > 0; got 0"),
        ({"most_bits": 64}, "`most_bits` must be an integer >= 128; got 64"),
    ],
)
def test_impossible_wishes_are_refused(options, message):
    for function in (enclosed_singular_values, enclosed_least_singular_value):
        for A in (np.eye(2), np.zeros((2, 2))):  # of which nothing more is asked
            with pytest.raises(InputError, match=message):
                function(A, **options)
