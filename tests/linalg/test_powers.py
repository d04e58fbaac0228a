"""Norms of powers in closed form and in exact arithmetic; Kreiss' theorem at work."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.linalg import PowerNorms, power_norms
from gradlab.testing import matrices
from tests.linalg.known import cyclic_shift, jordan, scaled_gaussian


def test_a_transient_that_eigenvalues_do_not_show():
    found = power_norms(jordan(2, 0.9), 60)
    assert found.peak_step == 9
    assert math.exp(found.peak) == pytest.approx(3.912567078, rel=1e-9)
    assert found.log_rate == pytest.approx(math.log(0.9), rel=1e-15)
    low, high = found.log_bounds
    assert math.exp(low) == pytest.approx(2.6, rel=1e-6)
    assert math.exp(high) == pytest.approx(2.6 * 2 * math.e, rel=1e-6)
    assert found.settled


@pytest.mark.parametrize(
    ("A", "step", "peak"),
    [
        ([[0.9, 10.0], [0.0, 0.8]], 6, 26.936218449397337),
        (jordan(3, 0.5), 3, 1.83705749901993),
        (jordan(10, 0.5), 16, 121.43574841444324),
        (jordan(5, coupling=2.0), 4, 16.0),
    ],
)
def test_known_peaks(A, step, peak):
    found = power_norms(A, 40)
    assert found.peak_step == step
    assert math.exp(found.peak) == pytest.approx(peak, rel=1e-13)
    assert found.log_bounds[0] <= found.peak <= found.log_bounds[1]


@pytest.mark.parametrize("k_max", [1, 2, 3, 10, 1000, 10**5])
def test_powers_of_a_jordan_block_of_two(k_max):
    # [[λ, 1], [0, λ]]^k = λ^k [[1, k/λ], [0, 1]], of norm λ^k e^{asinh(k/2λ)}.
    found = power_norms(jordan(2, 0.75), k_max)
    k = np.arange(k_max + 1)
    exact = k * math.log(0.75) + np.arcsinh(k / 1.5)
    assert len(found.log_norms) == k_max + 1
    # Each of the k products loses u.
    np.testing.assert_allclose(found.log_norms, exact, rtol=0, atol=1e-14 * (k_max + 9))


def test_powers_that_are_zero():
    nilpotent = power_norms([[3.0, -9.0], [1.0, -3.0]], 12)
    assert (nilpotent.log_norms[2:] == -math.inf).all()
    found = power_norms(jordan(5), 9)
    assert found.log_norms.tolist() == [0.0] * 5 + [-math.inf] * 5
    assert power_norms([[0.0]], 3).log_rate == -math.inf


def test_powers_that_leave_float64():
    found = power_norms([[0.5]], 3000)
    # 0.5^1075 is 0 in float64.
    np.testing.assert_allclose(
        found.log_norms, -math.log(2) * np.arange(3001), rtol=1e-14
    )
    tall = power_norms(1e200 * jordan(5), 4)
    assert tall.log_norms[4] == pytest.approx(800 * math.log(10), rel=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_errors_are_bounds(seed):
    rng = np.random.default_rng(seed)
    A = (
        np.triu(rng.standard_normal((5, 5)))
        if seed % 2
        else rng.standard_normal((4, 4))
    )
    with mp.workdps(60):
        exact, power, M = [], mp.eye(len(A)), mp.matrix(A.tolist())
        for _ in range(41):
            exact.append(float(mp.log(mp.svd_r(power, compute_uv=False)[0])))
            power = M * power
    found = power_norms(A, 40)
    apart = np.abs(found.log_norms - exact)
    # The logarithm itself is rounded, to eps of its size.
    assert (apart <= found.error + 4e-16 * np.abs(exact) + 4e-16).all()
    assert apart.max() < 1e-13


def test_a_rotation_never_settles_above_its_size():
    found = power_norms(cyclic_shift(6), 30)
    np.testing.assert_allclose(found.log_norms, 0.0, atol=1e-14)
    assert found.log_bounds == (0.0, 1 + math.log(6))


def test_the_theorem_is_nearly_attained():
    # γN, γ → ∞: sup ‖A^k‖ / K → n (n/(n − 1))^{n − 1}, which is e n for large n.
    for n, limit in ((2, 4.0), (3, 6.75), (5, 12.20703125)):
        found = power_norms(jordan(n, coupling=100.0), n)
        ratio = math.exp(found.peak - found.log_bounds[0])
        # The limit is approached as 1/γ.
        assert ratio == pytest.approx(limit, rel=1e-2)
        assert ratio <= math.e * n


def test_unstable_powers_have_no_bound():
    found = power_norms(1.5 * np.eye(2), 4)
    assert found.log_bounds == (math.inf, math.inf)
    assert not found.settled
    assert found.log_norms[4] == pytest.approx(4 * math.log(1.5), rel=1e-14)


def kreiss_holds(A, k_max):
    """Whether K ≤ sup ‖A^k‖ ≤ e n K is not refuted, and ρ^k ≤ ‖A^k‖."""
    found = power_norms(A, k_max)
    low, high = found.log_bounds
    k = np.arange(k_max + 1)
    slack = found.error + 1e-12
    error = slack[found.peak_step]
    final = found.settled and found.kreiss.upper < math.inf
    if found.peak - error > high or (final and low > found.peak + error):
        return False
    # Eigenvalues near a defective one are wrong by a root of rounding, and what is 0
    # for a nilpotent matrix is not for its computed eigenvalues.
    alive = np.isfinite(found.log_norms[1:])
    grown = k[1:] * (found.log_rate - 0.3)
    return bool((grown <= found.log_norms[1:] + slack[1:])[alive].all())


@given(st.integers(1, 5).flatmap(matrices), st.floats(0.05, 1.5))
def test_kreiss_theorem(A, radius):
    size = np.abs(np.linalg.eigvals(A / (np.abs(A).max() or 1.0))).max()
    A = A / (np.abs(A).max() or 1.0)
    if size > 1e-3:
        A = A * (radius / size)
    assert kreiss_holds(A, 40)


@settings(max_examples=10)
@given(st.integers(10, 40), st.integers(0, 2**32))
def test_kreiss_theorem_for_larger_matrices(n, seed):
    rng = np.random.default_rng(seed)
    assert kreiss_holds(scaled_gaussian(n, 0.95, rng), 30)


def test_a_result_is_a_table_and_comes_back_from_disk(tmp_path):
    found = power_norms(jordan(2, 0.9), 4)
    lines = found.to_csv().splitlines()
    assert lines[0] == "k,log_norm,error"
    assert len(lines) == 6
    again = PowerNorms.load(found.save(tmp_path / "norms"))
    np.testing.assert_array_equal(again.log_norms, found.log_norms)
    assert again.log_bounds == found.log_bounds


def test_more_powers_than_memory_are_refused_first():
    with pytest.raises(InputError, match=r"`k_max` = 1,000,000,000,000 needs [0-9,.]+"):
        power_norms([[1.0]], 10**12)


@pytest.mark.parametrize("k_max", [0, -1])
def test_k_max_is_a_count(k_max):
    with pytest.raises(InputError, match="`k_max` must be an integer >= 1"):
        power_norms([[1.0]], k_max)
