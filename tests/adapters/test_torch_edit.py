"""A copy of a model with other cells: they are there, and the model is not touched."""

import numpy as np
import pytest

from gradlab.adapters import from_torch, record, with_cells
from gradlab.cells import GRU, LSTM, RNN, ProjectedLSTM
from gradlab.errors import InputError
from tests.adapters.models import B, M, N, Reader, T, nn, seeded, torch

KINDS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_becomes_the_cell_that_is_given(kind, rng):
    module = seeded(
        lambda: getattr(nn, kind)(M, N, 2, bidirectional=True, dtype=torch.float64)
    )
    before = {name: value.clone() for name, value in module.state_dict().items()}
    cell = KINDS[kind].random(N, 2 * N, gain=1.0, rng=rng, init="torch")
    again = with_cells(module, {"layer1.reverse": cell})
    for mine, theirs in zip(
        from_torch(again).layers, from_torch(module).layers, strict=True
    ):
        expected = cell if mine.name == "layer1.reverse" else theirs.cell
        for name, value in expected.params.items():
            np.testing.assert_array_equal(mine.cell.params[name], value)
    assert all(torch.equal(before[k], v) for k, v in module.state_dict().items())


def test_a_projected_layer_becomes_the_cell_that_is_given(rng):
    module = nn.LSTM(M, N, 2, proj_size=3, dtype=torch.float64)
    cell = ProjectedLSTM.random(N, 3, projected=3, gain=1.0, rng=rng)
    again = from_torch(with_cells(module, {"layer1": cell})).layers[1].cell
    for name, value in cell.params.items():
        np.testing.assert_array_equal(again.params[name], value)


@pytest.mark.parametrize("kind", KINDS)
def test_cells_and_nested_names(kind, rng):
    cell = KINDS[kind].random(N, M, gain=1.0, rng=rng)
    single = with_cells(getattr(nn, f"{kind}Cell")(M, N), {f"{kind.lower()}cell": cell})
    np.testing.assert_allclose(from_torch(single).W_hh, cell.W_hh, rtol=1e-7)
    model = seeded(Reader, kind=kind).double()
    again = with_cells(model, {"encoder.core": cell})
    (layer,) = record(again, torch.zeros(B, T, dtype=torch.long)).layers
    np.testing.assert_array_equal(layer.trajectory.cell.W_hh, cell.W_hh)


def test_what_does_not_fit_is_refused(rng):
    module = nn.GRU(M, N, bias=False)
    biased = GRU.random(N, M, gain=1.0, rng=rng, init="torch")
    with pytest.raises(InputError, match="must have no bias for gru, which has none"):
        with_cells(module, {"gru": biased})
    with_cells(module, {"gru": GRU.random(N, M, gain=1.0, rng=rng)})
    with pytest.raises(InputError, match="must name layers of gru; got 'lstm'"):
        with_cells(module, {"lstm": biased})
    with pytest.raises(InputError, match="must hold a GRU of sizes"):
        with_cells(module, {"gru": RNN.random(N, M, gain=1.0, rng=rng)})
