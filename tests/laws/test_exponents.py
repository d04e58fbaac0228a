"""Laws of exponents, over every kind of chain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.cells import GRU, LSTM, RNN
from gradlab.dynamics import JacobianChain, run
from gradlab.exponents import lyapunov_spectrum
from gradlab.linalg import orthogonal
from tests.cases.chains import CHAINS

CELLS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


@pytest.fixture(params=sorted(set(CHAINS) - {"singular", "relu"}))
def chain(request, rng):
    return CHAINS[request.param](rng)


def test_sum_rule(chain):
    # Short chains of single-digit logs: rounding only.
    spectrum = lyapunov_spectrum(chain)
    assert abs(spectrum.sum_rule) < 1e-12
    mean = chain.log_abs_dets().mean()
    np.testing.assert_allclose(spectrum.exponents.sum(), mean, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_sum_rule_of_trained_sizes(cell, gain, rng):
    made = CELLS[cell].random(20, 5, gain=gain, rng=rng)
    trajectory = run(made, np.zeros(made.sizes[0]), rng.normal(size=(300, 5)))
    assert abs(lyapunov_spectrum(trajectory, burn_in=30).sum_rule) < 1e-10


def test_scaling_shifts_every_exponent(chain):
    moved = JacobianChain(3.0 * chain.factors())
    before, after = lyapunov_spectrum(chain), lyapunov_spectrum(moved)
    # 3 is not a power of two, so factors round; condition numbers are modest.
    np.testing.assert_allclose(
        after.exponents, before.exponents + np.log(3.0), rtol=1e-9, atol=1e-9
    )


def test_signs_do_not_matter(chain):
    before = lyapunov_spectrum(chain).exponents
    after = lyapunov_spectrum(-chain.factors()).exponents
    np.testing.assert_array_equal(before, after)


def test_concatenation_averages(rng):
    first = JacobianChain(rng.normal(size=(50, 3, 3)))
    second = JacobianChain(rng.normal(size=(70, 3, 3)))
    whole = lyapunov_spectrum(first.then(second))
    late = lyapunov_spectrum(first.then(second), burn_in=50)
    early = lyapunov_spectrum(first)
    mean = (50 * early.exponents + 70 * late.exponents) / 120
    np.testing.assert_allclose(whole.exponents, mean, atol=1e-12)


def test_orthogonal_similarity(rng):
    factors = rng.normal(size=(3000, 4, 4))
    Q = orthogonal(4, gain=1.0, rng=rng)
    before = lyapunov_spectrum(factors, burn_in=200)
    after = lyapunov_spectrum(Q @ factors @ Q.T, burn_in=200)
    # The start frames differ; gaps of 0.2 nats forget that in 200 steps (e^−40).
    np.testing.assert_allclose(after.exponents, before.exponents, atol=1e-10)


def test_leading_directions_are_those_of_all(rng):
    factors = rng.normal(size=(2000, 5, 5))
    every = lyapunov_spectrum(factors, burn_in=300)
    few = lyapunov_spectrum(factors, k=2, burn_in=300)
    np.testing.assert_allclose(few.exponents, every.exponents[:2], atol=1e-10)
    np.testing.assert_allclose(few.stderr, every.stderr[:2], rtol=1e-6)


def test_leading_direction_is_found_from_the_wrong_axis():
    factors = np.broadcast_to(np.diag([0.5, 2.0]), (300, 2, 2))
    top = lyapunov_spectrum(factors, k=1, burn_in=100).top
    assert abs(top - np.log(2.0)) < 1e-13


def test_transposed_and_reversed_products_have_the_same_law(rng):
    # J_1ᵀ ⋯ J_Tᵀ has the singular values of J_T ⋯ J_1, so where factors are independent
    # all four orders share their exponents; here to 4 standard errors of a difference.
    factors = rng.normal(size=(20_000, 3, 3)) @ np.diag([1.0, 2.0, 4.0])
    chain = JacobianChain(factors)
    spectra = [
        lyapunov_spectrum(c, burn_in=50)
        for c in (chain, chain.transpose(), factors[::-1], factors.transpose(0, 2, 1))
    ]
    for spectrum in spectra[1:]:
        gap = np.abs(spectrum.exponents - spectra[0].exponents)
        assert np.all(gap < 4 * np.hypot(spectrum.stderr, spectra[0].stderr))


@given(
    st.integers(1, 4),
    st.integers(2, 120),
    st.integers(1, 40),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_blocks_and_burn_in_only_regroup_the_steps(n, steps, blocks, seed, data):
    factors = np.random.default_rng(seed).normal(size=(steps, n, n))
    burn_in = data.draw(st.integers(0, steps - 1))
    found = lyapunov_spectrum(factors, burn_in=burn_in, blocks=blocks)
    one = lyapunov_spectrum(factors, burn_in=burn_in, blocks=1)
    np.testing.assert_allclose(found.exponents, one.exponents, atol=1e-9)
    assert found.block_steps.sum() == steps - burn_in
    assert len(found.block_steps) <= blocks
    assert np.all(np.diff(found.exponents) <= 0)
