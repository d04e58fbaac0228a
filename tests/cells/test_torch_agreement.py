"""One step of RNN, LSTM, GRU, and every activation, is torch's in float64."""

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN
from tests.cases.activations import PHIS

torch = pytest.importorskip("torch")

CELLS = {
    "tanh": lambda: torch.nn.RNNCell(5, 4, nonlinearity="tanh"),
    "relu": lambda: torch.nn.RNNCell(5, 4, nonlinearity="relu"),
    "lstm": lambda: torch.nn.LSTMCell(5, 4),
    "gru": lambda: torch.nn.GRUCell(5, 4),
}


def ours(module):
    """Return the cell with the parameters of a torch cell, laid out as documented."""
    W_hh, W_hx, b_hx, b_hh = (
        getattr(module, name).detach().numpy()
        for name in ("weight_hh", "weight_ih", "bias_ih", "bias_hh")
    )
    if isinstance(module, torch.nn.GRUCell):
        return GRU(W_hh, W_hx, b_hx, b_hh)
    if isinstance(module, torch.nn.LSTMCell):
        return LSTM(W_hh, W_hx, b_hx + b_hh)
    return RNN(W_hh, W_hx, b_hx + b_hh, module.nonlinearity)


def theirs(module, h, x):
    """Return torch's next state (..., n) for a flat state, as a tensor."""
    if not isinstance(module, torch.nn.LSTMCell):
        return module(x, h)
    return torch.cat(module(x, torch.chunk(h, 2, dim=-1)), dim=-1)


@pytest.fixture(params=CELLS, name="module")
def _module(request):
    torch.manual_seed(0)
    return CELLS[request.param]().double()


def test_a_batch_of_steps_equals_torch(module, rng):
    cell = ours(module)
    n, m = cell.sizes
    h, x = rng.normal(size=(7, n)), 3 * rng.normal(size=(7, m))
    expected = theirs(module, torch.tensor(h), torch.tensor(x)).detach().numpy()
    # Sums of nine products of order one, in another order.
    np.testing.assert_allclose(cell.step(h, x), expected, rtol=0, atol=3e-15)


def test_jacobians_equal_autograd(module, rng):
    cell = ours(module)
    n, m = cell.sizes
    h, x = rng.normal(size=n), rng.normal(size=m)
    by_state, by_input = torch.autograd.functional.jacobian(
        lambda h, x: theirs(module, h, x), (torch.tensor(h), torch.tensor(x))
    )
    # torch computes 1 − tanh² and σ(1 − σ), to an absolute 1e-16 per gate.
    np.testing.assert_allclose(cell.jacobian(h, x), by_state.numpy(), atol=3e-15)
    np.testing.assert_allclose(cell.input_jacobian(h, x), by_input.numpy(), atol=3e-15)


def test_parameter_cotangents_equal_autograd(module, rng):
    cell = ours(module)
    n, m = cell.sizes
    h, x, u = rng.normal(size=n), rng.normal(size=m), rng.normal(size=n)
    theirs(module, torch.tensor(h), torch.tensor(x)).backward(torch.tensor(u))
    params = cell.cotangent(h, x, u).params
    names = {"W_hh": "weight_hh", "W_hx": "weight_ih", "b_hx": "bias_ih"}
    names |= {"b_hh": "bias_hh", "b_h": "bias_hh"}
    for name, value in params.items():
        gradient = getattr(module, names[name]).grad.numpy()
        np.testing.assert_allclose(value, gradient, atol=1e-14, err_msg=name)


TORCH_PHIS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "identity": lambda a: 1.0 * a,
    "erf": torch.erf,
    "hardtanh": torch.nn.functional.hardtanh,
    "softplus": lambda a: torch.nn.functional.softplus(a, threshold=1e9),
    "leaky_relu": torch.nn.functional.leaky_relu,
    "leaky_relu_steep": lambda a: torch.nn.functional.leaky_relu(a, 3.0),
    "leaky_relu_negative": lambda a: torch.nn.functional.leaky_relu(a, -0.5),
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
}
PIECEWISE = ("relu", "identity", "hardtanh", "leaky_relu")


@pytest.mark.parametrize("name", PHIS)
def test_activations_equal_torch_kinks_and_signed_zeros_included(name):
    points = np.append(np.linspace(-12.0, 12.0, 97), [0.0, -0.0, 1.0, -1.0, 1e9, -1e9])
    if name not in ("relu", "hardtanh", "leaky_relu"):
        points = points[:-2]
    a = torch.tensor(points, requires_grad=True)
    value = TORCH_PHIS[name](a)
    value.sum().backward()
    phi = PHIS[name]
    if name.startswith(PIECEWISE):
        np.testing.assert_array_equal(phi.value(points), value.detach().numpy())
        np.testing.assert_array_equal(phi.slope(points), a.grad.numpy())
        return
    # torch takes differences from 1 (1 − σ, 1 + erf), each right to an absolute 1e-16,
    # and multiplies by |a| ≤ 12; ours are held to mpmath in tests/laws.
    expected = value.detach().numpy()
    np.testing.assert_allclose(phi.value(points), expected, rtol=4e-16, atol=2e-15)
    np.testing.assert_allclose(phi.slope(points), a.grad.numpy(), rtol=0, atol=3e-15)


def test_every_activation_has_its_torch_twin():
    assert set(TORCH_PHIS) == set(PHIS)
