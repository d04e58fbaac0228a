"""Initial weights follow the laws that libraries and papers state."""

import math

import numpy as np
import pytest
from scipy.stats import kstest

from gradlab.errors import InputError
from gradlab.linalg import spectral_norm, spectral_radius
from gradlab.references import bibliography
from gradlab.remedies import INITIALISATIONS, initial_cell

ALL = [(kind, name) for name, i in INITIALISATIONS.items() for kind in i.kinds]
N, M = 64, 12


def gates(cell):
    W = cell.params["W_hh"]
    return np.split(W, len(W) // W.shape[1])


def is_uniform(values, limit):
    """Whether values may be from U(±limit): p > 1 % for seed 0."""
    return kstest(values.ravel(), "uniform", (-limit, 2 * limit)).pvalue > 0.01


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_seed_draws_the_same_cell_and_another_a_different_one(kind, name):
    first, again, other = (
        initial_cell(kind, N, M, init=name, rng=seed) for seed in (1, 1, 2)
    )
    assert first.sizes[1] == M
    same = [np.array_equal(first.params[k], again.params[k]) for k in first.params]
    assert all(same)
    assert not np.array_equal(first.params["W_hx"], other.params["W_hx"])


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_torchs_default_is_the_law_of_torch_itself(kind):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = getattr(torch.nn, kind.upper())(M, N)
    cell = initial_cell(kind, N, M, init="torch", rng=0)
    limit = 1 / math.sqrt(N)
    for ours, theirs in (("W_hh", "weight_hh_l0"), ("W_hx", "weight_ih_l0")):
        assert is_uniform(cell.params[ours], limit)
        assert is_uniform(getattr(module, theirs).detach().numpy(), limit)
    bias = [b.detach().numpy() for b in (module.bias_ih_l0, module.bias_hh_l0)]
    assert is_uniform(np.concatenate(bias), limit)
    if kind == "gru":
        both = np.concatenate([cell.params["b_hx"], cell.params["b_hh"]])
        assert is_uniform(both, limit)
    else:  # of two, their sum is what counts: variance 2/(3n)
        assert np.abs(cell.params["b_h"]).max() > limit


@pytest.mark.parametrize(("kind", "G"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_keras_draws_all_gates_as_one_matrix(kind, G):
    cell = initial_cell(kind, 128, M, init="keras", rng=0)
    W_hh = cell.params["W_hh"]
    np.testing.assert_allclose(W_hh.T @ W_hh, np.eye(128), atol=1e-13)
    assert is_uniform(cell.params["W_hx"], math.sqrt(6 / (M + G * 128)))
    for W in gates(cell):
        # A corner of an orthogonal matrix G times as large: radius 1/√G; norm, from the
        # edge of the Jacobi ensemble, 2√(p(1 − p)) with p = 1/G where G ≥ 2.
        assert spectral_radius(W) == pytest.approx(1 / math.sqrt(G), rel=0.08)
        if G > 1:
            edge = 2 * math.sqrt(1 / G * (1 - 1 / G))
            assert spectral_norm(W) == pytest.approx(edge, rel=0.03)


def test_keras_and_flax_differ_in_the_forget_bias():
    keras, flax = (initial_cell("lstm", N, M, init=i, rng=0) for i in ("keras", "flax"))
    expected = np.zeros(4 * N)
    assert np.array_equal(flax.b_h, expected)
    expected[N : 2 * N] = 1.0
    assert np.array_equal(keras.b_h, expected)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_flax_draws_every_gate_orthogonal_and_cuts_inputs_at_two_deviations(kind):
    cell = initial_cell(kind, N, M, init="flax", rng=0)
    for W in gates(cell):
        np.testing.assert_allclose(W.T @ W, np.eye(N), atol=1e-13)
    W_hx = cell.params["W_hx"] * math.sqrt(M)
    # 0.87962566: the standard deviation of N(0, 1) cut at ±2.
    assert np.abs(W_hx).max() <= 2 / 0.87962566103423978
    # Variance of at least 768 draws: relative error about √(1.5/768), three of them.
    assert W_hx.var() == pytest.approx(1.0, abs=0.13)


def test_irnn_is_the_identity_with_rectified_units():
    cell = initial_cell("rnn", N, M, init="irnn", rng=0)
    assert np.array_equal(cell.W_hh, np.eye(N))
    assert (cell.phi.name, cell.b_h.any()) == ("relu", False)
    assert cell.W_hx.std() == pytest.approx(1e-3, rel=0.1)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_chrono_units_keep_for_one_to_t_steps(kind):
    memory = 100
    cell = initial_cell(kind, 400, M, init="chrono", rng=0, memory=memory)
    bias = cell.b_h if kind == "lstm" else cell.params["b_hx"]
    kept = 1 / (1 + np.exp(-bias[400:800]))
    times = 1 / (1 - kept)  # e^b + 1, uniform on 2 … T
    assert is_uniform(times - (2 + memory) / 2, (memory - 2) / 2)
    assert not bias[800:].any()
    if kind == "lstm":
        np.testing.assert_array_equal(bias[:400], -bias[400:800])


def test_a_forget_bias_is_added_to_torchs_default():
    plain, moved = (
        initial_cell("lstm", N, M, init=i, rng=0) for i in ("torch", "forget_bias")
    )
    change = np.zeros(4 * N)
    change[N : 2 * N] = 1.0
    np.testing.assert_allclose(moved.b_h - plain.b_h, change, atol=1e-15)
    assert np.array_equal(moved.W_hh, plain.W_hh)


def test_an_lru_has_its_eigenvalues_uniform_on_the_ring():
    ring = 0.5, 0.9
    cell = initial_cell("linear", 400, M, init="lru", rng=0, ring=ring)
    modulus = np.abs(np.linalg.eigvals(cell.W_hh))
    assert modulus.min() >= 0.5
    assert modulus.max() <= 0.9
    square = np.sort(modulus**2)[::2]  # a pair has one modulus
    low, high = (r**2 for r in ring)
    assert is_uniform(square - (low + high) / 2, (high - low) / 2)
    # Normal blocks: the norm is the radius, and one block has the variance
    # (1 − |λ|²)/2 of a real part under inputs of variance 1.
    assert spectral_norm(cell.W_hh) == pytest.approx(modulus.max(), rel=1e-12)
    share = np.square(cell.W_hx).sum(axis=1).reshape(-1, 2).mean(axis=1)
    block = np.abs(np.linalg.eigvals(cell.W_hh.reshape(200, 2, 200, 2)[0, :, 0]))[0]
    assert share.mean() == pytest.approx((1 - (modulus**2).mean()) / 2, rel=0.1)
    assert 0.5 <= block <= 0.9


@pytest.mark.parametrize("n", [64, 256, pytest.param(1024, marks=pytest.mark.slow)])
def test_the_norm_of_torchs_default_misleads(n):
    """ρ → 1/√3 and ‖W‖₂ → 2/√3, from both laws of random matrices."""
    (W,) = gates(initial_cell("rnn", n, 1, init="torch", rng=n))
    # Real matrices: ρ is above its limit by O(√(ln n/n)), here 1.4 of that at most;
    # ‖W‖ is below by O(n^{−2/3}), the width of the Tracy-Widom law times 4.
    radius, norm = 1 / math.sqrt(3), 2 / math.sqrt(3)
    slack = math.sqrt(math.log(n) / n)
    assert radius * (1 - slack) <= spectral_radius(W) <= radius * (1 + 1.4 * slack)
    assert norm * (1 - 4 * n ** (-2 / 3)) <= spectral_norm(W) <= norm * 1.02


def test_sources_are_in_the_bibliography_and_defaults_have_a_page():
    for name, found in INITIALISATIONS.items():
        assert (found.source is None) == bool(found.page), name
        assert found.source is None or found.source.key in bibliography()


WRONG = {
    "kind": (lambda: initial_cell("cnn", 4, 1, init="torch", rng=0), "`kind` must be"),
    "init": (lambda: initial_cell("rnn", 4, 1, init="he", rng=0), "`init` must be one"),
    "pair": (
        lambda: initial_cell("rnn", 4, 1, init="chrono", rng=0),
        "`init` 'chrono' is for lstm, gru; got kind 'rnn'",
    ),
    "odd": (lambda: initial_cell("linear", 5, 1, init="lru", rng=0), "must be even"),
    "ring": (
        lambda: initial_cell("linear", 4, 1, init="lru", rng=0, ring=(0.9, 0.5)),
        r"`ring\[1\]` must be",
    ),
    "memory": (
        lambda: initial_cell("lstm", 4, 1, init="chrono", rng=0, memory=2),
        "`memory` must be an integer >= 3",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_drawn_is_refused(name):
    make, message = WRONG[name]
    with pytest.raises(InputError, match=message):
        make()
