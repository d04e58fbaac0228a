"""Grids of ln σ_min against closed forms and SVDs; windows, levels, refinement."""

import math

import numpy as np
import pytest

from gradlab.errors import InputError
from gradlab.linalg import Pseudospectrum, pseudospectrum
from tests.linalg.known import cyclic_shift, grcar, jordan, kahan, scaled_gaussian
from tests.oracles.resolvent import least_of_two


def points(found):
    return found.x + 1j * found.y[:, None]


def by_svd(A, z):
    return np.linalg.svd(z[..., None, None] * np.eye(len(A)) - A, compute_uv=False)[
        ..., -1
    ]


@pytest.mark.parametrize("n", [3, 10, 40])
def test_a_normal_matrix_has_discs(n):
    found = pseudospectrum(cyclic_shift(n), points=25, tolerance=1e-9)
    roots = np.exp(2j * math.pi * np.arange(n) / n)
    distance = np.abs(points(found)[..., None] - roots).min(axis=-1)
    # Ties of two roots are resolved as far as n u.
    np.testing.assert_allclose(np.exp(found.log_sigma), distance, rtol=1e-8, atol=1e-13)


def test_a_matrix_of_two():
    A = np.array([[0.5, 2.0], [-1.0, 0.25 + 1j]])
    found = pseudospectrum(A, points=9)
    exact = [[least_of_two(z * np.eye(2) - A) for z in row] for row in points(found)]
    np.testing.assert_allclose(np.exp(found.log_sigma), exact, rtol=1e-12)


@pytest.mark.parametrize("n", [5, 30, 200])
def test_jordan_blocks_on_the_unit_circle(n):
    # zI − N is, up to phases, the bidiagonal matrix of 1 and −1.
    window = (1.0, 1.5, -0.5, 0.0)
    found = pseudospectrum(jordan(n), window=window, points=2, tolerance=1e-10)
    exact = 2 * math.sin(math.pi / (2 * (2 * n + 1)))
    assert math.exp(found.log_sigma[1, 0]) == pytest.approx(exact, rel=1e-10)


def test_far_inside_a_jordan_block_sigma_is_a_power():
    # σ_min(zI − N) = |z|^n (1 − |z|² + …), and triangular solves keep it.
    found = pseudospectrum(jordan(60), window=(0.1, 0.2, 0.0, 0.1), points=2)
    z = points(found)
    expected = 60 * np.log(np.abs(z)) + np.log1p(-(np.abs(z) ** 2))
    np.testing.assert_allclose(found.log_sigma, expected, rtol=0, atol=1e-3)
    assert found.resolution > 1e-16


FAMILIES = {
    "gaussian": lambda rng: scaled_gaussian(60, 1.0, rng),
    "complex": lambda rng: scaled_gaussian(40, 1.0, rng, complex_entries=True),
    "triangular": lambda rng: np.triu(rng.standard_normal((50, 50))) / 7,
    "grcar": lambda rng: grcar(40),
    "kahan": lambda rng: kahan(30),
    "symmetric": lambda rng: (lambda B: B + B.T)(rng.standard_normal((30, 30))),
    "identity": lambda rng: np.eye(20),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("tolerance", [1e-2, 1e-6])
def test_estimates_are_from_above_and_within_the_tolerance(family, tolerance, rng):
    A = FAMILIES[family](rng)
    found = pseudospectrum(A, points=16, tolerance=tolerance)
    exact, size = by_svd(A, points(found)), np.linalg.norm(A, 2)
    known = exact > 1e3 * found.resolution  # there SVDs are right to a thousandth
    ratio = np.exp(found.log_sigma)[known] / exact[known]
    rounding = found.resolution / exact[known].min()
    assert ratio.min() >= 1 - rounding
    assert ratio.max() <= 1 + tolerance + rounding
    assert found.error <= tolerance
    assert 0 < found.resolution < 1e-13 * size


def test_real_matrices_are_mirrored_exactly(rng):
    found = pseudospectrum(scaled_gaussian(20, 1.0, rng), points=21)
    assert np.array_equal(found.y, -found.y[::-1])
    assert np.array_equal(found.log_sigma, found.log_sigma[::-1])


def test_the_window_holds_the_range_and_the_levels(rng):
    A = scaled_gaussian(15, 1.0, rng, complex_entries=True)
    found = pseudospectrum(A, points=30, levels=[0.1, 3.0])
    edge = np.concatenate([found.log_sigma[[0, -1]].ravel(), found.log_sigma[:, 0]])
    assert edge.min() > math.log(3.0)
    assert (found.eigenvalues.real > found.x[0]).all()
    steps = np.concatenate([np.diff(found.x), np.diff(found.y)])
    assert steps.max() / steps.min() < 1.1  # counts are whole numbers
    assert found.levels.tolist() == [0.1, 3.0]


def test_levels_are_decades_unless_given():
    found = pseudospectrum(jordan(30), points=40)
    assert len(found.levels) <= 9
    assert (np.log10(found.levels) % 1 == 0).all()
    flat = pseudospectrum([[0.0]], window=(5, 6, 0, 1), points=3)
    assert found.log_sigma.min() < math.log(found.levels[0])
    assert math.log(5) < math.log(flat.levels[0]) < math.log(6.1)


def test_refinement_finds_the_level_curves_of_a_fine_grid(rng):
    A = scaled_gaussian(40, 1.0, rng)
    window = (-1.5, 1.5, -1.5, 1.5)
    coarse = {"window": window, "points": 26, "levels": [0.05, 0.3]}
    found = pseudospectrum(A, refine=2, **coarse)
    fine = pseudospectrum(A, window=window, points=101)
    np.testing.assert_allclose(found.x, fine.x, rtol=0, atol=1e-12)
    for level in (0.05, 0.3):
        inside = found.log_sigma < math.log(level)
        exact = fine.log_sigma < math.log(level)
        # All that differ would have to be cells that a coarse look does not see.
        assert (inside != exact).mean() < 1e-3
    computed = found.computed
    assert 0.1 < computed.mean() < 0.8
    np.testing.assert_allclose(
        found.log_sigma[computed], fine.log_sigma[computed], rtol=0, atol=1e-3
    )


def test_a_value_that_rounding_made_is_below_the_resolution():
    # Entries near 2²⁶, singular to rounding: float64 has 5.96e-9 for σ = 2.68e-9.
    M = np.array(
        [
            [float.fromhex("0x1.6e36p+25"), float.fromhex("-0x1.12a88p+25")],
            [float.fromhex("0x1.e848000000001p+25"), float.fromhex("-0x1.6e36p+25")],
        ]
    )
    window = (-1e8, 0.0, -1e8, 0.0)
    found = pseudospectrum(M, window=window, points=2)
    assert abs(math.exp(found.log_sigma[1, 1]) - 2.68220901489e-9) < found.resolution


def test_sizes_at_the_ends_of_float64():
    for power in (-900, 900):
        A = np.ldexp(np.array([[1.0, 2.0], [0.0, -1.0]]), power)
        found = pseudospectrum(A, points=4)
        plain = pseudospectrum(np.array([[1.0, 2.0], [0.0, -1.0]]), points=4)
        shift = power * math.log(2)
        np.testing.assert_allclose(found.log_sigma, plain.log_sigma + shift, atol=1e-9)


def test_a_result_comes_back_from_disk(tmp_path):
    found = pseudospectrum(jordan(4), points=5)
    again = Pseudospectrum.load(found.save(tmp_path / "block"))
    for name, value in found.as_dict().items():
        np.testing.assert_array_equal(value, getattr(again, name))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": 1}, "`points` must be an integer >= 2; got 1"),
        ({"points": 10**7}, r"`points` = 10,000,000 needs [0-9,.]+ GiB"),
        ({"points": 100, "refine": 40}, r"`points` = 100 needs [0-9,.]+ GiB"),
        ({"refine": -1}, "`refine` must be an integer >= 0; got -1"),
        ({"tolerance": 0.0}, "`tolerance` must be a finite number > 0 and <= 0.5"),
        ({"levels": [0.1, 0.0]}, r"`levels` must be above 0, one at least; got \[0.1"),
        ({"levels": []}, "`levels` must be above 0, one at least"),
        ({"window": (1, 0, 0, 1)}, r"`window` must be \(x_min, x_max, y_min, y_max\)"),
        ({"window": (0, 1, 0)}, r"`window` must have shape \(4,\)"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(InputError, match=message):
        pseudospectrum([[1.0]], **arguments)
