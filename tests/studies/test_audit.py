"""An audit says of weights what linear algebra does, and of gradients what happens."""

import math

import numpy as np
import pytest

import gradlab
from gradlab.cells import LSTM, Henon
from gradlab.errors import InputError
from gradlab.meanfield import mean_field_exponent
from gradlab.remedies import INITIALISATIONS, initial_cell
from gradlab.studies import InitialisationAudit, audit_initialisation
from gradlab.studies.audit import recurrent_matrices

ALL = [(kind, name) for name, i in INITIALISATIONS.items() for kind in i.kinds]
SMALL = {"hidden": 16, "inputs": 4, "steps": 200}


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_initialisation_is_audited_and_printed(kind, name, tmp_path):
    found = audit_initialisation(kind, framework=name, rng=0, **SMALL)
    assert len(found.radii) == {"rnn": 1, "linear": 1, "lstm": 4, "gru": 3}[kind]
    assert (found.radii <= found.norms * (1 + 1e-12)).all()
    words = str(found)
    assert words.startswith(
        {"rnn": "RNN", "linear": "linear cell"}.get(kind, kind.upper())
    )
    assert INITIALISATIONS[name].words in words
    assert "ρ(W)" in words
    assert "every-step loss" in words
    again = InitialisationAudit.load(found.save(tmp_path / "audit"))
    assert str(again) == words
    assert found.left[0] == 0.0


def test_the_weights_are_those_of_the_initialisation():
    found = audit_initialisation("lstm", framework="jax", rng=0, **SMALL)
    # Orthogonal gates: radius and norm 1, to rounding.
    np.testing.assert_allclose(found.radii, 1.0, rtol=1e-12)
    np.testing.assert_allclose(found.norms, 1.0, rtol=1e-12)
    assert found.framework == "jax"


def test_torchs_norm_leaves_open_what_its_gradient_does_not_do():
    found = audit_initialisation("rnn", hidden=256, rng=0)
    assert found.norms[0] > 1
    assert found.exponent < math.log(found.radii[0])  # slopes of tanh are below 1
    # Mean field is of n → ∞; the radius of this one matrix is 5 % above its limit, and
    # the run leaves a per cent or two.
    expected = math.log(found.chi) / 2 + math.log(math.sqrt(3) * found.radii[0])
    assert found.exponent == pytest.approx(expected, abs=0.03)
    assert found.horizon_last < math.log(1000) / -math.log(1 / math.sqrt(3))
    assert "leaves growth open, to ×1.1" in str(found)
    assert found.reached_last < 0.02
    assert found.reached_every == 1.0


def test_chi_is_that_of_mean_field_theory_for_a_gaussian_drive():
    found = audit_initialisation("rnn", hidden=400, inputs=64, rng=1, steps=400)
    # Inputs of variance 1 through U(±1/√n), and two biases of the same law.
    variance = (64 + 2) / (3 * 400)
    limit = mean_field_exponent(
        "tanh", gain=1 / math.sqrt(3), input_variance=variance
    ).chi
    assert found.chi == pytest.approx(limit, rel=0.02)  # of n m draws
    assert math.isnan(audit_initialisation("gru", rng=0, **SMALL).chi)
    assert math.isnan(audit_initialisation("rnn", framework="irnn", rng=0, **SMALL).chi)


def test_the_longest_memory_of_a_ring_is_its_outer_radius():
    found = audit_initialisation(
        "linear", framework="lru", hidden=32, rng=0, ring=(0.5, 0.9), steps=400
    )
    largest = found.radii[0]
    assert largest < 0.9
    # A linear recurrence of normal blocks: the slowest rules at large lags.
    assert found.exponent == pytest.approx(math.log(largest), abs=0.01)


def test_chrono_keeps_for_as_long_as_is_asked():
    long, short = (
        audit_initialisation(
            "lstm", framework="chrono", rng=0, memory=memory, **SMALL | {"steps": 400}
        )
        for memory in (4000, 5)
    )
    assert math.isinf(long.horizon_last)
    assert short.horizon_last < 60
    assert "> 399 steps back" in str(long)


def test_a_batch_of_ones_own_is_read():
    x = np.random.default_rng(0).normal(size=(60, 2, 5))
    found = audit_initialisation("gru", hidden=8, inputs=x, rng=0)
    assert (found.steps, found.sequences) == (60, 2)


def test_seeds_tell_and_the_root_has_it():
    first, again, other = (
        audit_initialisation("rnn", rng=seed, **SMALL).exponent for seed in (1, 1, 2)
    )
    assert first == again != other
    assert gradlab.audit_initialisation is audit_initialisation


def test_recurrent_matrices_are_the_gates():
    cell = initial_cell("lstm", 4, 2, init="torch", rng=0)
    assert isinstance(cell, LSTM)
    np.testing.assert_array_equal(np.concatenate(recurrent_matrices(cell)), cell.W_hh)
    with pytest.raises(KeyError):
        recurrent_matrices(Henon())


WRONG = {
    "framework": (lambda: audit_initialisation("rnn", framework="he", rng=0), "`frame"),
    "pair": (
        lambda: audit_initialisation("gru", framework="irnn", rng=0),
        "`init` 'irnn' is for rnn; got kind 'gru'",
    ),
    "steps": (lambda: audit_initialisation("rnn", rng=0, steps=19), "at least 20"),
    "inputs": (
        lambda: audit_initialisation("rnn", rng=0, inputs=np.zeros((30, 2))),
        r"`inputs` must have shape \(T, B, m\)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_audited_is_refused(name):
    make, message = WRONG[name]
    with pytest.raises(InputError, match=message):
        make()
