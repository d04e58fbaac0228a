"""Exponents of batches: those of their sequences one by one, whatever befalls a few."""

import numpy as np
import pytest

from gradlab.cells import LSTM, RNN, Henon
from gradlab.cells.factored import DenseJacobian, GatedJacobian
from gradlab.dynamics import JacobianChain, run
from gradlab.errors import InputError, NonFiniteError
from gradlab.exponents import LyapunovSpectra, lyapunov_spectra, lyapunov_spectrum
from tests.oracles.products import log_growths


def batch_of(factors):
    return JacobianChain(DenseJacobian(np.asarray(factors, dtype=float)))


def assert_one_by_one(found, batch, **options):
    for b in range(len(found.exponents)):
        alone = lyapunov_spectrum(batch.sequence(b), **options)
        # The same recursion in another order of rounding.
        near = {"rtol": 0, "atol": 1e-12}
        np.testing.assert_allclose(found.exponents[b], alone.exponents, **near)
        np.testing.assert_allclose(found.stderr[b], alone.stderr, **near)


@pytest.mark.parametrize("burn_in", [0, 9])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_networks_with_other_inputs(engine, n, burn_in, rng):
    cell = RNN.random(n, 2, gain=2.0, rng=rng)
    batch = run(cell, rng.normal(size=(7, n)), rng.normal(size=(150, 7, 2)))
    found = lyapunov_spectra(batch, burn_in=burn_in, engine=engine)
    assert_one_by_one(found, batch, burn_in=burn_in, engine=engine)
    assert found.one_by_one == (7 if n == 5 else 0)
    assert (found.steps, found.burn_in) == (150 - burn_in, burn_in)


@pytest.mark.parametrize("make", [Henon, lambda: LSTM.random(1, 0, gain=2.0, rng=3)])
def test_cells_of_other_kinds(engine, make, rng):
    batch = run(make(), 0.1 * rng.normal(size=(4, 2)), np.zeros((90, 4, 0)))
    found = lyapunov_spectra(batch, blocks=5, engine=engine)
    assert_one_by_one(found, batch, blocks=5, engine=engine)


def test_chains_of_several_pieces(engine, rng):
    first, second = (batch_of(rng.normal(size=(T, 5, 2, 2))) for T in (11, 40))
    batch = first.then(second)
    assert_one_by_one(lyapunov_spectra(batch, engine=engine), batch, engine=engine)


def test_long_batches_are_formed_a_few_steps_at_a_time(engine, rng, monkeypatch):
    batch = batch_of(rng.normal(size=(60, 5, 2, 2)))
    whole = lyapunov_spectra(batch, engine=engine)
    monkeypatch.setattr("gradlab.exponents.batches._ENTRIES", 100)
    monkeypatch.setattr("gradlab.exponents.batches._TOGETHER", 3)
    parts = lyapunov_spectra(batch, engine=engine)
    np.testing.assert_allclose(parts.exponents, whole.exponents, rtol=0, atol=1e-14)


@pytest.mark.parametrize("n", [2, 3])
def test_saturated_systems_have_the_exponents_of_their_exact_product(engine, n, rng):
    slopes = np.exp(-rng.uniform(0, 12, size=(40, 20, n)))
    factors = slopes[..., None] * rng.normal(size=(40, 20, n, n))
    found = lyapunov_spectra(batch_of(factors), blocks=4, engine=engine)
    for b, row in enumerate(found.exponents):
        exact = np.sort(log_growths(factors[:, b], np.eye(n)))[::-1]
        # Forty pivots, each to some eps of its row unless it is 1e-7 of it.
        np.testing.assert_allclose(40 * row, exact, rtol=0, atol=1e-8)


def test_what_befalls_a_few_is_followed_by_itself(engine, rng):
    factors = rng.normal(size=(30, 7, 2, 2))
    factors[10, 1, 0] = 0.0  # a row of zeros
    factors[12, 2, 1] = factors[12, 2, 0]  # a singular matrix without zeros
    factors[:, 3, :, 1] *= 1e-6  # uneven columns
    factors[5, 4] *= 1e-300
    factors[6, 5] *= 1e303
    found = lyapunov_spectra(batch_of(factors), engine=engine)
    assert_one_by_one(found, batch_of(factors), engine=engine)
    assert found.one_by_one == 5
    assert np.isneginf(found.exponents[1:3, 1]).all()
    assert np.isfinite(found.exponents[[0, 3, 4, 5, 6]]).all()


def scaled_batch(slopes, W):
    return JacobianChain(GatedJacobian(slopes[:, :, None], np.asarray(W), feeds=(0,)))


def test_slopes_beyond_what_eight_products_hold_are_followed_together(engine, rng):
    slopes = np.exp(-rng.uniform(45, 60, size=(40, 9, 2)))
    batch = scaled_batch(slopes, rng.normal(size=(2, 2)))
    found = lyapunov_spectra(batch, engine=engine)
    assert found.one_by_one == 0
    for b in range(9):
        alone = lyapunov_spectrum(batch.sequence(b), engine=engine)
        # Sums of 40 logs near 50, each right to an ulp of its own.
        near = {"rtol": 0, "atol": 1e-11}
        np.testing.assert_allclose(found.exponents[b], alone.exponents, **near)


def test_dead_units_and_lost_digits_are_followed_by_themselves(engine, rng):
    slopes = rng.uniform(0.1, 1.0, size=(30, 6, 2))
    slopes[7, 1, 0] = 0.0
    slopes[9, 4] = 1e-200, 1e-60
    batch = scaled_batch(slopes, [[1.0, 2.0], [-0.5, 1.5]])
    found = lyapunov_spectra(batch, engine=engine)
    assert_one_by_one(found, batch, engine=engine)
    assert found.one_by_one == 2
    assert np.isneginf(found.exponents[1]).tolist() == [False, True]


@pytest.mark.parametrize("W", [[[1.0, 1e-9], [1.0, 2e-9]], [[1.0, 2.0], [2.0, 4.0]]])
def test_weights_that_lanes_cannot_take_are_followed_one_by_one(engine, W, rng):
    batch = scaled_batch(rng.uniform(0.1, 1.0, size=(30, 3, 2)), W)
    found = lyapunov_spectra(batch, engine=engine)
    assert_one_by_one(found, batch, engine=engine)
    assert found.one_by_one == 3


def test_slopes_that_are_not_finite_are_refused(engine, rng):
    slopes = rng.uniform(0.1, 1.0, size=(30, 3, 2))
    slopes[3, 1, 0] = np.nan
    with pytest.raises(NonFiniteError, match=r"got nan at index \(3, 0, 0\)"):
        lyapunov_spectra(scaled_batch(slopes, np.eye(2) + 0.5), engine=engine)


def test_jacobians_that_are_not_finite_are_refused(engine, rng):
    factors = rng.normal(size=(30, 3, 2, 2))
    factors[4, 2, 1, 0] = np.nan
    with pytest.raises(NonFiniteError, match=r"got nan at index \(4, 1, 0\)"):
        lyapunov_spectra(batch_of(factors), engine=engine)


def test_one_sequence_is_refused(rng):
    with pytest.raises(InputError, match="one sequence is for `lyapunov_spectrum`"):
        lyapunov_spectra(JacobianChain(rng.normal(size=(5, 2, 2))))
    with pytest.raises(InputError, match="a batch is needed"):
        lyapunov_spectra(rng.normal(size=(5, 3, 2, 2)))


def test_what_is_wrong_with_sequences_is_said_and_of_which(engine, rng):
    factors = rng.normal(size=(100, 4, 2, 2))
    factors[70, 2, 1] = 0.0
    found = lyapunov_spectra(batch_of(factors), blocks=10, engine=engine)
    assert found.caveats == (
        "1 of 4 sequences (2): exponents are −inf, a Jacobian being singular.",
    )
    short = lyapunov_spectra(batch_of(factors[:60]), blocks=6, engine=engine)
    assert short.caveats == (
        "too short: 60 steps in 6 blocks do not make a trustworthy standard error. "
        "Run longer.",
    )
    assert lyapunov_spectra(batch_of(factors[:60]), blocks=8).caveats != ()
    assert lyapunov_spectra(batch_of(factors[:64]), blocks=8).caveats != ()
    assert (
        lyapunov_spectra(batch_of(rng.normal(size=(80, 4, 2, 2))), blocks=8).caveats
        == ()
    )


def test_words_and_tables(tmp_path, rng):
    found = lyapunov_spectra(batch_of(rng.normal(size=(50, 12, 2, 2))), burn_in=2)
    words = str(found).splitlines()
    assert words[0].startswith("2 Lyapunov exponents of 12 sequences")
    assert "48 steps after a burn-in of 2" in words[0]
    assert len(words) == 11 + len(found.caveats)
    assert words[-1] == f"note: {found.caveats[0]}"
    assert found.top.tolist() == found.exponents[:, 0].tolist()
    table = found.columns()
    assert table["sequence"][:4].tolist() == [0, 0, 1, 1]
    assert table["exponent"].tolist() == found.exponents.ravel().tolist()
    again = LyapunovSpectra.load(found.save(tmp_path / "spectra"))
    np.testing.assert_array_equal(again.stderr, found.stderr)
    assert "benettin1980lyapunov" in found.cite()
