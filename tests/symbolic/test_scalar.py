"""One unit: every identity behind its bifurcation sets is proved to be 0."""

import dataclasses

import numpy as np
import pytest
import sympy

from gradlab.errors import InputError
from gradlab.symbolic import ProofStep, scalar_proof, scalar_unit
from gradlab.symbolic.enclosure import nearest_float
from gradlab.symbolic.proof import identity
from gradlab.symbolic.scalar import A, B, W

UNITS = ["tanh", "sigmoid"]


@pytest.mark.theorem("thm:one-unit")
@pytest.mark.parametrize("name", UNITS)
def test_every_step_of_the_proof_is_zero(name):
    steps = scalar_proof(name)
    assert len(steps) >= 18
    for step in steps:
        assert step.holds, step.claim
        assert sympy.simplify(step.difference) == 0


@pytest.mark.parametrize("name", UNITS)
def test_the_proof_says_something(name):
    """All but the two that are trivial for tanh have different sides."""
    alike = [step.claim for step in scalar_proof(name) if step.left == step.right]
    assert set(alike) <= {"arms: |w|", "pitchfork: the map is odd"}


def planted(unit):
    """Return units each of which has one formula wrong."""
    yield dataclasses.replace(unit, fold=(unit.fold[0], unit.fold[1] + A**3 / 1000))
    yield dataclasses.replace(unit, flip=(unit.flip[0] * 2, unit.flip[1]))
    yield dataclasses.replace(unit, cusp=(unit.cusp[0], unit.cusp[1] + 1))
    yield dataclasses.replace(unit, center=unit.center + W)
    yield dataclasses.replace(unit, stretch=unit.stretch + 1)
    yield dataclasses.replace(unit, schwarzian=-unit.schwarzian)


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("which", range(6))
def test_a_wrong_formula_fails_the_proof(name, which, monkeypatch):
    units = {key: scalar_unit(key) for key in UNITS}
    units[name] = list(planted(units[name]))[which]
    monkeypatch.setattr("gradlab.symbolic.scalar._UNITS", units)
    assert not all(step.holds for step in scalar_proof(name))


@pytest.mark.parametrize("name", UNITS)
def test_fold_and_flip_are_where_the_multiplier_is_plus_or_minus_one(name):
    """By solving w φ'(a) = ±1 and b = a − w φ(a), not by substituting."""
    unit = scalar_unit(name)
    for pair, multiplier in ((unit.fold, 1), (unit.flip, -1)):
        w = multiplier / unit.value.diff(A)
        b = A - w * unit.value
        for stated, solved in zip(pair, (w, b), strict=True):
            assert identity("", stated, solved).holds


# SB01 and SB03: 60 digits from root finding, shortened.
FOLDS = {
    ("tanh", "1.5"): ["0.20754645532203029245119999709895"],
    ("tanh", "2"): ["0.53283997535355202356907939922991"],
    ("tanh", "3"): ["1.3032739080025892542968904190319"],
    ("tanh", "5"): ["3.0285004798207690503250705971894"],
    ("tanh", "10"): ["7.6683865212730711725129816697374"],
    ("sigmoid", "5"): ["-2.6556103386306879532", "-2.3443896613693120467"],
    ("sigmoid", "6"): ["-3.4150929106440605849", "-2.5849070893559394151"],
    ("sigmoid", "10"): ["-6.8095462773118563384", "-3.1904537226881436616"],
}


@pytest.mark.parametrize(("key", "published"), FOLDS.items(), ids=str)
def test_the_arms_of_the_fold_are_the_published_numbers(key, published):
    name, weight = key
    unit, w = scalar_unit(name), sympy.Rational(weight)
    width, center = (f.subs(W, w) for f in (unit.fold_width, unit.center))
    for text in published:
        expected = sympy.Rational(text)
        sides = [center - width, center + width]
        # The published digits, of which at least 19 are given.
        assert min(abs(nearest_float(side - expected)) for side in sides) < 1e-18


@pytest.mark.parametrize("name", UNITS)
def test_widths_are_the_arms(name):
    """b − center on the parametric curve is ∓ the width at its w, in floats."""
    unit = scalar_unit(name)
    for pair, width, sign in (
        (unit.fold, unit.fold_width, -1),
        (unit.flip, unit.flip_width, 1),
    ):
        for a in np.linspace(0.1, 4.0, 9).tolist():
            w, b = (float(f.subs(A, a)) for f in pair)
            expected = sign * nearest_float(width.subs(W, sympy.Rational(w)))
            found = b - float(unit.center.subs(W, w))
            # w carries half an ulp, and b of size w was subtracted from.
            assert found == pytest.approx(expected, rel=1e-13, abs=1e-14 * abs(w))


def test_the_step_and_its_multiplier():
    unit = scalar_unit("tanh")
    assert unit.step == W * sympy.tanh(A) + B
    assert identity("", unit.multiplier, W / sympy.cosh(A) ** 2).holds


def test_there_are_two_units():
    with pytest.raises(InputError, match="`activation` must be one of 'tanh', 'sigm"):
        scalar_unit("relu")


def test_a_step_that_is_wrong_does_not_hold():
    assert not identity("wrong", sympy.cosh(A) ** 2, sympy.sinh(A) ** 2).holds
    assert not ProofStep("wrong", A, A, sympy.Rational(1, 10**12)).holds
