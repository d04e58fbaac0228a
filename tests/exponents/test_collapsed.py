"""Orbits that rounding has closed although they are unstable: every door says so."""

import math

import numpy as np
import pytest

from gradlab.cells import Linear, Logistic, Wrapped
from gradlab.dynamics import Trajectory, run
from gradlab.exponents import (
    covariant_lyapunov_vectors,
    finite_time_exponents,
    lyapunov_spectra,
    lyapunov_spectrum,
)
from tests.exponents import systems


@pytest.mark.parametrize("name", systems.COLLAPSING)
def test_collapsed_orbit_is_said(name):
    trajectory = systems.collapsed(name)
    assert trajectory.states[-1] == 0.0
    (caveat,) = lyapunov_spectrum(trajectory).caveats
    assert "collapsed" in caveat
    assert "period 1 from step 5" in caveat  # 5x, after as many digits


def test_driven_orbit_that_repeats_has_not_collapsed(rng):
    trajectory = Trajectory(
        Wrapped(lambda h, x: 2 * h + x, lambda h, x: np.full((1, 1), 2.0), n=1, m=1),
        np.zeros((401, 1)),
        np.arange(400.0)[:, None],
    )
    assert lyapunov_spectrum(trajectory).caveats == ()


@pytest.mark.parametrize("name", systems.COLLAPSING)
def test_windows_of_a_collapsed_orbit_are_said(name):
    trajectory = systems.collapsed(name)
    found = finite_time_exponents(trajectory, window=20)
    # Each window has the exponent of the exact map, and the orbit is not one of it.
    np.testing.assert_allclose(found.exponents, math.log(2), rtol=1e-14)
    (caveat,) = found.caveats
    assert "collapsed" in caveat
    assert "period 1 from step 5" in caveat
    assert f"note: {caveat}" in str(found)
    # Its Jacobians alone do not show it.
    assert finite_time_exponents(trajectory.chain, window=20).caveats == ()


def test_windows_of_a_stable_cycle_are_not_spoken_of():
    settled = run(Logistic(3.2), [0.3], np.zeros((2000, 0)))
    assert (settled.states[-1] == settled.states[-3]).all()
    assert finite_time_exponents(settled, window=100).caveats == ()


@pytest.mark.parametrize("name", systems.COLLAPSING)
def test_vectors_of_a_collapsed_orbit_are_said(name):
    folded, _ = systems.COLLAPSING[name]
    cell = Wrapped(  # the map along the first axis, a contraction along the second
        lambda h, x: np.array([folded(h[0], x), h[1] / 2]),
        lambda h, x: np.diag([2.0, 0.5]),
        n=2,
    )
    trajectory = run(cell, [0.1, 0.0], np.zeros((400, 0)))
    found = covariant_lyapunov_vectors(trajectory, burn_in=100, tail=100)
    # The vectors are the axes but for rounding, whatever the orbit does.
    assert np.abs(np.abs(found.vectors) - np.eye(2)).max() < 1e-15
    (caveat,) = found.caveats
    assert "collapsed" in caveat
    assert "period 1 from step 5" in caveat  # 0.1 has 56 binary digits
    assert f"note: {caveat}" in str(found)
    # Its Jacobians alone do not show it.
    chain = trajectory.chain
    assert covariant_lyapunov_vectors(chain, burn_in=100, tail=100).caveats == ()


def test_vectors_at_a_stable_fixed_point_are_not_spoken_of():
    cell = Linear(np.diag([0.25, 0.5]), np.zeros((2, 0)))
    resting = run(cell, np.zeros(2), np.zeros((400, 0)))
    found = covariant_lyapunov_vectors(resting, burn_in=100, tail=100)
    assert found.caveats == ()


@pytest.mark.parametrize("name", systems.COLLAPSING)
@pytest.mark.parametrize("n", [1, 4])
def test_collapsed_orbits_of_a_batch_are_said_and_named(name, n):
    folded, _ = systems.COLLAPSING[name]
    cell = Wrapped(
        lambda h, x: np.append(folded(h[0] + x[0], x), h[1:] / 2),
        lambda h, x: np.diag([2.0] + [0.5] * (n - 1)),
        n=n,
        m=1,
    )
    starts, inputs = np.zeros((8, n)), np.zeros((400, 8, 1))
    starts[:, 0] = 0.1
    starts[3, 0] = 0.0  # it stays there: a fixed point that repels
    inputs[:, 5] = np.random.default_rng(0).uniform(0, 1, size=(400, 1))
    batch = run(cell, starts, inputs)
    found = lyapunov_spectra(batch)
    (caveat,) = found.caveats
    said = [b for b in range(8) if lyapunov_spectrum(batch.sequence(b)).caveats]
    assert said == [0, 1, 2, 3, 4, 6, 7]  # the other is driven
    assert caveat.startswith("7 of 8 sequences (0, 1, 2, 3, 4, …): the orbit collapsed")
    assert str(found).endswith(f"note: {caveat}")
    # The Jacobians alone do not show it.
    assert lyapunov_spectra(batch.chain).caveats == ()
