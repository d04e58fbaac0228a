"""Covariant vectors: eigenvectors of one matrix, carried along, reversed in time."""

import math

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from gradlab.cells import RNN, Henon
from gradlab.dynamics import JacobianChain, Trajectory, run
from gradlab.errors import InputError, InputTypeError
from gradlab.exponents import (
    CovariantVectors,
    covariant_lyapunov_vectors,
    lyapunov_spectrum,
)
from gradlab.linalg import orthogonal
from tests.exponents import systems
from tests.linalg.families import FAMILIES, gaussian_chain, tanh_chain

EPS = np.finfo(float).eps


def sines(a, b):
    """Return the sines between the unit columns of stacks (..., n, k)."""
    return np.linalg.norm(a - b * (a * b).sum(axis=-2, keepdims=True), axis=-2)


def graded_chain(T, rng):
    """Independent factors whose exponents are about 1, 0 and −1."""
    return rng.normal(size=(T, 3, 3)) @ np.diag([6.0, 1.0, 0.2])


# Closed forms ------------------------------------------------------------------------


def test_powers_of_one_matrix_have_its_eigenvectors(rng):
    basis = rng.normal(size=(4, 4))
    basis /= np.linalg.norm(basis, axis=0)
    J = basis @ np.diag([3.0, -1.5, 0.6, 0.1]) @ np.linalg.inv(basis)
    found = covariant_lyapunov_vectors([J] * 200, burn_in=80, tail=80)
    # The gaps are at least ln 2: 80 steps leave 2^−80. J is rounded once.
    assert found.errors.max() < 1e-15 * np.linalg.cond(basis)
    assert sines(found.vectors, basis).max() < 100 * EPS * np.linalg.cond(basis)
    exact = np.log([3.0, 1.5, 0.6, 0.1])
    np.testing.assert_allclose(found.growths, exact[None].repeat(40, 0), atol=1e-11)
    assert found.caveats == ()


def test_cat_map_is_hyperbolic_at_a_right_angle():
    found = covariant_lyapunov_vectors([[[2, 1], [1, 1]]] * 100, burn_in=40, tail=40)
    np.testing.assert_allclose(found.minimal_angles(), math.pi / 2, atol=1e-14)
    np.testing.assert_allclose(found.angles(1, 2), math.pi / 2, atol=1e-14)
    golden = (1 + math.sqrt(5)) / 2
    first = np.array([golden, 1.0]) / math.hypot(golden, 1.0)
    np.testing.assert_allclose(
        np.abs(found.vectors[:, :, 0]), first[None].repeat(21, 0)
    )


def test_triangular_factors_lead_along_the_first_axis(rng):
    factors = np.triu(rng.normal(size=(300, 3, 3)), 1) + np.diag([2.0, 0.7, 0.2])
    found = covariant_lyapunov_vectors(factors, burn_in=100, tail=100)
    axis = np.eye(3)[:, :1]
    assert sines(found.vectors[:, :, :1], axis).max() < 10 * EPS
    # v_2 lies in the plane of the first two axes.
    assert np.abs(found.vectors[:, 2, 1]).max() < 10 * EPS
    np.testing.assert_allclose(found.growths[:, 0], math.log(2.0), atol=10 * EPS)


def test_diagonal_factors_grow_along_the_axes(rng):
    logs = rng.normal(size=(400, 3)) / 3 + [1.0, 0.0, -1.0]
    factors = np.exp(logs)[:, :, None] * np.eye(3)
    found = covariant_lyapunov_vectors(factors, burn_in=120, tail=120, every=40)
    assert sines(found.vectors, np.eye(3)).max() < 10 * EPS
    np.testing.assert_allclose(found.growths, logs[120:280], atol=1e-13)
    assert found.times.tolist() == [120, 160, 200, 240, 280]


# Laws --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gaussian", "tanh, gain 1", "upper triangular"])
def test_each_vector_is_carried_to_the_next(name, rng):
    factors = FAMILIES[name](4, 60, rng)
    found = covariant_lyapunov_vectors(factors, burn_in=10, tail=10)
    carried = factors[10:50] @ found.vectors[:-1]
    sizes = np.linalg.norm(carried, axis=1)
    np.testing.assert_allclose(np.log(sizes), found.growths, rtol=0, atol=1e-10)
    # J v rounds at ε ‖J‖, which the least ‖J v‖ feels most.
    rounding = (
        50 * EPS * np.linalg.norm(factors[10:50], 2, axis=(1, 2))[:, None] / sizes
    )
    assert np.all(sines(carried / sizes[:, None], found.vectors[1:]) <= rounding)


def test_small_rows_of_saturated_jacobians_are_not_lost(rng):
    factors = tanh_chain(5, 80, 8.0, rng)
    found = covariant_lyapunov_vectors(factors, burn_in=20, tail=20)
    # The least of the vectors, 14 nats a step below the first, is seen only backwards.
    spectrum = lyapunov_spectrum(factors)
    assert spectrum.exponents[0] - spectrum.exponents[-1] > 10
    back = np.linalg.inv(factors[59]) @ found.vectors[-1][:, -1]
    back /= np.linalg.norm(back)
    assert sines(back[:, None], found.vectors[-2][:, -1:]).max() < 1e-12


def test_growths_add_up_to_the_exponents(rng):
    factors = graded_chain(600, rng)
    found = covariant_lyapunov_vectors(factors, burn_in=100, tail=100)
    spectrum = lyapunov_spectrum(factors[:500], burn_in=100)
    # Σ growths = Σ ln r_ii − ln c_ii at the end + ln c_ii at the start, c_ii ≤ 1.
    C = np.abs(np.linalg.qr(found.vectors[[0, -1]], mode="r"))
    ends = np.log(np.diagonal(C, axis1=1, axis2=2))
    total = found.growths.sum(axis=0) + ends[1] - ends[0]
    np.testing.assert_allclose(total / 400, spectrum.exponents, atol=1e-12)
    np.testing.assert_allclose(found.exponents, spectrum.exponents, atol=0.02)


def test_volumes_are_kept_account_of(rng):
    # |det V(t)| grows by |det J| and shrinks by what is divided out.
    factors = graded_chain(200, rng)
    found = covariant_lyapunov_vectors(factors, burn_in=50, tail=50)
    volumes = np.linalg.slogdet(found.vectors)[1]
    dets = np.linalg.slogdet(factors[50:150])[1]
    change = dets - found.growths.sum(axis=1)
    np.testing.assert_allclose(np.diff(volumes), change, atol=1e-11)


def test_time_reversal_turns_the_order_around(rng):
    factors = graded_chain(400, rng)
    found = covariant_lyapunov_vectors(factors, burn_in=120, tail=120)
    back = covariant_lyapunov_vectors(
        np.linalg.inv(factors)[::-1], burn_in=120, tail=120
    )
    np.testing.assert_array_equal(back.times, found.times)
    assert sines(back.vectors[::-1, :, ::-1], found.vectors).max() < 1e-11
    np.testing.assert_allclose(back.growths[::-1, ::-1], -found.growths, atol=1e-10)


def test_what_lies_outside_is_forgotten(rng):
    factors = graded_chain(400, rng)
    whole = covariant_lyapunov_vectors(factors, burn_in=190, tail=190)
    part = covariant_lyapunov_vectors(factors[60:340], burn_in=130, tail=130)
    assert sines(part.vectors, whole.vectors).max() < 1e-13
    short = covariant_lyapunov_vectors(factors[160:240], burn_in=30, tail=30)
    worst = sines(short.vectors, whole.vectors).max(axis=(0,))
    # Errors are measured at the ends, against frames as far off as can be.
    assert np.all(worst <= 10 * short.errors + 1e-14)


def test_leading_vectors_are_those_of_all(rng):
    factors = graded_chain(300, rng)
    every = covariant_lyapunov_vectors(factors, burn_in=100, tail=100)
    few = covariant_lyapunov_vectors(factors, burn_in=100, tail=100, k=2)
    assert sines(few.vectors, every.vectors[:, :, :2]).max() < 1e-12


def test_segments_change_nothing(rng, monkeypatch):
    factors = graded_chain(90, rng)
    whole = covariant_lyapunov_vectors(factors, burn_in=20, tail=20, every=7)
    monkeypatch.setattr("gradlab.exponents._covariant_sweep._ROOM", 300)
    parts = covariant_lyapunov_vectors(factors, burn_in=20, tail=20, every=7)
    np.testing.assert_array_equal(parts.vectors, whole.vectors)
    np.testing.assert_array_equal(parts.growths, whole.growths)


def test_trajectories_and_chains_are_taken(rng):
    cell = RNN.random(6, 0, gain=2.0, rng=rng)
    trajectory = run(cell, rng.normal(size=6), np.zeros((150, 0)))
    first = covariant_lyapunov_vectors(trajectory, burn_in=50, tail=50)
    second = covariant_lyapunov_vectors(
        JacobianChain(trajectory.chain.factors()), burn_in=50, tail=50
    )
    np.testing.assert_allclose(first.growths, second.growths, atol=1e-12)


# Angles ------------------------------------------------------------------------------


def test_henon_is_not_hyperbolic():
    found = covariant_lyapunov_vectors(systems.henon(6000), burn_in=100, tail=100)
    angles = found.minimal_angles()
    np.testing.assert_allclose(angles, found.angles(1, 2), atol=1e-12)
    # Tangencies of stable and unstable directions come near: no lower bound.
    assert np.degrees(angles.min()) < 1.0
    assert np.degrees(np.median(angles)) > 5.0
    assert "least angle of growing to decaying" in str(found)


def test_fixed_point_of_henon_has_its_eigenvectors():
    a, b = 1.4, 0.3
    x = (b - 1 + math.sqrt((1 - b) ** 2 + 4 * a)) / (2 * a)
    states = np.array([[x, b * x]] * 121)
    trajectory = Trajectory(Henon(a, b), states, np.zeros((120, 0)))
    found = covariant_lyapunov_vectors(trajectory, burn_in=50, tail=50)
    roots = np.array(
        [-a * x - math.sqrt((a * x) ** 2 + b), -a * x + math.sqrt((a * x) ** 2 + b)]
    )
    vectors = np.array([roots, [b, b]])
    vectors /= np.linalg.norm(vectors, axis=0)
    assert sines(found.vectors, vectors).max() < 1e-14
    cosine = abs(vectors[:, 0] @ vectors[:, 1])
    np.testing.assert_allclose(np.cos(found.minimal_angles()), cosine, atol=1e-14)


def test_tiny_angles_are_right():
    # v_2 = (1, 1e-12) against v_1 = (1, 0): 1e-12 to all digits that J has of it.
    J = np.array([[2.0, -1.5e12], [0.0, 0.5]])
    found = covariant_lyapunov_vectors([J] * 200, burn_in=80, tail=80)
    np.testing.assert_allclose(found.angles(1, 2), 1e-12, rtol=1e-10)
    np.testing.assert_allclose(found.minimal_angles(), 1e-12, rtol=1e-10)


def test_principal_angles_are_those_of_scipy(rng):
    found = covariant_lyapunov_vectors(gaussian_chain(5, 30, rng), burn_in=10, tail=10)
    for split in (1, 2, 4):
        angles = found.principal_angles(split)
        assert angles.shape == (11, min(split, 5 - split))
        for s, V in enumerate(found.vectors):
            exact = np.sort(subspace_angles(V[:, :split], V[:, split:]))
            np.testing.assert_allclose(angles[s], exact, atol=1e-12)
        assert (found.minimal_angles(split) == angles[:, 0]).all()


# What is said ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["orthogonal", "identity"])
def test_equal_exponents_are_said(kind, rng):
    factors = [orthogonal(3, gain=1.0, rng=rng) for _ in range(60)]
    if kind == "identity":
        factors = [np.eye(3)] * 60
    found = covariant_lyapunov_vectors(factors, burn_in=20, tail=20)
    assert found.errors.max() > 0.1
    assert all("not settled" in note for note in found.caveats)
    assert "where exponents are equal nothing helps" in str(found)


def test_short_ends_are_said(rng):
    factors = graded_chain(60, rng)
    no_start = covariant_lyapunov_vectors(factors, burn_in=0, tail=40)
    assert "Raise `burn_in`" in no_start.caveats[0]
    no_end = covariant_lyapunov_vectors(factors, burn_in=40, tail=0)
    assert "Raise `tail`" in no_end.caveats[0]
    assert no_end.vectors.shape == (21, 3, 3)


def test_annihilated_directions_have_no_past(rng):
    factors = rng.normal(size=(50, 3, 3))
    factors[25, 1] = 0.0
    with pytest.raises(InputError, match="Jacobian 26 annihilates a direction"):
        covariant_lyapunov_vectors(factors, burn_in=10, tail=10)
    few = covariant_lyapunov_vectors(factors, burn_in=10, tail=10, k=2)
    assert np.isfinite(few.growths).all()


def test_table_and_storage(tmp_path, rng):
    found = covariant_lyapunov_vectors(graded_chain(90, rng), burn_in=30, tail=30)
    assert list(found.columns()) == ["index", "exponent", "spread", "error"]
    back = CovariantVectors.load(found.save(tmp_path / "vectors"))
    np.testing.assert_array_equal(back.vectors, found.vectors)
    assert "Ginelli" in found.cite()


def test_vectors_that_memory_cannot_hold_are_refused(rng, monkeypatch):
    factors = graded_chain(90, rng)
    monkeypatch.setattr("gradlab._checks._physical_memory", lambda: 1500.0)
    with pytest.raises(InputError, match=r"`every` = 1 needs .* GiB"):
        covariant_lyapunov_vectors(factors, burn_in=30, tail=30)
    few = covariant_lyapunov_vectors(factors, burn_in=30, tail=30, every=10)
    # Four times 9 numbers, and the growths of 30 steps: 1,008 bytes.
    assert few.times.tolist() == [30, 40, 50, 60]
    # Segments of one step each: a frame at every one of the last 60.
    monkeypatch.setattr("gradlab.exponents._covariant_sweep._ROOM", 1)
    with pytest.raises(InputError, match=r"`T` = 90 needs .* GiB"):
        covariant_lyapunov_vectors(factors, burn_in=30, tail=30, every=10)


def test_refusals(rng):
    factors = rng.normal(size=(20, 2, 2))
    for arguments, message in [
        ({"burn_in": 10, "tail": 10}, "`burn_in` . `tail` must be less than T = 20"),
        ({"burn_in": -1, "tail": 1}, "`burn_in` must be"),
        ({"burn_in": 1, "tail": 1, "every": 0}, "`every` must be"),
        ({"burn_in": 1, "tail": 1, "k": 3}, "`k` must be in 1 … n = 2; got 3."),
    ]:
        with pytest.raises(InputError, match=message):
            covariant_lyapunov_vectors(factors, **arguments)
    with pytest.raises(InputTypeError):
        covariant_lyapunov_vectors(factors, burn_in=1.0, tail=1)
    with pytest.raises(InputError, match=r"must be less than T = 0; got 0 \+ 0"):
        covariant_lyapunov_vectors(np.ones((0, 2, 2)), burn_in=0, tail=0)
    found = covariant_lyapunov_vectors(factors / 100, burn_in=5, tail=5)
    with pytest.raises(InputError, match="all 2 vectors decay; give a `split`"):
        found.minimal_angles()
    with pytest.raises(InputError, match="`split` must be in 1 … k − 1 = 1; got 2"):
        found.principal_angles(2)
    with pytest.raises(InputError, match="`j` must be in 1 … k = 2; got 3"):
        found.angles(1, 3)
