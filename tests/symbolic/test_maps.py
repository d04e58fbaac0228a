"""Hénon and logistic: cycles return, and multipliers are those of the Jacobians."""

import pytest
import sympy

from gradlab.cells import RNN, Henon, Logistic
from gradlab.errors import InputTypeError
from gradlab.symbolic import jacobian, jury_conditions, solvable_cycles
from gradlab.symbolic.jacobian import symbolic_step

KINDS = {Henon: 2, Logistic: 1}
CASES = [
    pytest.param(kind, cycle, id=f"{kind.__name__} {cycle.name}")
    for kind in KINDS
    for cycle in solvable_cycles(kind)
]


@pytest.mark.parametrize(("kind", "cycle"), CASES)
def test_every_state_is_taken_to_the_next(kind, cycle):
    h, _, image = symbolic_step(kind, KINDS[kind], 0)
    following = [*cycle.states[1:], cycle.states[0]]
    for state, after in zip(cycle.states, following, strict=True):
        at = dict(zip(h, state, strict=True))
        for formula, expected in zip(image, after, strict=True):
            assert sympy.simplify(formula.subs(at) - expected) == 0


@pytest.mark.parametrize(("kind", "cycle"), CASES)
def test_multipliers_are_the_eigenvalues_of_the_product(kind, cycle):
    """Trace and determinant of the product are sum and product of the multipliers."""
    n = KINDS[kind]
    h, _, _ = symbolic_step(kind, n, 0)
    product = sympy.eye(n)
    for state in cycle.states:
        at = dict(zip(h, state, strict=True))
        product = jacobian(kind, n, 0).subs(at) * product
    assert len(cycle.multipliers) == n
    assert sympy.simplify(product.trace() - sum(cycle.multipliers)) == 0
    assert sympy.simplify(product.det() - sympy.prod(cycle.multipliers)) == 0


def test_henon_folds_and_flips_where_the_textbook_says():
    """Fold at 4a = −(1 − b)², flip at 4a = 3(1 − b)²: where the roots appear."""
    a, b = sympy.symbols("a b", real=True)
    plus, _, pair = solvable_cycles(Henon)
    x = plus.states[0][0]
    margins = jury_conditions([1, 2 * a * x, -b])  # λ² + 2 a x λ − b
    fold, flip = -((1 - b) ** 2) / 4, 3 * (1 - b) ** 2 / 4
    assert sympy.simplify(margins.fold.subs(a, fold)) == 0
    # √((1 − b)²) is |1 − b|: take the dissipative map, b < 1.
    q = sympy.Symbol("q", positive=True)
    assert sympy.simplify(margins.flip.subs(a, flip).subs(b, 1 - q)) == 0
    first, second = pair.states
    assert sympy.simplify((first - second).subs(a, flip)) == sympy.zeros(2, 1)


def test_the_superstable_logistic_cycle():
    """At r = 1 + √5 the multiplier of the 2-cycle is 0 (DS02)."""
    r = sympy.Symbol("r", real=True)
    (multiplier,) = solvable_cycles(Logistic)[2].multipliers
    assert sympy.expand(multiplier.subs(r, 1 + sympy.sqrt(5))) == 0


def test_other_cells_are_refused():
    with pytest.raises(InputTypeError, match="must be Henon or Logistic; got"):
        solvable_cycles(RNN)
