"""A model out of a file gets the diagnosis of the torch model that it was."""

import numpy as np
import pytest

from gradlab.adapters import from_checkpoint
from gradlab.errors import InputError
from gradlab.studies import diagnose
from tests.adapters.models import nn, seeded, torch

T, B, Q, M, N = 40, 10, 7, 3, 6


class Reader(nn.Module):
    """Symbols in, an outlook on the next one out, time first."""

    def __init__(self, both=False):
        super().__init__()
        self.embedding = nn.Embedding(Q, M)
        self.core = nn.GRU(M, N, num_layers=2, bidirectional=both)
        self.head = nn.Linear(N * (1 + both), Q)

    def forward(self, symbols):
        return self.head(self.core(self.embedding(symbols))[0])


def loaded(model, folder):
    path = folder / "model.npz"
    np.savez(path, **{n: value.numpy() for n, value in model.state_dict().items()})
    return from_checkpoint(path)


def losses(which):
    last = slice(-1, None) if which == "last" else slice(None)

    def loss(output, targets):
        parts = output[last].reshape(-1, Q), targets[last].reshape(-1)
        return nn.functional.cross_entropy(*parts)

    return loss


@pytest.mark.parametrize("which", ["last", "every", None])
@pytest.mark.parametrize("both", [False, True])
def test_quick_looks_agree(both, which, tmp_path):
    model = seeded(Reader, both=both).double()
    symbols = torch.randint(Q, (T, B))
    batch = (symbols[:-1], symbols[1:])
    loss = None if which is None else losses(which)
    theirs = diagnose(model, batch if loss else symbols[:-1], loss=loss)
    arrays = tuple(part.numpy() for part in batch)
    ours = diagnose(loaded(model, tmp_path), arrays, loss=which)
    assert (ours.verdict, ours.has_loss) == (theirs.verdict, theirs.has_loss)
    assert len(ours.layers) == len(theirs.layers) == 2 * (1 + both)
    for a, b in zip(ours.layers, theirs.layers, strict=True):
        assert (a.name, a.dtype, a.verdict) == (b.name, b.dtype, b.verdict)
        assert (a.required_lag, a.reads_inputs) == (b.required_lag, b.reads_inputs)
        # Logarithms, in nats, of gradients along states that agree to 1e-12.
        np.testing.assert_allclose(a.profile, b.profile, atol=1e-8)
        np.testing.assert_allclose(a.horizon, b.horizon, rtol=1e-8)


def test_remedies_are_tried_on_copies_of_the_whole_model(tmp_path):
    model = seeded(Reader).double()
    symbols = torch.randint(Q, (T, B))
    batch = (symbols[:-1], symbols[1:])
    theirs = diagnose(model, batch, loss=losses("last"), mode="exact")
    arrays = tuple(part.numpy() for part in batch)
    ours = diagnose(loaded(model, tmp_path), arrays, loss="last", mode="exact")
    found = [
        [(one.name, one.verdict_after, one.whole_after) for one in layer.remedies]
        for layer in ours.layers
    ]
    assert any(found)
    assert found == [
        [(one.name, one.verdict_after, one.whole_after) for one in layer.remedies]
        for layer in theirs.layers
    ]


def test_what_is_for_torch_models_is_refused(tmp_path):
    model = loaded(seeded(Reader), tmp_path)
    symbols = np.zeros((T, B), int)
    with pytest.raises(InputError, match="`forward` is for torch models"):
        diagnose(model, symbols, forward=lambda model, x: model(x))
    with pytest.raises(InputError, match="`loss` must be one of"):
        diagnose(model, (symbols, symbols), loss=losses("last"))
    with pytest.raises(InputError, match="`loss` needs `targets`; there is none"):
        diagnose(model, symbols, loss="last")
