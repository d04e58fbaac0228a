"""The cliff: published gradients, the touching line, and what a network really does."""

import numpy as np
import pytest
import sympy

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError
from gradlab.gradients import Full
from gradlab.objectives import SquaredError
from gradlab.symbolic import cliff, cliff_proof, scalar_unit
from gradlab.symbolic.scalar import A, W

Q = sympy.Rational
HALF, TARGET = Q(1, 2), Q(7, 10)

# SB05: dE/db and dE/dw at h_0 = 1/2, that is x_0 = 0, on b = −w/2; 25 digits.
PUBLISHED = {
    5: ("-28025.56928649634141847459", "-14012.7846432481707092373"),
    6: ("-127524299.8428099173806816", "-63762149.92140495869034078"),
    8: ("-112589990684262.3", "-56294995342131.15"),
    10: ("-5259072701473412036.011524", "-2629536350736706018.005762"),
}


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_every_step_of_the_proof_is_zero(activation):
    for step in cliff_proof(activation):
        assert step.holds, step.claim


@pytest.mark.parametrize(("weight", "published"), PUBLISHED.items())
def test_the_published_gradients_on_the_cliff(weight, published):
    found = cliff(0, steps=50, target=TARGET)
    assert found.line == -W / 2
    by_w, by_b = (part.subs(W, weight) for part in found.gradient)
    for exact, text in ((by_b, published[0]), (by_w, published[1])):
        digits = len(text.replace("-", "").replace(".", ""))
        assert abs(exact / Q(text) - 1) < Q(10) ** (2 - digits)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("x0", [Q(1, 2), Q(-3, 4), Q(2)])
def test_the_line_touches_the_fold_and_does_not_cross_it(activation, x0):
    """The fold is convex seen from the line: b_fold − b_line has one sign, 0 at x_0."""
    unit, found = (
        scalar_unit(activation),
        cliff(x0, steps=1, target=0, activation=activation),
    )
    w, b = found.start
    assert sympy.simplify((found.line.subs(W, w) - b).rewrite(sympy.exp)) == 0
    # On the arm that it touches, which is the one with a of the sign of x_0.
    sides = [
        float(unit.fold[1].subs(A, a) - found.line.subs(W, unit.fold[0].subs(A, a)))
        for a in (np.sign(float(x0)) * np.linspace(0.05, 3, 24)).tolist()
    ]
    assert min(sides) >= -1e-12 or max(sides) <= 1e-12


@pytest.mark.parametrize("weight", [4.5, 5.0])
def test_a_network_on_the_cliff_has_that_gradient(weight):
    """Backpropagation through fifty steps of an RNN, whose h_t is σ(x_t).

    b is rounded, and the run drifts off the repeller by μ^50 ulps: 3e3 at w = 5.
    """
    found = cliff(HALF, steps=50, target=TARGET)
    b = float(found.line.subs(W, weight))
    cell = RNN([[weight]], np.zeros((1, 1)), [b], "sigmoid")
    h0 = 1 / (1 + np.exp(-0.5))
    trajectory = run(cell, [h0], np.zeros((50, 1)))
    # ℓ = ½ (o − y)² at the last step alone: E is twice that; the mean is over 50.
    targets = trajectory.hidden.copy()
    targets[-1] = 0.7
    gradient = Full().gradient(SquaredError(trajectory, targets, [[1.0]]))
    for name, exact in zip(("W_hh", "b_h"), found.gradient, strict=True):
        measured = 100 * float(gradient.params[name].ravel()[0])
        assert measured == pytest.approx(float(exact.subs(W, weight)), rel=1e-9)


def test_another_activation_is_refused():
    with pytest.raises(InputError, match="`activation` must be one of"):
        cliff(HALF, steps=50, target=TARGET, activation="relu")
