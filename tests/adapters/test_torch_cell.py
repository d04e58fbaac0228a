"""Cells from torch: the same step, the same Jacobian, and what is refused."""

import sys

import numpy as np
import pytest

from gradlab.adapters import from_torch
from gradlab.errors import InputError, InputTypeError, MissingExtraError, NonFiniteError

torch = pytest.importorskip("torch")

N, M = 6, 4
MODULES = {
    "RNN": {},
    "RNN relu": {"nonlinearity": "relu"},
    "LSTM": {},
    "LSTM projected": {"proj_size": 3},
    "GRU": {},
    "RNNCell": {},
    "RNNCell relu": {"nonlinearity": "relu"},
    "LSTMCell": {},
    "GRUCell": {},
}


@pytest.fixture(params=MODULES)
def name(request):
    return request.param


def build(name, **settings):
    torch.manual_seed(0)
    kind = getattr(torch.nn, name.split()[0])
    return kind(M, N, **MODULES[name], **settings)


def torch_step(module, h, x):
    """One step on the flat state, as torch computes it."""
    h, x = h[None], x[None]
    whole = not isinstance(module, torch.nn.RNNCellBase)
    state = h[None] if whole else h
    if h.shape[-1] > N:
        shown = h.shape[-1] - N
        state = (state[..., :shown].contiguous(), state[..., shown:].contiguous())
    state = module(x[None], state)[1] if whole else module(x, state)
    parts = state if isinstance(state, tuple) else (state,)
    return torch.cat([part.reshape(-1) for part in parts])


@pytest.mark.parametrize("bias", [True, False])
def test_the_step_is_torch_s(name, bias, rng):
    module = build(name, bias=bias, dtype=torch.float64)
    cell = from_torch(module)
    n, m = cell.sizes
    shown = getattr(module, "proj_size", 0) or N
    assert (n, m) == (shown + N if "LSTM" in name else N, M)
    for _ in range(5):
        h, x = rng.normal(size=n), rng.normal(size=m)
        with torch.no_grad():
            expected = torch_step(module, torch.tensor(h), torch.tensor(x)).numpy()
        # Sums of eleven products in another order.
        np.testing.assert_allclose(cell.step(h, x), expected, rtol=1e-13, atol=1e-15)


def test_the_jacobians_are_autograd_s(name, rng):
    module = build(name, dtype=torch.float64)
    cell = from_torch(module)
    n, m = cell.sizes
    h, x = torch.tensor(rng.normal(size=n)), torch.tensor(rng.normal(size=m))
    by_h, by_x = torch.autograd.functional.jacobian(
        lambda h, x: torch_step(module, h, x), (h, x)
    )
    at = h.numpy(), x.numpy()
    np.testing.assert_allclose(cell.jacobian(*at), by_h, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(cell.input_jacobian(*at), by_x, rtol=1e-12, atol=1e-15)


def test_float32_weights_are_widened_exactly(name):
    module = build(name)
    cell = from_torch(module)
    suffix = "" if "Cell" in name else "_l0"
    weights = getattr(module, f"weight_hh{suffix}").detach().numpy()
    assert weights.dtype == np.float32
    assert cell.W_hh.dtype == np.float64
    np.testing.assert_array_equal(cell.W_hh, weights.astype(np.float64))
    np.testing.assert_array_equal(cell.W_hh.astype(np.float32), weights)
    halved = from_torch(module.bfloat16())
    assert (halved.W_hh.astype(np.float32) != weights).any()


def test_later_training_does_not_change_the_cell(name):
    module = build(name)
    cell = from_torch(module)
    before = cell.W_hh.copy()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(cell.W_hh, before)


def _mine():
    forward = {"forward": lambda self, x: 2 * x}
    return type("Mine", (torch.nn.GRU,), forward)(M, N)


REFUSED = {
    "a Linear": lambda: torch.nn.Linear(M, N),
    "a Sequential": lambda: torch.nn.Sequential(torch.nn.RNN(M, N)),
    "a Mine": _mine,
}


@pytest.mark.parametrize("got", REFUSED)
def test_what_weights_alone_do_not_tell_is_refused(got):
    with pytest.raises(InputError, match=rf"must be a torch\.nn.*; got {got}\."):
        from_torch(REFUSED[got]())


def test_a_parametrized_module_has_its_effective_weights():
    module = torch.nn.RNN(M, N)
    torch.nn.utils.parametrizations.weight_norm(module, "weight_hh_l0")
    with torch.no_grad():
        module.parametrizations.weight_hh_l0.original0.mul_(3)
    expected = module.weight_hh_l0.detach().double().numpy()
    np.testing.assert_array_equal(from_torch(module).W_hh, expected)


def test_a_subclass_without_a_forward_of_its_own_is_torch_s():
    module = type("Named", (torch.nn.GRU,), {})(M, N)
    assert from_torch(module).sizes == (N, M)


def test_active_dropout_is_refused_and_idle_dropout_is_not():
    module = torch.nn.GRU(M, N)
    module.dropout = 0.5  # torch warns of it where there is one layer
    with pytest.raises(InputError, match=r"dropout = 0.5 with training = True \(call"):
        from_torch(module)
    assert from_torch(module.eval()).sizes == (N, M)


def test_hooks_are_refused():
    module = torch.nn.RNN(M, N)
    module.register_forward_pre_hook(lambda *_: None)
    with pytest.raises(InputError, match="forward hooks"):
        from_torch(module)


def test_weights_that_are_no_numbers_are_named():
    module = torch.nn.GRU(M, N)
    with torch.no_grad():
        module.weight_hh_l0[2, 3] = torch.nan
    expected = r"`weight_hh_l0` must be finite; got nan at index \(2, 3\)"
    with pytest.raises(NonFiniteError, match=expected):
        from_torch(module)
    with pytest.raises(InputError, match=r"`weight_hh_l0` .* on the meta device"):
        from_torch(torch.nn.GRU(M, N, device="meta"))
    with pytest.raises(
        InputError, match=r"floating-point numbers; got torch.complex64"
    ):
        from_torch(torch.nn.RNN(M, N, dtype=torch.complex64))


def test_what_is_no_module_is_refused():
    for other in (np.eye(3), None, torch.nn.RNN, "rnn"):
        with pytest.raises(
            InputTypeError, match=r"`module` must be a torch\.nn\.RNN, LSTM"
        ):
            from_torch(other)


def test_without_torch_the_error_is_the_instruction(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'gradlab\[torch\]'"):
        from_torch(None)
