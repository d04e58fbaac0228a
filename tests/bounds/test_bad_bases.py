"""Bounds from bases that are far from what they were made for: right, and no wider.

With one unit all is exact: V⁻¹WV = W whatever V is, and for X = (1 − r)/V the bound has
to give back the factor that X lacks.  It is sharp then, for every residual r < ½.
"""

import math

import numpy as np
import pytest

from gradlab.bounds import linear_radius, triangular_transient
from gradlab.bounds.linear_radius import _with_basis
from gradlab.bounds.triangular_transient import _with_schur_basis
from gradlab.linalg.similar import Similar
from gradlab.verified import Enclosure
from tests.oracles.exact_norms import exact_product
from tests.oracles.gain import gain_at_most

# Logarithms of T + 2 norms of one number, each known to 40 u, and u of itself.
U = 2.0**-53
RESIDUALS = [0.0, 0.25, 0.3, 0.49]
WEIGHTS = [0.5, -0.75, 3.0, 2.0**-40]


def is_sharp(found, w, T, v=1.0):
    exact = T * math.log(abs(w))
    above = gain_at_most(exact_product([[[w]]] * T), found)
    largest = 1 + abs(math.log(abs(w))) + abs(math.log(v))
    return above and found <= exact + 40 * U * (T + 2) * largest


@pytest.mark.parametrize("w", WEIGHTS)
@pytest.mark.parametrize("r", RESIDUALS)
@pytest.mark.parametrize("T", [1, 12])
def test_a_linear_radius_gives_back_what_an_inverse_lacks(w, r, T):
    for v in (1.0, 0.1, 1e3):
        V, X = np.array([[v]]), np.array([[(1 - r) / v]])
        assert is_sharp(_with_basis(np.array([[w]]), T, V, X), w, T, v)


@pytest.mark.parametrize("w", WEIGHTS)
@pytest.mark.parametrize("r", RESIDUALS)
@pytest.mark.parametrize("T", [1, 12])
def test_a_triangular_form_gives_back_what_a_basis_lacks(w, r, T, monkeypatch):
    basis = np.array([[math.sqrt(1 - r)]])
    monkeypatch.setattr(triangular_transient, "schur_basis", lambda S: basis)
    assert is_sharp(_with_schur_basis(np.array([[w]]), T), w, T)


@pytest.mark.parametrize("r", RESIDUALS)
@pytest.mark.parametrize("T", [1, 12])
def test_a_triangular_form_has_what_is_missing_from_it(r, T, monkeypatch):
    # |M| + E = 5/8 of 2S = 3/2, and r/(1 − r) of that again; κ ≤ 1/(1 − r).
    found = Similar(np.array([[-0.5]]), np.array([[0.125]]), r)
    monkeypatch.setattr(triangular_transient, "schur_basis", lambda S: np.eye(1))
    monkeypatch.setattr(triangular_transient, "similar", lambda *_: found)
    exact = T * math.log(2 * 0.625) - (T + 1) * math.log(1 - r)
    value = _with_schur_basis(np.array([[1.5]]), T)
    assert value == pytest.approx(exact, abs=40 * U * (T + 2))


def test_a_triangular_form_has_the_upper_end_of_its_power(monkeypatch):
    power = Enclosure.between(-1.0, 2.0)
    monkeypatch.setattr(triangular_transient, "schur_basis", lambda S: np.eye(1))
    monkeypatch.setattr(
        triangular_transient, "enclosed_log_power_gain", lambda *_: power
    )
    value = _with_schur_basis(np.array([[1.5]]), 3)
    assert value == pytest.approx(2.0 + 3 * math.log(2), abs=40 * U * 5)


@pytest.mark.parametrize("r", [0.51, 0.75, 1.0, 1.5])
def test_a_basis_with_a_residual_from_a_half_on_is_none(r, monkeypatch):
    V, X = np.eye(1), np.array([[1 - r]])
    assert _with_basis(np.array([[2.0]]), 3, V, X) == math.inf
    basis = np.array([[math.sqrt(abs(1 - r))]])
    if r <= 1:
        monkeypatch.setattr(triangular_transient, "schur_basis", lambda S: basis)
        assert _with_schur_basis(np.array([[2.0]]), 3) == math.inf


@pytest.mark.parametrize("best", [0, 1, 5])
def test_a_search_ends_after_eight_bases_that_gain_nothing(best, monkeypatch):
    W, tried = np.eye(2), []

    def bases(_):
        for k in range(30):
            tried.append(k)
            good = 1.0 if k == best else 2.0 ** abs(k - best)
            yield np.diag([1.0, good]), np.diag([1.0, 1 / good])

    monkeypatch.setattr(linear_radius, "graded_schur_bases", bases)
    found = linear_radius._with_graded_schur(W, 5)
    assert found == pytest.approx(0.0, abs=1e-12)
    assert tried == [*range(best + 9)]


def test_a_search_that_finds_no_basis_at_all_ends_too(monkeypatch):
    tried = []

    def bases(_):
        for k in range(30):
            tried.append(k)
            yield np.eye(2), np.zeros((2, 2))

    monkeypatch.setattr(linear_radius, "graded_schur_bases", bases)
    assert linear_radius._with_graded_schur(np.eye(2), 5) == math.inf
    assert len(tried) == 8


def test_the_best_of_several_bases_is_taken(monkeypatch):
    W = np.array([[2.0, 0.0], [0.0, 1.0]])
    good = np.eye(2), np.eye(2)
    bad = np.eye(2), np.zeros((2, 2))
    monkeypatch.setattr(linear_radius, "graded_schur_bases", lambda _: [bad, good, bad])
    found = linear_radius._with_graded_schur(W, 5)
    assert found == pytest.approx(5 * math.log(2), rel=1e-13)
