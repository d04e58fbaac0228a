"""Exponents that rounding may have moved say so, those of blocks and others do not."""

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.cells.factored import DenseJacobian
from gradlab.datasets import embedded_text
from gradlab.dynamics import JacobianChain, run
from gradlab.exponents import (
    finite_time_exponents,
    lyapunov_spectra,
    lyapunov_spectrum,
    lyapunov_until,
)
from gradlab.exponents._blocks import in_general_position
from gradlab.linalg import orthogonal
from tests.oracles.products import log_growths


def coupled(n, T, c, rng):
    """0.9 on the diagonal and c times Gaussian numbers above, in a basis of its own."""
    Q = orthogonal(n, gain=1.0, rng=rng)
    return Q @ (0.9 * np.eye(n) + c * np.triu(rng.standard_normal((T, n, n)), 1)) @ Q.T


def told(result):
    return [note for note in result.caveats if "rounding may have moved" in note]


def test_every_kind_of_exponents_says_it(rng):
    chain = coupled(12, 64, 30.0, rng)
    (note,) = told(lyapunov_spectrum(chain))
    assert "by any number of nats per step" in note
    assert "enclosed_log_singular_values" in note
    found = finite_time_exponents(chain, window=8)
    assert f"note: {note}" in str(found)
    assert told(found) == [note]
    quiet = rng.standard_normal((64, 12, 12))
    batch = JacobianChain(DenseJacobian(np.stack([quiet, chain], axis=1)))
    spectra = lyapunov_spectra(batch)
    assert told(spectra) == [f"1 of 2 sequences (1): {note}"]
    assert f"sequences (1): {note}" in str(spectra)
    cell = Linear(coupled(12, 1, 30.0, rng)[0] / 100, np.zeros((12, 0)))
    assert told(lyapunov_until(cell, np.ones(12), None, stderr=1e-3, block=4))


def test_a_few_of_many_say_it_too(rng):
    chain = coupled(64, 20, 3.0, rng)
    assert told(lyapunov_spectrum(chain, k=1))
    cell = Linear(chain[0] / 100, np.zeros((64, 0)))
    assert told(lyapunov_until(cell, np.ones(64), None, stderr=1e-3, k=1, block=4))


@pytest.mark.slow
def test_one_direction_of_many_may_be_wrong(rng):
    # What is lost in a step grows in the steps after it, though no pivot is small.
    chain = coupled(64, 150, 3.0, rng)
    found = lyapunov_spectrum(chain, k=1)
    exact = log_growths(chain, in_general_position(64, 1)) / 150
    assert np.abs(found.exponents - exact).max() > 1e-4
    assert told(found)


@pytest.mark.parametrize("c", [1e3, 1e9])
def test_blocks_are_exact_at_any_coupling_and_say_nothing(c, rng):
    order = rng.permutation(20)
    chain = 0.9 * np.eye(20) + c * np.triu(rng.standard_normal((64, 20, 20)), 1)
    chain = chain[:, order][:, :, order]
    found = lyapunov_spectrum(chain)
    # Nothing is rounded but logs.
    np.testing.assert_allclose(found.exponents, np.log(0.9), rtol=1e-13)
    assert not told(found)
    assert not told(finite_time_exponents(chain, window=8))
    assert told(lyapunov_spectrum(chain, k=15))
    batch = JacobianChain(DenseJacobian(np.repeat(chain[:, None], 2, axis=1)))
    assert not told(lyapunov_spectra(batch))


@pytest.mark.parametrize("gain", [1.0, 3.0, 20.0])
@pytest.mark.parametrize("n", [8, 32, 100])
def test_saturated_networks_say_nothing(n, gain, rng):
    for activation in ("tanh", "relu"):
        cell = RNN.random(n, 1, gain=gain, activation=activation, rng=rng)
        trajectory = run(cell, rng.standard_normal(n), rng.standard_normal((80, 1)))
        for k in (1, n // 2, n):
            assert not told(lyapunov_spectrum(trajectory, k=k))


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_gated_networks_on_text_say_nothing(kind, rng):
    corpus = embedded_text()
    tokens = np.asarray(corpus.tokens[:120])
    inputs = np.eye(len(corpus.vocabulary))[tokens]
    cell = kind.random(24, inputs.shape[1], gain=1.0, rng=rng)
    trajectory = run(cell, np.zeros(cell.sizes[0]), inputs)
    for k in (1, None):
        assert not told(lyapunov_spectrum(trajectory, k=k))
