"""Growth over all slopes: closed forms, invariances, words below, runs of networks."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.linalg import (
    SlopeStop,
    gaussian,
    joint_spectral_radius,
    orthogonal,
    periodic_eigenvalues,
    slope_radius,
)
from gradlab.linalg._sector_norm import sector_rate_above
from gradlab.linalg._slope_norms import radius_of_sizes_above, scaled_norm_above
from gradlab.testing import matrices
from tests.oracles.exact_norms import radius_ball

TINY = 1e-12  # what rounding leaves of a bracket that closes


def overlap(one, other):
    return one.lower <= other.upper and other.lower <= one.upper


def vertices(W, slopes):
    return np.array([np.diag(d) @ W for d in itertools.product(slopes, repeat=len(W))])


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("slopes", [(0.0, 1.0), (0.25, 1.0), (-0.5, 2.0)])
def test_few_units_have_the_radius_of_their_vertices(n, slopes, rng):
    W = rng.normal(size=(n, n))
    found = slope_radius(W, slopes)
    assert overlap(found, joint_spectral_radius(vertices(W, slopes)))
    assert found.upper <= found.lower * (1 + 1e-3) * (1 + TINY)
    assert found.stop is SlopeStop.TOLERANCE


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_weights_of_one_sign_have_their_own_spectral_radius(n, rng):
    W = rng.uniform(size=(n, n))
    radius = np.abs(np.linalg.eigvals(W)).max()
    for signs in (1, -1, np.outer(s := rng.choice([-1, 1], n), s)):
        found = slope_radius(signs * W, (0.0, 0.5))
        assert found.lower <= radius / 2 * (1 + TINY)
        # Discs around 40 eigenvalues cost the lower bound some 1e-11 of it.
        assert radius / 2 * (1 - TINY) <= found.upper <= found.lower * (1 + 1e-9)


@pytest.mark.parametrize("n", [2, 5, 30])
def test_orthogonal_weights_have_their_scale_in_any_units(n, rng):
    E = np.exp2(rng.integers(-8, 9, n))
    W = 0.75 * orthogonal(n, gain=1.0, rng=rng) * E[:, None] / E
    found = slope_radius(W, (-0.5, 1.0))
    # The search for E ends at some 1e-5 of the norm.
    assert found.lower == pytest.approx(0.75, rel=1e-9)
    assert found.upper == pytest.approx(0.75, rel=1e-3)


def test_triangular_weights_have_their_largest_diagonal_entry(rng):
    W = 100 * np.triu(rng.normal(size=(30, 30)), 1) + np.diag(np.linspace(-2, 1, 30))
    order = rng.permutation(30)
    found = slope_radius(W[order][:, order], (0.0, 1.0))
    assert found.lower <= 2 <= found.upper <= found.lower * (1 + TINY)
    assert slope_radius(np.triu(np.ones((4, 4)), 1)).upper == 0.0


@given(st.integers(1, 3).flatmap(matrices), st.sampled_from([(0.0, 1.0), (0.25, 1.0)]))
@settings(max_examples=20)  # some 50 ms each
def test_invariances(W, slopes):
    W = np.rint(8 * np.clip(W, -8, 8)) / 8
    n = len(W)
    plain = slope_radius(W, slopes)
    assert overlap(plain, slope_radius(W.T, slopes))  # D W and Wᵀ D, D Wᵀ: a cycle
    assert overlap(plain, slope_radius(W[::-1, ::-1], slopes))
    units = np.exp2(np.arange(n))
    assert overlap(plain, slope_radius(W * units / units[:, None], slopes))
    twice = slope_radius(W, (2 * slopes[0], 2 * slopes[1]))
    assert 2 * plain.lower <= twice.upper
    assert twice.lower <= 2 * plain.upper


@given(st.integers(1, 4).flatmap(matrices))
@settings(max_examples=20)
def test_no_slopes_grow_faster_and_the_word_grows_as_it_says(W):
    W = np.rint(8 * np.clip(W, -8, 8)) / 8
    found = slope_radius(W)
    for corner in vertices(W, (0.0, 1.0)):
        assert not radius_ball(corner) > found.upper
    product = np.eye(len(W))
    for D in found.slopes:
        product = np.diag(D) @ W @ product  # exact: three factors in eighths
    assert not radius_ball(product) < found.lower ** len(found.slopes) * (1 - 1e-15)


@given(st.integers(1, 4).flatmap(matrices), st.data())
def test_any_scale_and_any_vector_give_upper_bounds(W, data):
    n = len(W)
    numbers = st.lists(st.floats(-9, 9), min_size=n, max_size=n).map(np.array)
    sizes = radius_ball(np.abs(W))
    assert not sizes > radius_of_sizes_above(W, np.exp(data.draw(numbers)))
    bound = scaled_norm_above(W, data.draw(numbers))
    assert not radius_ball(W) > bound


@pytest.mark.parametrize("seed", range(3))
def test_the_ellipsoid_is_above_every_corner_and_near_the_lower_bound(seed):
    rng = np.random.default_rng(seed)
    W = gaussian(6, gain=1.0, rng=rng)
    found = slope_radius(W)
    rate = sector_rate_above(W, (0.0, 1.0), least=found.lower, rtol=1e-3)
    corners = np.abs(np.linalg.eigvals(vertices(W, (0.0, 1.0)))).max()
    assert corners * (1 - 1e-9) <= rate
    assert found.upper <= rate
    assert (found.stop is SlopeStop.TOLERANCE) == (found.upper <= found.lower * 1.001)
    # Some per cent for Gaussian weights, where units alone miss by half.
    assert rate <= found.lower * 1.1


def test_a_unit_that_is_shut_can_make_growth_faster():
    # All open: λ² − λ + 0.9 = 0, so |λ| = √0.9; the first alone has 1.
    found = slope_radius([[1.0, 1.0], [-0.9, 0.0]])
    assert found.lower <= 1.0 <= found.upper
    assert found.slopes[:, 0].all()
    assert found.lower > 0.99


def test_no_run_of_a_network_outgrows_its_slope_radius(rng):
    # ‖W‖ = 2.1 and ρ(|W|) = 2.0: no norm of units says that gradients vanish.
    W = 0.62 * gaussian(8, gain=1.0, rng=rng)
    found = slope_radius(W, max_ellipsoid=8)
    assert found.upper < 1 < slope_radius(W, max_ellipsoid=0).upper + 0.2
    for activation in ("tanh", "relu"):
        cell = RNN(W, np.eye(8), np.zeros(8), activation=activation)
        inputs = 3 * rng.normal(size=(100, 8))
        factors = run(cell, np.zeros(8), inputs).chain.factors()
        growth = periodic_eigenvalues(factors).log_moduli[0] / 100
        assert growth <= math.log(found.upper)


def test_one_slope_is_one_matrix(rng):
    W = rng.normal(size=(6, 6))
    found = slope_radius(W, (0.5, 0.5))
    radius = np.abs(np.linalg.eigvals(W)).max() / 2
    assert found.lower <= radius * (1 + TINY)
    assert radius * (1 - TINY) <= found.upper <= found.lower * (1 + 1e-3)


@pytest.mark.parametrize("power", [-1000, 900])
def test_sizes_at_the_ends_of_the_range(power):
    W = np.ldexp([[0.5, 2.0], [1.0, 0.5]], power)
    found = slope_radius(W, (0.0, 2.0**-60))
    exact = math.ldexp(0.5 + math.sqrt(2), power - 60)
    assert found.lower <= exact <= found.upper
    assert found.upper - found.lower <= TINY * exact + 4 * 5e-324
    assert slope_radius(W, (0.0, 0.0)).upper == 0.0


REFUSED = {
    "NaN": ([[math.nan]], {}, NonFiniteError, r"`W` must be finite"),
    "not square": (np.ones((2, 3)), {}, ShapeError, r"`W` must have shape"),
    "no unit": (np.ones((0, 0)), {}, InputError, r"`W` needs n >= 1"),
    "complex": ([[1j]], {}, InputTypeError, "`W`"),
    "one slope": ([[1.0]], {"slopes": (1.0,)}, InputError, "must be two numbers"),
    "a number": ([[1.0]], {"slopes": 1.0}, InputError, "two numbers; got 1.0"),
    "out of order": ([[1.0]], {"slopes": (1, 0)}, InputError, "must be in order"),
    "infinite": ([[1.0]], {"slopes": (0, math.inf)}, InputError, r"`slopes\[1\]`"),
    "text": ([[1.0]], {"slopes": ("a", "b")}, InputTypeError, r"`slopes\[0\]`"),
    "rtol": ([[1.0]], {"rtol": -1.0}, InputError, "`rtol`"),
    "ellipsoid": ([[1.0]], {"max_ellipsoid": -1}, InputError, "`max_ellipsoid`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(name):
    W, keywords, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        slope_radius(W, **keywords)
