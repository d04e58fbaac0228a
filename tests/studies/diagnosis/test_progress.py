"""What `diagnose` tells of its progress: a share that never falls, and what is next."""

import numpy as np
import pytest

from gradlab.adapters import LoadedModel, Stack, StackLayer
from gradlab.cells import RNN, Linear
from gradlab.studies import diagnose


def loaded(gain):
    cells = [RNN.random(6, m, gain=gain, rng=0) for m in (2, 6)]
    layers = [StackLayer(i, "forward", cell) for i, cell in enumerate(cells)]
    return LoadedModel("rnn", "RNN", Stack(layers), W_qh=np.eye(3, 6))


@pytest.mark.parametrize("mode", ["quick", "exact"])
def test_every_layer_and_every_remedy_is_told_in_order(mode, rng):
    told = []
    batch = rng.normal(size=(40, 2, 2)), rng.integers(3, size=(40, 2))
    found = diagnose(
        loaded(0.3),
        batch,
        loss="last",
        mode=mode,
        progress=lambda share, what: told.append((share, what)),
    )
    shares, names = zip(*told, strict=True)
    assert names[0] == "running the model"
    assert list(shares) == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] < 1.0
    for place, layer in enumerate(found.layers):
        start = names.index(layer.name)
        assert shares[start] == place / 2
        tried = [f"{layer.name}, {remedy.name}" for remedy in layer.remedies]
        assert tried
        assert sorted(names[start + 1 : start + 1 + len(tried)]) == sorted(tried)


def test_who_watches_changes_nothing(rng):
    cell, x = Linear([[0.5]], [[1.0]]), rng.normal(size=(50, 1))
    told = []
    watched = diagnose(cell, x, progress=lambda *seen: told.append(seen))
    alone = diagnose(cell, x)
    assert watched.headline == alone.headline
    np.testing.assert_array_equal(watched.layers[0].profile, alone.layers[0].profile)
    assert told == [(0.0, "running the model"), (0.0, "Linear")]


def test_a_failure_of_who_watches_is_not_swallowed():
    def stop(share, what):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1)), progress=stop)
