"""Character models and the batches that they read."""

import numpy as np
import pytest

from gradlab.cells import RNN
from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.studies import CharacterModel, model_stability
from gradlab.studies.text_batches import TextBatches, streams


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_other_numbers_make_another_model_of_the_same_kind(kind, rng):
    model = CharacterModel.random(kind, 5, 4, rng=rng)
    moved = model.with_params({k: v + 1 for k, v in model.params.items()})
    assert type(moved.cell) is type(model.cell)
    assert moved.params.keys() == model.params.keys()
    for name, value in model.params.items():
        assert moved.params[name].tolist() == (value + 1).tolist()


def test_the_loss_of_a_long_text_carries_the_state(rng):
    """600 symbols in stretches are one objective over all of them."""
    model = CharacterModel.random("gru", 5, 4, rng=rng)
    tokens = rng.integers(0, 4, size=(601, 2))
    whole = model.objective(tokens, model.start(2))
    # 1,200 losses of order one are summed in another order.
    assert model.loss(tokens) == pytest.approx(whole.loss, rel=1e-13)


def test_a_readout_that_does_not_fit_is_refused(rng):
    cell = RNN.random(5, 4, gain=1.0, rng=rng)
    with pytest.raises(ShapeError, match="with q = 4, one per input"):
        CharacterModel(cell, np.zeros((3, 5)), np.zeros(3))
    with pytest.raises(InputTypeError, match="`cell` must be a cell of gradlab"):
        CharacterModel("rnn", np.zeros((3, 5)), np.zeros(3))
    with pytest.raises(InputError, match="`kind` must be one of 'rnn', 'lstm', 'gru'"):
        CharacterModel.random("elman", 5, 4, rng=rng)


def test_streams_ask_for_every_symbol_once():
    rows = streams(np.arange(101), 4)
    assert rows.shape == (26, 4)
    assert np.sort(rows[1:].ravel()).tolist() == list(range(1, 101))


def test_a_carried_batch_goes_on_where_it_ended(rng):
    batches = TextBatches(np.arange(120), 3, 8, True, rng)
    passes, last = 0, None
    for _ in range(20):
        tokens, fresh = batches.following()
        assert tokens.shape == (9, 3)
        assert (np.diff(tokens, axis=0) == 1).all()
        if not fresh:
            assert tokens[0].tolist() == last.tolist()
        passes += fresh
        last = tokens[-1]
    assert passes == 5  # 4 segments of 8 in each of three streams of 37 to 39


def test_a_fresh_batch_starts_anywhere(rng):
    batches = TextBatches(np.arange(12), 50, 3, False, rng)
    tokens, fresh = batches.following()
    assert fresh
    assert (np.diff(tokens, axis=0) == 1).all()
    assert set(tokens[0]) == set(range(9))  # the last one that has three to follow


@pytest.mark.parametrize(("carry", "enough"), [(True, 12), (False, 4)])
def test_a_text_too_short_for_a_batch_is_refused(carry, enough, rng):
    for offset in range(20):  # every offset of a pass must leave a segment
        batches = TextBatches(
            np.arange(enough), 3, 3, carry, np.random.default_rng(offset)
        )
        assert batches.following()[0].shape == (4, 3)
    with pytest.raises(InputError, match=f"training text of {enough} symbols; got"):
        TextBatches(np.arange(enough - 1), 3, 3, carry, rng)


def test_stability_is_that_of_the_gates(rng):
    model = CharacterModel.random("lstm", 6, 4, rng=rng)
    found = model_stability(model, rng.integers(0, 4, size=500))
    gates = model.params["W_hh"].reshape(4, 6, 6)
    radii = np.abs(np.linalg.eigvals(gates)).max(axis=1)
    # Eigenvalues of a random 6 × 6 matrix are good to some ten eps.
    np.testing.assert_allclose(found.spectral_radii, radii, rtol=1e-13)
    np.testing.assert_allclose(found.norms, np.linalg.norm(gates, 2, axis=(1, 2)))
    assert np.isfinite(found.exponent)


def test_the_exponent_of_a_silent_orthogonal_network_is_its_gain(rng):
    """W_hx = 0 and h_0 = 0: tanh' = 1 throughout, λ_1 = ln gain."""
    cell = RNN.random(6, 4, gain=0.8, rng=rng, init="orthogonal")
    quiet = RNN(cell.W_hh, np.zeros((6, 4)), np.zeros(6))
    model = CharacterModel(quiet, np.zeros((4, 6)), np.zeros(4))
    found = model_stability(model, rng.integers(0, 4, size=300))
    assert found.exponent == pytest.approx(np.log(0.8), rel=1e-12)
    assert found.norms[0] == pytest.approx(0.8, rel=1e-13)
