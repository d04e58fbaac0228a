"""Eigenvalues of products do not change, or change as they must."""

import math

import numpy as np
import pytest

from gradlab.linalg import graded_product, orthogonal, periodic_eigenvalues
from gradlab.linalg._cyclic_balance import balanced_cycle
from gradlab.linalg._cyclic_sweep import CyclicSweep
from gradlab.linalg._engines import choose_sweep
from tests.linalg.families import gaussian_chain, tanh_chain
from tests.linalg.matching import apart
from tests.oracles.eigenvalues import logs_and_phases

EPS = np.finfo(float).eps


@pytest.fixture
def factors(rng):
    return gaussian_chain(5, 12, rng)


def agree(found, expected, tolerance=1e-12):
    """Whether moduli and phases are the same, to rounding of moderate conditions."""
    pairs = list(zip(expected.log_moduli, expected.phases, strict=True))
    return apart(found, pairs).max() < tolerance


def test_the_cycle_may_begin_anywhere(factors):
    expected = periodic_eigenvalues(factors)
    for cut in (1, 5):
        assert agree(periodic_eigenvalues(np.roll(factors, cut, axis=0)), expected)


def test_transposed_and_reversed(factors):
    expected = periodic_eigenvalues(factors)
    assert agree(periodic_eigenvalues(factors[::-1].transpose(0, 2, 1)), expected)


def test_inverses_have_opposite_logs(factors):
    found = periodic_eigenvalues(np.linalg.inv(factors)[::-1])
    expected = periodic_eigenvalues(factors)
    np.testing.assert_allclose(
        found.log_moduli, -expected.log_moduli[::-1], rtol=0, atol=1e-11
    )


def test_scaling_shifts_the_logs(factors):
    found = periodic_eigenvalues(-1024.0 * factors)
    expected = periodic_eigenvalues(factors)
    moved = found.log_moduli - 12 * math.log(1024.0)
    np.testing.assert_allclose(moved, expected.log_moduli, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.phases, expected.phases, atol=1e-12)


def test_repetition_multiplies_the_logs(factors):
    found = periodic_eigenvalues(np.tile(factors, (5, 1, 1)))
    once = periodic_eigenvalues(factors)
    np.testing.assert_allclose(
        found.log_moduli, 5 * once.log_moduli, rtol=1e-13, atol=1e-12
    )


def test_moduli_add_up_to_the_determinant(factors):
    total = graded_product(factors).log_abs_det
    assert abs(periodic_eigenvalues(factors).log_moduli.sum() - total) < 1e-12


def test_engines_agree(factors):
    pytest.importorskip("numba")
    found = periodic_eigenvalues(factors, engine="numba")
    assert agree(found, periodic_eigenvalues(factors, engine="numpy"))


def test_a_bad_balance_is_undone(rng):
    # Powers of two between the steps that cancel: not one digit may be lost to them.
    factors = gaussian_chain(4, 6, rng)
    powers = rng.integers(-60, 60, size=(6, 4))
    scaled = np.ldexp(factors, powers[:, :, None] - np.roll(powers, 1, 0)[:, None])
    assert agree(periodic_eigenvalues(scaled), periodic_eigenvalues(factors))


@pytest.mark.parametrize("T", [1, 2, 7])
def test_balance_evens_out_rows_and_columns(T, rng):
    factors = gaussian_chain(4, T, rng)
    powers = rng.integers(-90, 90, size=(T, 4))
    scaled = np.ldexp(factors, powers[:, :, None] - np.roll(powers, 1, 0)[:, None])
    (found,) = balanced_cycle([scaled])
    off = np.abs(found * (1 - np.eye(4)) if T == 1 else found)
    rows = np.log2(off.max(axis=2))
    columns = np.log2(np.roll(off.max(axis=1), -1, axis=0))
    # Scales are whole powers of two, and moves of one power end the iteration.
    assert np.abs(rows - columns).max() <= 4
    np.testing.assert_array_equal(
        logs_and_phases(found).round(12), logs_and_phases(scaled).round(12)
    )


def test_each_step_of_the_sweep_is_backward_stable(rng):
    factors = tanh_chain(12, 40, 8.0, rng)
    X = orthogonal(12, gain=1.0, rng=rng)
    sweep = choose_sweep("numpy", 12, 40)
    for J in factors:
        swept = CyclicSweep.through([J[None]], X, sweep, keeps_triangles=True)
        (U,) = swept.triangles
        moved, back = J @ X, math.exp(swept.shift) * swept.frame @ U
        # n ε of every row, however small it is beside the others.
        rows = np.abs(J).sum(axis=1)
        assert (np.abs(moved - back).max(axis=1) <= 12 * EPS * rows).all()
        X = np.linalg.qr(swept.frame)[0]
