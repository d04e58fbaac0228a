"""Diagnoses of torch models: they say what torch itself stores, and touch nothing."""

import numpy as np
import pytest

from gradlab.studies import GradientVerdict, diagnose
from tests.adapters.models import Looped, Reader, nn, seeded, torch

T, B, M, N = 300, 4, 3, 16


def lost_in_torch(module, x, loss):
    """Of T states, how many get a gradient of no more than two smallest numbers.

    Not 0 exactly: 2^-149 times a gate above ½ rounds to itself, and stays for ever.
    """
    cell = nn.LSTMCell(M, N)
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            parameter.copy_(getattr(module, f"{name}_l0"))
    state, hidden = None, []
    for row in x:
        state = cell(row, state)
        state[0].retain_grad()
        state[1].retain_grad()
        hidden.append(state)
    loss(torch.stack([h for h, _ in hidden])).backward()
    rows = [torch.cat([h.grad, c.grad], -1) for h, c in hidden[:-1]]
    largest = torch.stack(rows).abs().amax(dim=-1)
    counts = (largest <= 2.0**-148).sum(dim=0).tolist()
    return float(np.median(counts))


LOSSES = {
    "last": lambda output: output[-1].square().mean(),
    "every": lambda output: output.square().mean(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_lost_where_torch_loses_them(name):
    module, loss = seeded(lambda: nn.LSTM(M, N)), LOSSES[name]
    x = torch.randn(T, B, M)
    found = diagnose(module, x, loss=lambda out: loss(out[0]))
    (layer,) = found.layers
    expected = lost_in_torch(module, x, loss)
    # Subnormal numbers round by up to a half: a few steps earlier or later.
    assert layer.zero_steps == pytest.approx(expected, abs=4)
    if name == "last":
        assert found.verdict is GradientVerdict.VANISHING
        assert expected > 50
        assert f"at {layer.zero_steps} of {T} steps" in str(found)
        assert 0 <= layer.last_unit < 2 * N
    else:
        assert found.verdict is GradientVerdict.NOT_THE_GRADIENTS
        assert layer.zero_steps == expected == 0


def test_a_model_with_tokens_targets_and_a_readout():
    model = seeded(Reader)
    tokens = torch.arange(4 * 50).reshape(4, 50) % 5
    loss = lambda out, y: nn.functional.cross_entropy(out[:, -1], y[:, -1])  # noqa: E731
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = diagnose(model, (tokens, tokens), loss=loss)
    assert found.verdict is GradientVerdict.VANISHING
    assert found.model == "Reader"
    assert [layer.name for layer in found.layers] == ["encoder.core"]
    assert found.layers[0].required_lag == 49
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


def test_without_a_loss_it_speaks_of_the_jacobians():
    found = diagnose(seeded(Looped), torch.randn(80, 2, 2))
    assert not found.has_loss
    assert found.verdict is GradientVerdict.CONTRACTING
    assert "the Jacobians alone" in str(found)


def test_a_lower_layer_may_carry_what_an_upper_one_loses():
    """The verdict on a stack is that of what reaches its inputs."""
    module = seeded(lambda: nn.RNN(M, N, 2, nonlinearity="relu", bias=False))
    with torch.no_grad():
        module.weight_hh_l0.copy_(torch.eye(N))
        module.weight_hh_l1.mul_(0.5)
    found = diagnose(module, torch.rand(100, B, M), loss=lambda out: out[0][-1].sum())
    low, high = found.layers
    assert high.verdict is GradientVerdict.VANISHING
    assert low.verdict is found.verdict is GradientVerdict.NOT_THE_GRADIENTS


def test_exact_looks_at_all_sequences_and_says_how_to_truncate_and_clip():
    module = seeded(lambda: nn.GRU(M, N))
    x = torch.randn(60, 12, M)
    loss = lambda out: out[0].square().mean()  # noqa: E731
    quick, exact = (diagnose(module, x, loss=loss, mode=m) for m in ("quick", "exact"))
    assert (quick.layers[0].sequences, exact.layers[0].sequences) == (8, 12)
    assert np.isnan(quick.layers[0].window)
    layer = exact.layers[0]
    assert 1 <= layer.noise_window <= layer.window_steps == 60
    assert 1 < layer.window < 30
    assert f"truncation after {layer.window:.0f} steps leaves out" in str(exact)
    # Every sequence's own loss is its mean over steps and units.
    norms = []
    for b in range(12):
        module.zero_grad()
        loss(module(x[:, b : b + 1])).backward()
        grads = [p.grad.flatten() for p in module.parameters()]
        norms.append(float(torch.cat(grads).norm()))
    # gradlab's GRU has the same parameters; float32 rounds.
    assert layer.clip_norm == pytest.approx(sorted(norms)[10], rel=1e-5)


def test_exact_tries_remedies_on_the_whole_model():
    model = seeded(Reader, num_layers=1)
    tokens = torch.arange(4 * 60).reshape(4, 60) % 5
    loss = lambda out: out[:, -1].square().mean()  # noqa: E731
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = diagnose(model, tokens, loss=loss, mode="exact")
    best = found.layers[0].remedies[0]
    assert best.name == "chrono"
    assert best.helps
    assert best.whole_after is GradientVerdict.NOT_THE_GRADIENTS
    assert "(the whole model: not the gradients)" in str(found)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    quick = diagnose(model, tokens, loss=loss)
    assert quick.layers[0].remedies[0].whole_after is None
    bare = nn.LSTM(3, 8, bias=False)
    exact = diagnose(
        bare, torch.randn(60, 2, 3), loss=lambda o: o[0][-1].sum(), mode="exact"
    )
    tried = {remedy.name: remedy.whole_after for remedy in exact.layers[0].remedies}
    assert tried["chrono"] is None  # a module without biases cannot take one
    assert tried["orthogonal"] is GradientVerdict.VANISHING
