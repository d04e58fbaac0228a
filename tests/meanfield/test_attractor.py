"""Dimension and entropy per unit: the same by the spectrum itself, and by networks."""

import math

import numpy as np
import pytest

from gradlab.cells import RNN, LeakyRelu
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.meanfield import (
    mean_field_attractor,
    mean_field_exponent,
    mean_field_spectrum,
)


@pytest.mark.parametrize(
    ("name", "gain", "input_variance"),
    [("tanh", 2.0, 0.0), ("erf", 1.5, 0.1), ("hardtanh", 2.0, 0.2)],
)
def test_integrals_of_the_spectrum(name, gain, input_variance):
    arguments = {"gain": gain, "input_variance": input_variance}
    found = mean_field_attractor(name, **arguments)
    assert found.error < 1e-11
    at = mean_field_spectrum(name, [found.unstable], **arguments)
    assert abs(at.exponents[0]) < 1e-10
    x, weights = np.polynomial.legendre.leggauss(24)
    for end, exact in ((found.unstable, found.entropy), (found.dimension, 0.0)):
        nodes = end * (x + 1) / 2
        spectrum = mean_field_spectrum(name, nodes, **arguments)
        # λ(x) is smooth inside; Hardtanh's behaves as x ln x at 0.
        total = end * (weights / 2 * spectrum.exponents).sum()
        assert total == pytest.approx(exact, abs=1e-7)


def test_published_dimension():
    # [RNN08] of the references: 0.2877 at g = 3.
    assert mean_field_attractor("tanh", gain=3.0).dimension == pytest.approx(
        0.2877, abs=5e-5
    )


def test_linear_network():
    # λ(x) = ½ ln(g²(1 − x)): λ = 0 at 1 − 1/g²; with y = 1 − x the integral is
    # ½ [y ln g² + y ln y − y] from y to 1: 0 where y (ln g² + ln y − 1) = ln g² − 1.
    g2 = math.exp(0.5)
    found = mean_field_attractor("identity", gain=math.sqrt(g2))
    assert found.unstable == pytest.approx(1 - 1 / g2, abs=1e-12)
    entropy = ((math.log(g2) - 1) - (1 / g2) * (0 - 1)) / 2
    assert found.entropy == pytest.approx(entropy, abs=1e-12)
    y = 1 - found.dimension
    assert y * (0.5 + math.log(y) - 1) == pytest.approx(0.5 - 1, abs=1e-10)


def test_order_has_no_dimension():
    found = mean_field_attractor("tanh", gain=0.9)
    assert (found.unstable, found.entropy, found.dimension) == (0.0, 0.0, 0.0)


def test_growing_volumes_fill_everything():
    found = mean_field_attractor("identity", gain=2.0)
    assert found.dimension == 1.0
    assert found.entropy > mean_field_exponent("identity", gain=2.0).mean_exponent > 0


@pytest.mark.parametrize("ulps", [-12, -5, -1, 0, 1, 12])
def test_volumes_that_stay_as_they_are_but_for_rounding(ulps):
    # g = e^½/√leak makes the mean exponent ln g − ½ + ½ ln(leak) = 0.
    gain = math.exp(0.5) / math.sqrt(0.1)
    found = mean_field_attractor(LeakyRelu(0.1), gain=gain + ulps * np.spacing(gain))
    # λ falls without bound towards x = 1, and 1 − x is the mean exponent over it.
    assert found.dimension == pytest.approx(1.0, abs=1e-14)


@pytest.mark.slow
def test_networks():
    exact = mean_field_attractor("tanh", gain=3.0)
    dimensions, entropies = [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        cell = RNN.random(100, 0, gain=3.0, rng=rng)
        trajectory = run(cell, rng.normal(size=100), np.zeros((900, 0)))
        spectrum = lyapunov_spectrum(trajectory, burn_in=200)
        dimensions.append(spectrum.kaplan_yorke.value / 100)
        entropies.append(spectrum.entropy_rate.value / 100)
    # [RNN08]: 0.268 ± 0.012 at n = 100, below the limit by O(1/n).
    assert np.mean(dimensions) == pytest.approx(exact.dimension, abs=0.04)
    assert np.mean(entropies) == pytest.approx(exact.entropy, abs=0.006)
