"""LaTeX of formulas: what stands in a paper, sign for sign."""

import pytest
import sympy

from gradlab.cells import Henon
from gradlab.errors import InputTypeError
from gradlab.symbolic import (
    jacobian,
    linear_rnn_gradients,
    to_latex,
    unrolled_gradient,
    unrolled_sum_proof,
)


def test_the_unrolled_sum_keeps_its_order():
    assert to_latex(unrolled_gradient(3)) == "b_{3} + c_{3} b_{2} + c_{3} c_{2} b_{1}"


def test_a_jacobian_is_a_matrix():
    assert to_latex(jacobian(Henon, 2, 0)) == (
        r"\left[\begin{matrix}- 2 a h_{1} & 1\\b & 0\end{matrix}\right]"
    )


def test_the_linear_rnn_is_a_list_of_equations():
    lines = to_latex(linear_rnn_gradients(2)).splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[-1] == r"\end{aligned}"
    assert lines[2] == r"\partial L / \partial h_{2} &= W_{qh}^{T} g_{2} \\"
    assert [line.partition(" &")[0] for line in lines[3:6]] == [
        rf"\partial L / \partial W_{{{name}}}" for name in ("qh", "hx", "hh")
    ]


def test_a_proof_is_written_step_by_step():
    proof = unrolled_sum_proof()
    assert to_latex(proof[1]) == r"P{\left(t,t \right)} b{\left(t \right)} = " + (
        r"b{\left(t \right)}"
    )
    assert to_latex(proof).count("&=") == 4


@pytest.mark.parametrize("thing", [None, {}, [], "x", [sympy.Symbol("x")]])
def test_what_is_no_formula_is_refused(thing):
    with pytest.raises(InputTypeError, match="`thing` must be a SymPy expression"):
        to_latex(thing)
