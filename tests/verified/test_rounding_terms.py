"""What rounding and underflow may add is in every enclosure, however large it is.

u and η are 1e-16 and less in every computation, where nothing would show; so they are
made large here, and what they do to an enclosure is held to the formula for it.
"""

import math

import numpy as np
import pytest

from gradlab.linalg.arithmetic import FLOAT64
from gradlab.verified import (
    _float_products,
    definite,
    eigen,
    enclosed_numerical_abscissa,
    enclosed_resolvent_norm,
    numerical_range,
    resolvent,
    singular,
)
from gradlab.verified._float_products import product_in_float64
from gradlab.verified.resolvent import resolvent_norms_on_circle
from gradlab.verified.singular import singular_values_between

ETA, STEP = 2.0**-10, 2.0**-8
NEAR = 1e-13  # some n² u of numbers near 1
SIZES = [1, 2, 3]


@pytest.fixture(params=[(ETA, 0.0), (0.0, STEP), (ETA, STEP)])
def lost(request, monkeypatch):
    """Let η and the step of a sum that is rounded up be large, and return them."""
    eta, step = request.param
    for module in (numerical_range, resolvent, definite, singular, eigen):
        if hasattr(module, "ETA"):
            monkeypatch.setattr(module, "ETA", eta)
        if hasattr(module, "up_excess"):
            monkeypatch.setattr(module, "up_excess", lambda y: 0 * np.abs(y) + step)
    return eta, step


@pytest.mark.parametrize("n", SIZES)
def test_an_abscissa_has_them(n, lost):
    eta, step = lost
    # Both parts of S lack η, in A and in Aᵀ; H and M are rounded up once each.
    missing = n * (4 * eta + 2 * step) / 2
    found = enclosed_numerical_abscissa(0.75 * np.eye(n))
    assert found.lower == pytest.approx(0.75 - missing, abs=NEAR)
    assert found.upper == pytest.approx(0.75 + missing, abs=NEAR)


def test_an_abscissa_of_a_complex_matrix_takes_a_step_for_each_part(lost):
    eta, step = lost
    found = enclosed_numerical_abscissa(0.75 * np.eye(2) * (1 + 0j))
    missing = 2 * (4 * eta + 4 * step) / 2
    assert found.upper == pytest.approx(0.75 + missing, abs=NEAR)


def test_a_longer_direction_loses_more(lost):
    eta, step = lost
    directions = np.array([[0.0, 3.0, -2.0], [1.0, -4.0, -2.0]])
    _, high = numerical_range._abscissas(np.zeros((1, 1)), directions, FLOAT64)
    lengths = np.abs(directions).sum(axis=0)
    assert high == pytest.approx(2 * eta * lengths + 2 * step, abs=NEAR)


def test_an_error_at_an_entry_is_one_at_its_mirror_image(monkeypatch):
    usual, error = numerical_range.mm, np.array([[0.0], [0.125], [0.0], [0.0]])
    monkeypatch.setattr(
        numerical_range, "mm", lambda *args: (usual(*args)[0], error.copy())
    )
    found = enclosed_numerical_abscissa(0.75 * np.eye(2))
    # Half of ‖E + Eᵀ‖_F.
    assert found.upper == pytest.approx(0.75 + 0.125 * math.sqrt(2) / 2, abs=NEAR)
    assert found.lower == pytest.approx(0.75 - 0.125 * math.sqrt(2) / 2, abs=NEAR)


@pytest.mark.parametrize("n", SIZES)
def test_a_resolvent_has_them(n, lost):
    eta, step = lost
    found = enclosed_resolvent_norm(0.25 * np.eye(n), 0.75)
    missing = 2 * step + 2 * n * eta
    assert found.lower == pytest.approx(1 / (0.5 + missing), abs=NEAR)
    assert found.upper == pytest.approx(1 / (0.5 - missing), abs=NEAR)


@pytest.mark.parametrize("n", SIZES)
def test_resolvents_on_a_circle_have_them(n, lost):
    eta, step = lost
    found = resolvent_norms_on_circle(0.5 * np.eye(n), 1.0, 4)
    # A step for each part of the point, one for each of its distance, and the radius.
    missing = 4 * step + 2 * n * eta + 2 * eta
    assert found[0] == pytest.approx(1 / (0.5 - missing), abs=NEAR)
    assert found[2] == pytest.approx(1 / (1.5 - missing), abs=NEAR)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 2), (2, 3)])
def test_singular_values_have_them(shape, lost):
    eta, _ = lost
    low, high = singular_values_between(0.75 * np.eye(*shape))
    assert low == pytest.approx(0.75 - eta * max(shape), abs=NEAR)
    assert high == pytest.approx(0.75 + eta * max(shape), abs=NEAR)


@pytest.mark.parametrize("errors", [(0.125, 0.0), (0.0, 0.0625), (0.125, 0.0625)])
def test_singular_values_have_the_errors_of_both_products(errors, monkeypatch):
    usual, each = singular.mm, iter(errors)

    def mm(*args):
        product, _ = usual(*args)
        return product, np.full(product.shape, next(each))

    monkeypatch.setattr(singular, "mm", mm)
    low, high = singular_values_between(0.75 * np.eye(2))
    assert low == pytest.approx(0.75 - 2 * sum(errors), abs=NEAR)
    assert high == pytest.approx(0.75 + 2 * sum(errors), abs=NEAR)


def test_discs_have_them(lost):
    eta, _ = lost
    found = eigen._discs_in_float64(np.diag([0.5, 0.75]), FLOAT64)
    assert found.radii == pytest.approx(2 * eta, abs=NEAR)


@pytest.mark.parametrize("gap", [0.0, 1e-3, 0.25])
def test_a_matrix_is_clearly_definite_by_more_than_a_step(gap, monkeypatch):
    monkeypatch.setattr(definite, "up_excess", lambda y: 0 * y + gap)
    for above, expected in ((1e-12, True), (-1e-12, False)):
        M = np.diag([0.5, gap + above])
        assert definite._is_clearly_definite(M, FLOAT64) == expected


def test_the_largest_step_of_all_counts(monkeypatch):
    # (½ − λ) (1 + ½) < ½ for λ > 1/6; on the diagonal of the ½ nothing is missed.
    monkeypatch.setattr(definite, "up_excess", lambda y: np.abs(y) / 2)
    for least in (1 / 6 + 1e-9, 1 / 6 - 1e-9):
        M = np.diag([0.5, least])
        assert definite._is_clearly_definite(M, FLOAT64) == (least > 1 / 6)


@pytest.mark.parametrize("n", SIZES)
def test_a_product_has_them(n, monkeypatch):
    monkeypatch.setattr(_float_products, "ETA", ETA)
    found = product_in_float64(np.stack([np.eye(n)] * 2), FLOAT64)
    assert found.mantissa.tolist() == (0.5 * np.eye(n)).tolist()
    # Two halves of the identity that lack n η; ‖I/2‖ is taken for n^(1/8)/2 at most.
    lack, size = n * ETA, n**0.125 / 2
    total = size * lack + lack * (size + lack)
    assert found.exponent == 1
    assert found.error == pytest.approx(2 * total + lack, abs=NEAR)
    one = product_in_float64(np.eye(n)[None], FLOAT64)
    assert one.error == pytest.approx(lack, abs=NEAR)


def test_a_product_of_unequal_factors_carries_the_error_of_each(monkeypatch):
    monkeypatch.setattr(_float_products, "ETA", ETA)
    late, early = np.array([[0.5]]), np.array([[0.75]])
    nodes, errors = np.stack([early, late]), np.array([0.25, 0.125])
    node, error, exponent = _float_products._paired(
        nodes, errors, np.array([3, 4]), FLOAT64
    )
    # 0.375 is 0.75/2.
    assert (node[0, 0, 0], exponent[0]) == (0.75, 6)
    total = 0.5 * 0.25 + 0.125 * (0.75 + 0.25)
    assert error[0] == pytest.approx(2 * total + ETA, abs=NEAR)
    assert math.isclose(2 * total + ETA, 0.5 + ETA)
