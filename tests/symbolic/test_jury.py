"""Jury's conditions: exact on rationals, products of the roots, and never a float."""

from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.symbolic import jury_conditions


def all_roots_inside(coefficients):
    """Decide |z| < 1 for every root, in balls around roots of an integer polynomial.

    None where a ball reaches the circle.
    """
    common = sympy.ilcm(*(Fraction(c).denominator for c in coefficients))
    integers = [int(Fraction(c) * int(common)) for c in coefficients][::-1]
    moduli = [abs(root) for root, _ in flint.fmpz_poly(integers).complex_roots()]
    if any(not (m < 1) and not (m > 1) for m in moduli):
        return None
    return all(m < 1 for m in moduli)


RATIONALS = st.builds(Fraction, st.integers(-12, 12), st.integers(1, 8))
LEADING = st.builds(Fraction, st.integers(1, 9), st.integers(1, 4))


@given(LEADING, st.lists(RATIONALS, min_size=1, max_size=6))
def test_the_conditions_decide_as_the_roots_do(first, rest):
    truth = all_roots_inside([first, *rest])
    if truth is not None:
        assert jury_conditions([first, *rest]).holds() is truth


INSIDE = st.builds(Fraction, st.integers(-15, 15), st.just(16))


def from_roots(roots):
    """Return the coefficients of ∏(z − r), the leading one first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [*coefficients, Fraction(0)]
        coefficients = [
            high - root * low
            for high, low in zip(shifted, [Fraction(0), *coefficients], strict=True)
        ]
    return coefficients


@given(st.lists(INSIDE, min_size=1, max_size=5), st.sampled_from([-3, -1, 2]))
def test_a_stable_polynomial_passes_and_one_root_moved_out_fails(roots, scale):
    """Every root inside, by construction; then one of them is replaced by ±17/16."""
    assert jury_conditions([scale * c for c in from_roots(roots)]).holds()
    for outside in (Fraction(17, 16), Fraction(-17, 16), Fraction(1), Fraction(-1)):
        assert not jury_conditions(from_roots([*roots[1:], outside])).holds()


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_margins_are_products_of_the_roots(n):
    """∏(1 − λ_i), ∏(1 + λ_i), ∏_{i<j}(1 − λ_i λ_j): expanded, the difference is 0."""
    roots, z = sympy.symbols(f"l1:{n + 1}"), sympy.Symbol("z")
    p = sympy.Poly(sympy.prod([z - root for root in roots]), z)
    found = jury_conditions(p.all_coeffs())
    pairs = [1 - roots[i] * roots[j] for i in range(n) for j in range(i)]
    assert sympy.expand(found.fold - sympy.prod([1 - r for r in roots])) == 0
    assert sympy.expand(found.flip - sympy.prod([1 + r for r in roots])) == 0
    assert sympy.expand(found.neimark_sacker - sympy.prod(pairs)) == 0


def test_degree_two_is_the_triangle():
    """|tr| < 1 + det < 2, whose third side 1 + det > 0 follows from the others."""
    tr, det = sympy.symbols("tr det")
    found = jury_conditions([1, -tr, det])
    assert found.fold == 1 - tr + det
    assert found.flip == 1 + tr + det
    assert found.inners == ((1 + det, 1 - det),)
    assert sympy.expand(found.fold + found.flip - 2 * (1 + det)) == 0


def test_degree_three_is_the_textbook():
    """1 − a_1 + a_0 a_2 − a_0² > 0 beside p(1) > 0 and −p(−1) > 0."""
    a_2, a_1, a_0 = sympy.symbols("a_2 a_1 a_0")
    found = jury_conditions([1, a_2, a_1, a_0])
    assert sympy.expand(found.neimark_sacker - (1 - a_1 + a_0 * a_2 - a_0**2)) == 0
    assert sympy.expand(found.flip - (1 - a_2 + a_1 - a_0)) == 0


def test_degree_one():
    a = sympy.Symbol("a")
    found = jury_conditions([1, -a])
    assert found.expressions == (1 - a, 1 + a)
    assert found.neimark_sacker is None


def test_on_the_circle_is_not_inside():
    assert not jury_conditions([1, 0, 1]).holds()  # ±i
    assert not jury_conditions([1, -1]).holds()
    assert not jury_conditions([1, 0, 0, 1]).holds()
    assert jury_conditions([1, 0, 0, Fraction(10**30 - 1, 10**30)]).holds()


@pytest.mark.parametrize("bad", [[], [1], 3, [[1, 2]]])
def test_a_polynomial_has_a_root(bad):
    with pytest.raises(ShapeError, match=r"`coefficients` must have shape \(n \+ 1,\)"):
        jury_conditions(bad)


def test_what_cannot_be_decided_is_refused():
    with pytest.raises(InputError, match="must begin with one that is not 0"):
        jury_conditions([0, 1, 2])
    with pytest.raises(InputError, match="must be rational to decide; got"):
        jury_conditions([1, sympy.Symbol("x")]).holds()
    with pytest.raises(InputTypeError):
        jury_conditions([1, "x"])
