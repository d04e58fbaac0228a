"""What rounding and underflow add to Jacobians is in every bound, however large it is.

u and η are 1e-16 and less in every run, where nothing would show; so they are made
large here, and each bound is held to the formula for what they do to it.
"""

import dataclasses
import math

import numpy as np
import pytest

from gradlab.bounds import (
    DiagonalRecurrence,
    OrthogonalCeiling,
    SlopeNorm,
    diagonal_recurrence,
    gated_norms,
    logarithmic_norm,
    orthogonal_ceiling,
    scaled_norm,
    slope_norm,
    slope_weights,
    twin_ceiling,
)
from gradlab.cells import RNN
from gradlab.cells.factored import GatedJacobian
from gradlab.dynamics import run
from gradlab.testing import powers_of

UNIT, ETA, STEP = 2.0**-6, 2.0**-8, 2.0**-5
NEAR = 1e-12  # T logarithms of norms
SWAP = np.array([[0.0, 1.0], [1.0, 0.0]])


@pytest.fixture(autouse=True)
def large(monkeypatch):
    modules = (
        *(diagonal_recurrence, gated_norms, logarithmic_norm, orthogonal_ceiling),
        *(scaled_norm, slope_norm, slope_weights, twin_ceiling),
    )
    for module in modules:
        for name, value in {"UNIT": UNIT, "ETA": ETA}.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
        if hasattr(module, "up_excess"):
            monkeypatch.setattr(module, "up_excess", lambda y: 0 * np.abs(y) + STEP)


def sigmoid_run(W, T=3):
    """Return a run of slopes ¼: the argument is 0 at every step."""
    n = len(W)
    cell = RNN(W, np.zeros((n, 1)), -W @ np.full(n, 0.5), activation="sigmoid")
    return run(cell, np.full(n, 0.5), np.zeros((T, 1)))


@pytest.mark.parametrize("W", [SWAP, np.eye(1), np.eye(3)[[1, 2, 0]]])
def test_an_orthogonal_ceiling_has_them(W):
    n, T = len(W), 3
    rate = 0.25 * (1 + UNIT * math.sqrt(n)) + n * ETA
    found = OrthogonalCeiling().log_bound(sigmoid_run(W, T))
    assert found == pytest.approx(T * math.log(rate), abs=NEAR)


@pytest.mark.parametrize("scale", [0.25, 1.0, 8.0])
def test_slopes_and_weights_have_them(scale):
    trajectory = sigmoid_run(scale * SWAP)
    found = slope_weights.slope_weights(trajectory, "thm:any")
    assert (found.gamma, found.least) == (0.25, 0.0)
    assert found.relative == pytest.approx(UNIT / 4, rel=NEAR)
    absolute = ETA / 2.0**found.exponent + ETA / 4
    assert found.absolute == pytest.approx(absolute, rel=NEAR)


@pytest.mark.parametrize("scale", [0.5, 0.75])
def test_a_slope_norm_has_them_above_and_below(scale, monkeypatch):
    T, found = 3, slope_weights.slope_weights(sigmoid_run(scale * SWAP), "thm:any")
    found = dataclasses.replace(found, relative=0.01, absolute=0.002)
    monkeypatch.setattr(slope_norm, "slope_weights", lambda *_: found)
    bound = SlopeNorm().enclosed_bound(sigmoid_run(scale * SWAP, T))
    S = np.linalg.norm(found.matrix, 2)
    shift = T * found.exponent * math.log(2)
    above = 0.25 * S + 0.01 * math.sqrt(2) * S + 2 * 0.002
    assert bound.upper == pytest.approx(T * math.log(above) + shift, abs=NEAR)
    below = 0.25 * S - 2 * 0.25 * ETA
    assert bound.lower == pytest.approx(T * math.log(below) + shift, abs=NEAR)


@pytest.mark.parametrize("d", [[1.0, 1.0], [1.0, 4.0], [2.0, 0.5]])
def test_a_scaled_norm_has_its_own_two_roundings(d):
    found = slope_weights.slope_weights(sigmoid_run(SWAP), "thm:any")
    found = dataclasses.replace(found, relative=0.125, absolute=0.0)
    D, T = np.array(d), 3
    scaled = found.matrix * D[:, None] / D
    missed = np.tile(STEP / D + STEP, (2, 1))
    rate = 0.25 * (np.linalg.norm(scaled, 2) + np.linalg.norm(missed))
    rate += 0.125 * np.linalg.norm(np.abs(scaled) + missed)
    exact = math.log(D.max() / D.min()) + T * math.log(rate)
    exact += T * found.exponent * math.log(2)
    value = scaled_norm._with_scaling(found, T, D)
    assert value == pytest.approx(exact, abs=NEAR)


@pytest.mark.parametrize("J", [[[1.5]], [[1.0, -0.5], [0.5, 1.0]], [[0.25, 0.0]] * 2])
def test_a_logarithmic_norm_has_the_step_of_a_difference(J):
    J = np.array(J)
    A = J - np.eye(len(J))
    mu = np.linalg.eigvalsh((A + A.T) / 2)[-1] + STEP
    size = np.linalg.norm(A, 2) + STEP
    found = logarithmic_norm._log_square(J)
    assert found == pytest.approx(math.log1p(2 * mu + size**2), abs=NEAR)


def test_the_largest_step_of_a_difference_counts(monkeypatch):
    monkeypatch.setattr(logarithmic_norm, "up_excess", lambda y: STEP * np.abs(y))
    for diagonal in ([1.5, 0.25], [0.25, 1.5]):  # ½ and −¾ from I
        found = logarithmic_norm._log_square(np.diag(diagonal))
        moved = 0.75 * STEP
        exact = math.log1p(2 * (0.5 + moved) + (0.75 + moved) ** 2)
        assert found == pytest.approx(exact, abs=NEAR)


@pytest.mark.parametrize("scale", [1.0, 2.0**900])
def test_a_diagonal_recurrence_has_what_a_power_of_two_may_lose(scale):
    # max|λ| is ½ of a power of two.
    bound = DiagonalRecurrence().enclosed_bound(powers_of(scale * np.diag([1, 0.5]), 3))
    shift = math.log(2) + math.log(scale)
    assert bound.upper == pytest.approx(3 * (math.log(0.5 + ETA) + shift), rel=NEAR)
    assert bound.lower == pytest.approx(3 * (math.log(0.5 - ETA) + shift), rel=NEAR)


@pytest.mark.parametrize("gap", [0.0, 0.125])
@pytest.mark.parametrize("W", [2 * SWAP, 2 * np.eye(1), np.diag([2.0, 1.0, 0.0])])
def test_twins_have_them(W, gap, monkeypatch):
    n = len(W)
    trajectory = sigmoid_run(W, 3)
    monkeypatch.setattr(twin_ceiling, "step_defects", lambda *_: ([0.0] * 3, [gap] * 3))
    _, rates = twin_ceiling._steps(trajectory.cell, trajectory)
    size = np.linalg.norm(W, 2)
    exact = 0.25 * size + gap * size + UNIT * 0.25 * np.linalg.norm(W) + n * ETA
    assert rates == pytest.approx([exact] * 3, abs=NEAR)


def test_the_largest_slope_of_a_step_counts_for_twins(monkeypatch):
    monkeypatch.setattr(twin_ceiling, "step_defects", lambda *_: ([0.0], [0.0]))
    for b in ([0.0, 2.0], [2.0, 0.0]):
        cell = RNN(2 * SWAP, np.zeros((2, 1)), np.array(b), activation="sigmoid")
        one = run(cell, np.zeros(2), np.zeros((1, 1)))
        (rate,) = twin_ceiling._steps(cell, one)[1]
        exact = 0.25 * 2 + UNIT * 0.25 * math.sqrt(8) + 2 * ETA
        assert rate == pytest.approx(exact, abs=NEAR)


GATES = np.array([[[0.5, -0.25], [0.25, 0.125], [0.0, -0.75]]])  # one step, K = 3
BLOCKS = np.concatenate([2 * SWAP, np.eye(2), np.diag([1.0, 3.0])])
NORMS, FROBENIUS = np.array([2.0, 1.0, 3.0]), np.sqrt([8.0, 2.0, 10.0])


def test_norms_of_blocks_have_a_rounding_for_every_term():
    # (1 + u)^(K + 4) − 1 < (K + 5) u of every term, and n(K + 4) η for the block.
    carry = np.array([[0.5, -0.25]])
    J = GatedJacobian(GATES, BLOCKS, feeds=(0, 0, 0), carry=carry)
    share = (3 + 5) * UNIT
    weights = NORMS + share * FROBENIUS
    exact = np.array([0.5, 0.25, 0.75]) @ weights + 0.5 * (1 + share)
    exact += (3 + 4) * 2 * ETA
    assert gated_norms.block_norms_above(J)[0, 0, 0] == pytest.approx(exact, abs=NEAR)


def test_norms_of_relayed_blocks_have_what_the_relay_makes_of_them():
    relay, carry = np.array([[-1.5, 0.5]]), np.array([[0.5, -0.25]])
    J = GatedJacobian(GATES, BLOCKS, feeds=(1, 1, 0), carry=carry, relay=relay)
    share = (3 + 5) * UNIT
    weights = NORMS + share * FROBENIUS
    lost = (3 + 4) * 2 * ETA * (1 + 1.5)
    own = np.array([0.5, 0.25]) @ weights[:2]
    # max|r a|: 1.5 · ½, 1.5 · ¼; and 1.5 · ½ of what is carried.
    passed = np.array([0.75, 0.375]) @ weights[:2] + 0.75 * weights[2]
    kept = 1 + share
    exact = np.array([[passed, 0.75 * kept], [own, 0.5 * kept]]) + lost
    assert gated_norms.block_norms_above(J)[0] == pytest.approx(exact, abs=NEAR)
