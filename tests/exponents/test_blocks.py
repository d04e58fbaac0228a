"""Chains as sweeps take them: a few Jacobians at a time, as slopes times weights."""

import numpy as np
import pytest

from gradlab.cells import RNN
from gradlab.cells.factored import GatedJacobian
from gradlab.dynamics import JacobianChain, run
from gradlab.errors import NonFiniteError
from gradlab.exponents import lyapunov_spectrum
from tests.oracles.products import log_growths


def test_formed_jacobians_are_few_at_a_time(rng, monkeypatch):
    factors = rng.normal(size=(90, 3, 3))
    whole = lyapunov_spectrum(JacobianChain(factors), burn_in=11)
    monkeypatch.setattr("gradlab.exponents._blocks._ENTRIES", 100)
    streamed = lyapunov_spectrum(JacobianChain(factors), burn_in=11)
    # The frame is taken out and put back between stretches, which rounds nothing twice.
    np.testing.assert_allclose(streamed.exponents, whole.exponents, rtol=0, atol=1e-14)


@pytest.mark.parametrize("burn_in", [0, 7])
def test_factored_jacobians_are_swept_as_they_are(rng, burn_in):
    cell = RNN.random(6, 2, gain=2.0, rng=rng)
    trajectory = run(cell, np.zeros(6), rng.normal(size=(200, 2)))
    factored = lyapunov_spectrum(trajectory, burn_in=burn_in)
    formed = lyapunov_spectrum(trajectory.chain.factors(), burn_in=burn_in)
    # The same products, in another order of rounding.
    np.testing.assert_allclose(
        factored.block_exponents, formed.block_exponents, rtol=0, atol=1e-12
    )
    assert factored.sum_rule == pytest.approx(formed.sum_rule, abs=1e-13)


def test_formed_jacobians_are_checked_where_they_are_formed():
    gates = np.ones((5, 1, 2))
    gates[3, 0, 1] = np.nan
    chain = JacobianChain(GatedJacobian(gates, np.eye(2), feeds=(0,)))
    with pytest.raises(NonFiniteError, match=r"got nan at index \(3, 1, "):
        lyapunov_spectrum(chain)


@pytest.mark.parametrize("gain", [1, 3, 8, 20])
@pytest.mark.parametrize("n", [6, 12])
def test_saturated_networks_have_the_exponents_of_their_exact_product(engine, n, gain):
    rng = np.random.default_rng(n)
    cell = RNN.random(n, 0, gain=float(gain), rng=rng)
    chain = run(cell, rng.normal(size=n), np.zeros((60, 0))).chain
    found = lyapunov_spectrum(chain, blocks=3, engine=engine)
    exact = np.sort(log_growths(chain.factors(), np.eye(n)))[::-1]
    # The product's logs to 1e-10, where QR at every step is off by up to 1e2 nats.
    np.testing.assert_allclose(60 * found.exponents, exact, rtol=0, atol=1e-10)
