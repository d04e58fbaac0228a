"""Kreiss constants known in closed form or by other means; what a grid does not see."""

import math

import numpy as np
import pytest

from gradlab.errors import InputError, InputTypeError
from gradlab.linalg import (
    KreissConstant,
    KreissStop,
    kreiss_constant,
    numerical_radius,
    pseudospectral_radius,
)
from tests.linalg.known import cyclic_shift, grcar, jordan, scaled_gaussian
from tests.oracles.resolvent import covered_kreiss

KNOWN = {  # computed to 20 digits by a double grid and Newton's method
    "two of one eigenvalue": ([[0.9, 1.0], [0.0, 0.9]], 2.6),
    "two": ([[0.9, 10.0], [0.0, 0.8]], 17.17228715039974287422),
    "three": (jordan(3, 0.5), 1.134176911173473826666),
    "ten": (jordan(10, 0.5), 28.83008639473342661677),
    "nilpotent": (jordan(5, coupling=2.0), 2.183981769005509894818),
}


def agrees(found, exact, rtol=1e-6):
    """Whether a bracket holds a number known to 12 digits and is as narrow as told."""
    inside = found.lower * (1 - 1e-12) <= exact <= found.upper * (1 + 1e-12)
    return inside and found.upper <= found.lower * (1 + rtol) * (1 + 1e-12)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("rtol", [1e-2, 1e-6, 1e-9])
def test_known_constants(name, rtol):
    A, exact = KNOWN[name]
    found = kreiss_constant(A, rtol=rtol)
    assert agrees(found, exact, rtol)
    assert found.stop is KreissStop.TOLERANCE
    sigma = np.linalg.svd(found.z * np.eye(len(A)) - A, compute_uv=False)[-1]
    assert (abs(found.z) - 1) / sigma == pytest.approx(found.lower, rel=1e-9)


@pytest.mark.parametrize("c", [2.0 + 1e-3, 4.0, 10.0, 100.0])
@pytest.mark.parametrize("domain", ["disc", "half-plane"])
def test_a_coupling_alone(c, domain):
    # c/4 + 1/c for c ≥ 2, in the disc of c N, in the half-plane of c N − I.
    A = jordan(2, 0.0 if domain == "disc" else -1.0, c)
    assert agrees(kreiss_constant(A, domain=domain), c / 4 + 1 / c)


@pytest.mark.parametrize("rtol", [1e-6, 1e-8])
def test_a_textbook_pair_in_the_half_plane(rtol):
    A = [[-1.0, 5.0], [0.0, -2.0]]
    found = kreiss_constant(A, domain="half-plane", rtol=rtol)
    assert agrees(found, 1.1549229170474045, rtol)


ONES = {
    "number": [[0.5]],
    "zero": np.zeros((3, 3)),
    "normal": np.diag([0.9, -0.5, 0.1j]),
    "reflection": np.diag([1.0, -1.0]),
    "shift": cyclic_shift(8),
    "rotation": [[0.6, -0.8], [0.8, 0.6]],
    "contraction": 0.5 * np.array([[0.1, 1.0], [0.0, 0.1]]),
    "norm 2, numerical radius 1": [[0.0, 2.0], [0.0, 0.0]],
    "stochastic and symmetric": np.full((5, 5), 0.2),
}


@pytest.mark.parametrize("name", ONES)
def test_the_constant_is_one_where_the_range_is_in_the_disc(name):
    found = kreiss_constant(ONES[name])
    assert found.lower == found.upper == 1.0
    assert found.stop is KreissStop.CONTRACTION


def test_it_is_one_only_there():
    # d ‖R‖ = 1 + (w − 1)/|z| + … far out, so a radius above 1 shows at infinity.
    for c in (2 + 1e-2, 2 + 1e-4):
        found = kreiss_constant([[0.0, c], [0.0, 0.0]], rtol=1e-12)
        assert found.lower <= c / 4 + 1 / c <= found.upper * (1 + 1e-15)
        assert found.lower > 1
        assert numerical_radius([[0.0, c], [0.0, 0.0]]).lower > 1


@pytest.mark.parametrize(
    ("A", "domain"),
    [
        ([[1.1, 0.0], [0.0, 0.5]], "disc"),
        ([[-1.0, 5.0], [0.0, -1.001]], "disc"),
        (jordan(3, 0.1), "half-plane"),
        ([[0.0, 2.0], [2.0, 0.0]], "half-plane"),
    ],
)
def test_an_eigenvalue_outside_makes_it_infinite(A, domain):
    found = kreiss_constant(A, domain=domain)
    assert found.lower == found.upper == math.inf
    assert found.stop is KreissStop.UNSTABLE


@pytest.mark.parametrize(
    "A",
    [
        [[1.0, 1.0], [0.0, 0.5]],  # finite in truth, √5
        [[1.0, 1.0], [0.0, 1.0]],  # infinite in truth
        [[1 - 2.0**-53, 1.0], [0.0, 1 - 2.0**-53]],
    ],
)
def test_an_eigenvalue_on_the_boundary_is_left_open(A):
    found = kreiss_constant(A)
    assert found.stop is KreissStop.BOUNDARY
    assert 1 < found.lower < found.upper == math.inf


def test_a_grid_away_from_the_circle_is_wrong_by_hundreds():
    # K = 1/(4δ) up to δ² for [[1 − δ, 1], [0, 1 − δ]]; at radii 1.01 … 11 one sees 100.
    delta = 1e-6
    A = jordan(2, 1 - delta)
    radii = 1 + np.geomspace(1e-2, 10, 60)
    sigmas = np.linalg.svd(radii[:, None, None] * np.eye(2) - A, compute_uv=False)
    assert ((radii - 1) / sigmas[:, -1]).max() < 101
    found = kreiss_constant(A)
    assert found.lower <= 1 / (4 * delta) <= found.upper
    # σ = 8e-12 there, known to 8 u · 3: the bracket is as wide as that, and says so.
    assert found.stop is KreissStop.ROUNDING
    assert found.upper < found.lower * 1.01
    # ‖A^k‖ ≤ e n K at k = 10⁶, where ‖A^k‖ = 367879.625.
    assert math.e * 2 * found.lower > 367879.625


@pytest.mark.parametrize(
    "A",
    [[[0.9, 1.0], [0.0, 0.9]], [[0.5, 2.0], [0.1, -0.3]], [[0.3j, 3.0], [0.0, -0.6]]],
)
def test_covering_by_boxes_agrees(A):
    lower, upper = covered_kreiss(A, 0.03)
    found = kreiss_constant(A)
    assert lower <= found.upper
    assert found.lower <= upper


@pytest.mark.parametrize("seed", range(4))
def test_no_point_of_a_grid_is_above(seed):
    rng = np.random.default_rng(seed)
    A = scaled_gaussian(8, 0.97, rng, complex_entries=seed % 2 == 1)
    found = kreiss_constant(A)
    angles = np.concatenate(
        [np.linspace(0, 2 * math.pi, 121), np.angle(np.linalg.eigvals(A))]
    )
    distances = np.geomspace(1e-4, 20, 80)
    z = (1 + distances[:, None]) * np.exp(1j * angles)
    sigmas = np.linalg.svd(z[..., None, None] * np.eye(8) - A, compute_uv=False)
    most = (distances[:, None] / sigmas[..., -1]).max()
    assert most <= found.upper * (1 + 1e-12)
    # A grid of ratio 1.17 and 3° is within a few per cent of the maximum.
    assert found.lower <= max(most, 1.0) * 1.05


def test_the_definition_by_pseudospectral_radii():
    # K = sup over ε of (ρ_ε − 1)/ε: at the ε of the maximum it is attained.
    A = jordan(6, 0.4, 0.9)
    found = kreiss_constant(A, rtol=1e-9)
    eps = (abs(found.z) - 1) / found.lower
    for factor in (0.5, 1.0, 2.0):
        reach = pseudospectral_radius(A, factor * eps)
        value = (reach.upper - 1) / (factor * eps)
        assert value <= found.upper * (1 + 1e-8)
        if factor == 1.0:
            assert value == pytest.approx(found.lower, rel=1e-8)


def test_grcars_matrix_in_both_domains():
    # Its transient is over a hundred times what the eigenvalues say; 2.3 and 2 move
    # them just inside of the disc and the half-plane.
    disc = kreiss_constant(grcar(32) / 2.3)
    plane = kreiss_constant(grcar(32) - 2 * np.eye(32), domain="half-plane")
    for found in (disc, plane):
        assert found.stop is KreissStop.TOLERANCE
        assert found.upper <= found.lower * (1 + 1e-6)
    assert disc.lower > 400
    assert plane.lower > 11


def test_too_few_nodes_leave_a_wide_bracket_that_holds(monkeypatch):
    monkeypatch.setattr("gradlab.linalg._kreiss_bracket._MOST_NODES", 6)
    found = kreiss_constant([[0.9, 1.0], [0.0, 0.9]])
    assert found.stop is KreissStop.NODES
    assert found.lower == pytest.approx(2.6, rel=1e-12)
    assert 2.6 * (1 + 1e-6) < found.upper < 4.0


def test_it_takes_few_level_sets(rng):
    found = kreiss_constant(scaled_gaussian(20, 0.9, rng))
    assert 5 < found.level_sets < 60


@pytest.mark.parametrize("power", [-900, -20, 30, 900])
def test_the_half_plane_does_not_know_units(power):
    A = np.array([[-1.0, 5.0], [0.0, -2.0]])
    one = kreiss_constant(A, domain="half-plane")
    other = kreiss_constant(np.ldexp(A, power), domain="half-plane")
    assert (other.lower, other.upper) == (one.lower, one.upper)
    assert other.z == complex(math.ldexp(one.z.real, power), 0.0)


def test_a_result_comes_back_from_disk(tmp_path):
    for A in (jordan(2, 0.9), np.eye(2), 2 * np.eye(2)):
        found = kreiss_constant(A)
        again = KreissConstant.load(found.save(tmp_path / "constant"))
        assert repr(again) == repr(found)
    assert "kreiss1962definition" in found.cite()


def test_refusals():
    with pytest.raises(
        InputError, match="`domain` must be one of 'disc', 'half-plane'"
    ):
        kreiss_constant([[0.5]], domain="plane")
    with pytest.raises(InputError, match="`rtol` must be a finite number > 0; got 0"):
        kreiss_constant([[0.5]], rtol=0.0)
    with pytest.raises(InputTypeError, match="`rtol` must be a finite number"):
        kreiss_constant([[0.5]], rtol="small")
