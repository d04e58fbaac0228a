"""Facts about all slopes at once: beside joint spectral radii and diagonal scalings."""

import itertools
import math

import numpy as np
import pytest

from gradlab.bounds import ScaledNorm, SlopeSet, Verdict
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError
from gradlab.linalg.joint_radius import joint_spectral_radius
from gradlab.testing import powers_of
from gradlab.verified import sector_verdict

# A tanh network whose gradients vanish whatever it reads: no scaling of units shows it.
QUIET = np.array([[-0.75, 0.0, 0.75], [-0.75, 0.0, 0.0], [-0.75, 0.0, 0.5]])
STEPS = 2_000


def at_rest(W, activation="tanh"):
    n = len(W)
    cell = RNN(W, np.zeros((n, 1)), np.zeros(n), activation=activation)
    return run(cell, np.zeros(n), np.zeros((STEPS, 1)))


def vertices(W):
    """Return DW for every D of zeros and ones: the corners of the slopes' set."""
    corners = itertools.product([0.0, 1.0], repeat=len(W))
    return np.stack([np.diag(corner) @ W for corner in corners])


def test_it_proves_that_gradients_vanish_where_no_scaling_does():
    rest = at_rest(QUIET)
    rate = SlopeSet().log_bound(rest) / STEPS
    assert rate < -0.2
    assert ScaledNorm().log_bound(rest) / STEPS > 0.3


@pytest.mark.parametrize("seed", range(4))
def test_the_rate_is_above_the_joint_spectral_radius_of_the_vertices(seed):
    W = np.random.default_rng(seed).integers(-3, 4, size=(3, 3)) / 4
    # Over T steps ½ ln κ(P) is worth less than a hundredth of a nat per step.
    rate = SlopeSet().log_bound(at_rest(W)) / STEPS
    truth = joint_spectral_radius(vertices(W), rtol=1e-2, max_products=2_000)
    assert rate >= math.log(truth.lower)
    # Between them are the sector, of which the vertices are a part, and the ellipsoid.
    assert rate <= math.log(truth.upper) + math.log(len(W)) / 2


def test_slopes_below_zero_are_in_the_set():
    # At −1.3 GELU falls: its slopes there are negative, and so is the set's lower end.
    cell = RNN(-QUIET, np.zeros((3, 1)), np.full(3, -1.3), activation="gelu")
    dipping = run(cell, np.zeros(3), np.zeros((20, 1)))
    slopes = cell.slopes(dipping.states[:-1], dipping.inputs).gates
    assert slopes.min() < 0
    assert SlopeSet().certify(dipping).verdict is Verdict.PROVED


def test_what_is_too_large_for_a_solver_has_the_diagonal_bound():
    W = np.random.default_rng(0).normal(size=(17, 17)) / 5
    large = powers_of(W, 10)
    assert SlopeSet().log_bound(large) == ScaledNorm().log_bound(large)


def test_what_a_solver_says_is_decided():
    # ‖DW‖_P with P = diag(1/4, 1) is 1 for W = [[0, 2], [½, 0]], for all 0 ≤ D ≤ I.
    W, P = [[0.0, 2.0], [0.5, 0.0]], np.diag([0.25, 1.0])
    multipliers = [0.5, 2.0]
    assert sector_verdict(W, (0, 1), P, multipliers, 1.001) is Verdict.PROVED
    # Something is needed of Λ − P, and of the rate.
    assert sector_verdict(W, (0, 1), P, [0.25, 2.0], 1.001) is not Verdict.PROVED
    assert sector_verdict(W, (0, 1), P, multipliers, 0.999) is Verdict.REFUTED
    assert sector_verdict(W, (0, 1), -P, multipliers, 1.001) is Verdict.REFUTED
    # Of a wider sector nothing is known.
    assert sector_verdict(W, (-0.5, 1.5), P, multipliers, 1.001) is Verdict.REFUTED
    with pytest.raises(InputError, match=r"^`multipliers` must not be negative\.$"):
        sector_verdict(W, (0, 1), P, [-0.5, 2.0], 1.001)
    with pytest.raises(InputError, match="`rate` must be a finite number > 0"):
        sector_verdict(W, (0, 1), P, multipliers, 0.0)


@pytest.mark.parametrize("low", [-0.25, 0.0, 0.5])
def test_what_is_proved_of_a_sector_holds_at_random_slopes(low, rng):
    W = rng.normal(size=(3, 3))
    P, high = np.eye(3), 1.0
    rate = 1.3 * np.linalg.norm(W, 2)
    # With Λ = 2I it takes γ² ≥ ((l + h)² − 2 l h) ‖W‖² = (l² + h²) ‖W‖².
    assert sector_verdict(W, (low, high), P, np.full(3, 2.0), rate) is Verdict.PROVED
    D = rng.uniform(low, high, size=(200, 3, 1))
    assert np.linalg.norm(D * W, 2, axis=(1, 2)).max() <= rate
    less = 0.99 * math.hypot(low, high) * np.linalg.norm(W, 2)
    assert sector_verdict(W, (low, high), P, np.full(3, 2.0), less) is Verdict.REFUTED
