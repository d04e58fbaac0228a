"""The unrolled sum is the recursion: by induction for every t, matrices in order."""

import dataclasses

import pytest
import sympy

from gradlab.errors import InputError
from gradlab.symbolic import (
    recursive_gradient,
    unrolled_gradient,
    unrolled_sum_proof,
)


def test_the_proof_by_induction_holds_step_by_step():
    proof = unrolled_sum_proof()
    assert len(proof) == 4
    for step in proof:
        assert step.holds, step.claim
        assert sympy.simplify(step.difference) == 0
        assert step.left != step.right  # there was something to prove


def test_a_step_that_is_wrong_does_not_hold():
    _, _, older, _ = unrolled_sum_proof()
    t, i = sympy.symbols("t i", integer=True, positive=True)
    b, c, P = (sympy.Function(name, commutative=False) for name in "bcP")
    right_side = P(t - 1, i) * c(t) * b(i)  # c(t) on the wrong side of the product
    wrong = older.left.subs(P(t, i), c(t) * P(t - 1, i)) - right_side
    assert not dataclasses.replace(older, right=right_side, difference=wrong).holds


@pytest.mark.parametrize("T", [1, 2, 3, 6])
def test_the_sum_is_the_recursion_multiplied_out(T):
    assert sympy.expand(recursive_gradient(T) - unrolled_gradient(T)) == 0
    assert len(sympy.Add.make_args(unrolled_gradient(T))) == T


def test_the_opposite_order_is_another_sum():
    c_2, c_3, b_1 = (
        sympy.Symbol(name, commutative=False) for name in ("c_2", "c_3", "b_1")
    )
    swapped = unrolled_gradient(3).subs(c_3 * c_2 * b_1, c_2 * c_3 * b_1)
    assert sympy.expand(swapped - recursive_gradient(3)) != 0


def test_explicit_matrices_agree():
    """a_t run as a recursion of matrices of symbols, n = 2, p = 3, T = 4."""
    T, n, p = 4, 2, 3
    b = [sympy.Matrix(n, p, sympy.symbols(f"b{t}_:{n * p}")) for t in range(1, T + 1)]
    c = [sympy.Matrix(n, n, sympy.symbols(f"c{t}_:{n * n}")) for t in range(1, T + 1)]
    a = sympy.zeros(n, p)
    for t in range(T):
        a = b[t] + c[t] * a
    total = sympy.zeros(n, p)
    for term in sympy.Add.make_args(unrolled_gradient(T)):
        product = sympy.eye(n)
        for factor in sympy.Mul.make_args(term):
            name, t = factor.name.split("_")
            product = product * (b if name == "b" else c)[int(t) - 1]
        total += product
    assert (a - total).expand() == sympy.zeros(n, p)


@pytest.mark.parametrize("function", [recursive_gradient, unrolled_gradient])
def test_there_is_at_least_one_step(function):
    with pytest.raises(InputError, match="`T` must be an integer >= 1; got 0"):
        function(0)
