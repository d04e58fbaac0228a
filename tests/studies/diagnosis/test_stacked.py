"""What a loss says to a layer within a module is what autograd says between two."""

import math

import numpy as np
import pytest

from gradlab.adapters import record
from gradlab.studies.diagnosis.stacked import subjects_of
from tests.adapters.models import nn, torch

T, B, M, N = 12, 3, 2, 4


class Apart(nn.Module):
    """The same two layers as two modules, so that autograd sees between them."""

    def __init__(self, fused, kind, both):
        super().__init__()
        width = N * (2 if both else 1)
        options = {"bidirectional": both, "dtype": torch.float64}
        self.low = getattr(nn, kind)(M, N, **options)
        self.high = getattr(nn, kind)(width, N, **options)
        with torch.no_grad():
            for name, parameter in fused.named_parameters():
                part = self.low if "_l0" in name else self.high
                getattr(part, name.replace("_l1", "_l0")).copy_(parameter)

    def forward(self, x):
        return self.high(self.low(x)[0])


def floats(rows):
    return np.ldexp(rows.mantissa, rows.exponent[..., None])


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_sources_within_are_autograd_s_between(kind, both):
    torch.manual_seed(0)
    fused = getattr(nn, kind)(M, N, 2, bidirectional=both, dtype=torch.float64)
    x = torch.randn(T, B, M, dtype=torch.float64)
    loss = lambda out: out[0].square().sum()  # noqa: E731
    ours = subjects_of(record(fused, x, loss=loss))
    theirs = record(Apart(fused, kind, both), x, loss=loss).layers
    assert [s.reads_inputs for s in ours] == [True] * (1 + both) + [False] * (1 + both)
    for subject, layer in zip(ours, theirs, strict=True):
        # Sums over units and steps of products of order one, in another order.
        np.testing.assert_allclose(
            floats(subject.losses.every), layer.sources, rtol=1e-11, atol=1e-13
        )


def test_the_last_loss_is_the_last_in_a_layer_s_own_time():
    torch.manual_seed(0)
    module = nn.GRU(M, N, bidirectional=True, dtype=torch.float64)
    x = torch.randn(T, B, M, dtype=torch.float64)
    forward, backward = subjects_of(
        record(module, x, loss=lambda out: out[0][[2, 7]].sum())
    )
    assert forward.losses.steps.tolist() == [7] * B
    assert backward.losses.steps.tolist() == [T - 1 - 2] * B
    assert forward.losses.lag == backward.losses.lag == 4
    for subject in (forward, backward):
        kept = np.flatnonzero(floats(subject.losses.last).any(axis=(1, 2)))
        assert kept.tolist() == [subject.losses.steps[0]]


def test_nothing_is_lost_between_layers_of_any_size():
    """Weights so small that float64 has no such gradient: its logarithm is right."""
    module = nn.RNN(1, 1, 2, nonlinearity="relu", bias=False, dtype=torch.float64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(2.0**-60)
        module.weight_ih_l0.fill_(1.0)
        module.weight_ih_l1.fill_(1.0)
    x = torch.ones(30, 1, 1, dtype=torch.float64)
    low, _ = subjects_of(record(module, x, loss=lambda out: out[0][-1].sum()))
    logs = low.losses.every.log_norms()[:, 0]
    # Through the upper layer alone: 2^(-60 l) at lag l.
    expected = -60 * math.log(2) * np.arange(30)[::-1]
    np.testing.assert_allclose(logs, expected, rtol=1e-14, atol=1e-14)
    assert logs[0] < math.log(5e-324)
