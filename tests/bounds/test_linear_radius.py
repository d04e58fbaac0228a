"""Facts about the linear bound: its rate is ρ and its transient has the right power."""

import math

import numpy as np
import pytest

from gradlab.bounds import LinearRadius, NormProduct
from gradlab.cells import RNN, Linear
from gradlab.dynamics import Trajectory, run


def powers(W, T):
    n = len(W)
    cell = Linear(W, np.zeros((n, 1)))
    return Trajectory(cell, np.zeros((T + 1, n)), np.zeros((T, 1)))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_jordan_block_keeps_its_polynomial_factor(n):
    # ‖J^T‖ ~ C(T, n−1) λ^(T−n+1); grading the columns by δ costs a factor that does
    # not grow with T: √(2π(n−1)) by Stirling's formula, and a little for T < ∞.
    J = 0.9 * np.eye(n) + np.eye(n, k=1)
    for T in (100, 1_000, 10_000):
        leading = math.log(math.comb(T, n - 1)) + (T - n + 1) * math.log(0.9)
        found = LinearRadius().log_bound(powers(J, T))
        assert leading < found < leading + 0.5 + math.log(2 * math.pi * n) / 2


def test_the_rate_is_the_radius_also_for_complex_pairs():
    # [[0, −4], [1, 0]] turns with ρ = 2 and κ(V) = 2: 1.5 is its odd powers' excess.
    W = np.array([[0.0, -4.0], [1.0, 0.0]])
    found = LinearRadius().log_bound(powers(W, 1_001))
    assert found == pytest.approx(1_002 * math.log(2), abs=1e-10)


def test_a_complex_pair_in_a_defective_matrix_goes_through_the_schur_form():
    # Two equal blocks ρR, coupled by I: no eigenbasis, and ‖W^T‖ ~ T ρ^(T−1).
    R = 0.9 * np.array([[0.6, -0.8], [0.8, 0.6]])
    W = np.block([[R, np.eye(2)], [np.zeros((2, 2)), R]])
    T = 1_000
    leading = math.log(T) + (T - 1) * math.log(0.9)
    found = LinearRadius().log_bound(powers(W, T))
    assert leading < found < leading + 2.0


def test_it_is_never_above_the_product_of_norms():
    rng = np.random.default_rng(0)
    for n in (1, 3, 10):
        for T in (1, 10, 100):
            run_ = powers(rng.normal(size=(n, n)), T)
            norms = NormProduct().log_bound(run_)
            # Both add up T times the same norm, which may round T times.
            assert LinearRadius().log_bound(run_) <= norms + 1e-12


def test_an_identity_rnn_is_linear_too():
    W = np.array([[0.5, 3.0], [0.0, 0.5]])
    cell = RNN(W, np.zeros((2, 1)), np.ones(2), activation="identity")
    trajectory = run(cell, np.zeros(2), np.zeros((20, 1)))
    bound = LinearRadius()
    assert bound.log_bound(trajectory) == bound.log_bound(powers(W, 20))


def test_zero_weights_have_no_gain():
    assert LinearRadius().log_bound(powers(np.zeros((3, 3)), 5)) == -math.inf


def test_a_nilpotent_block_goes_below_every_geometric_rate():
    # J^12 = 0; the search for δ ends where the scale of a column leaves its range.
    found = LinearRadius().log_bound(powers(np.eye(12, k=1), 1_000))
    assert found < 1_000 * math.log(1e-6)
