"""Segments and windows agree with torch loops that detach, another program."""

import numpy as np
import pytest

from gradlab.adapters import from_torch
from gradlab.datasets import default_text, one_hot
from gradlab.dynamics import run
from gradlab.gradients import Full, Segmented, Truncated
from gradlab.objectives import CrossEntropy

torch = pytest.importorskip("torch")

T, M, Q, N = 40, 5, 7, 12


@pytest.fixture(params=["RNN", "LSTM", "GRU"])
def problem(request, rng):
    module = getattr(torch.nn, request.param)(M, N, dtype=torch.float64)
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.from_numpy(rng.normal(size=tuple(value.shape)) / N**0.5))
    cell = from_torch(module)
    x, y = rng.normal(size=(T, M)), rng.integers(0, Q, size=T)
    W_qh = rng.normal(size=(Q, N)) / N**0.5
    trajectory = run(cell, np.zeros(cell.sizes[0]), x)
    return module, x, y, W_qh, CrossEntropy(trajectory, y, W_qh)


def detached(state):
    if isinstance(state, tuple):
        return tuple(part.detach() for part in state)
    return state.detach()


def loss_at(W_qh, hidden, y, T):
    return torch.nn.functional.cross_entropy(hidden @ W_qh.T, y, reduction="sum") / T


def stored_states(module, x):
    """The state before every step, without a graph."""
    state, found = None, []
    with torch.no_grad():
        for row in x:
            found.append(state)
            _, state = module(row[None], state)
    return found


def segments_by_torch(module, x, y, W_qh, lengths, T=T):
    """One training loop: run a segment, backward, detach the state, go on."""
    module.zero_grad()
    state, start = None, 0
    for length in lengths:
        part = slice(start, start + length)
        hidden, state = module(x[part], state)
        loss_at(W_qh, hidden, y[part], T).backward()
        state, start = detached(state), start + length


def windows_by_torch(module, x, y, W_qh, window, stride):
    """For every block of losses: from the detached state a window before its end."""
    module.zero_grad()
    states = stored_states(module, x)
    for end in [*range(stride, T, stride), T]:
        first = (end - 1) // stride * stride
        start = max(end - window, 0)
        hidden, _ = module(x[start:end], states[start])
        loss_at(W_qh, hidden[first - start :], y[first:end], T).backward()


def assert_equal(module, gradient):
    names = {
        "weight_hh_l0": "W_hh",
        "weight_ih_l0": "W_hx",
        "bias_ih_l0": "b_hx" if "b_hx" in gradient.params else "b_h",
    }
    for theirs, ours in names.items():
        expected = dict(module.named_parameters())[theirs].grad.numpy()
        error = np.linalg.norm(gradient.params[ours] - expected)
        assert error <= 1e-12 * np.linalg.norm(expected), ours  # as required


@pytest.mark.parametrize(
    ("length", "offset"), [(8, 0), (7, 0), (9, 4), (1, 0), (40, 0)]
)
def test_segments_are_the_training_loop_that_detaches(problem, length, offset):
    module, x, y, W_qh, objective = problem
    estimator = Segmented(length, offset=offset)
    tensors = [torch.tensor(a) for a in (x, y, W_qh)]
    segments_by_torch(module, *tensors, estimator.segments(T).tolist())
    assert_equal(module, estimator.gradient(objective))


@pytest.mark.parametrize(
    ("window", "stride"), [(1, 1), (5, 1), (40, 1), (8, 4), (9, 7), (6, 6), (60, 3)]
)
def test_windows_are_the_loop_over_blocks_of_losses(problem, window, stride):
    module, x, y, W_qh, objective = problem
    tensors = [torch.tensor(a) for a in (x, y, W_qh)]
    windows_by_torch(module, *tensors, window, stride)
    gradient = Truncated(window, stride=stride).gradient(objective)
    assert_equal(module, gradient)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_thousand_characters_of_text(kind, rng):
    """The training loop of the textbook on its text: hidden 64, λ_1 < 0."""
    corpus = default_text()
    steps, q = 1000, len(corpus.vocabulary)
    tokens = corpus.tokens[: steps + 1]
    x = one_hot(tokens[:-1], q)
    module = getattr(torch.nn, kind)(q, 64, dtype=torch.float64)
    with torch.no_grad():
        for value in module.parameters():
            drawn = rng.normal(size=tuple(value.shape))
            value.copy_(torch.from_numpy(drawn * 0.9 / 8))
    cell = from_torch(module)
    n = cell.sizes[0]
    W_qh = rng.normal(size=(q, 64)) / 8
    trajectory = run(cell, np.zeros(n), x)
    assert trajectory.chain.tangent(np.eye(n)).log_norm() < 0  # λ_1 < 0
    objective = CrossEntropy(trajectory, tokens[1:], W_qh)
    tensors = [torch.tensor(np.array(a)) for a in (x, tokens[1:], W_qh)]
    segments = Segmented(35)
    segments_by_torch(module, *tensors, segments.segments(steps).tolist(), T=steps)
    assert_equal(module, segments.gradient(objective))
    segments_by_torch(module, *tensors, [steps], T=steps)  # autograd, never detached
    assert_equal(module, Full().gradient(objective))


def test_a_window_above_T_is_full_bit_for_bit(problem):
    objective = problem[-1]
    full = Full().gradient(objective)
    for estimator in (Truncated(T + 1), Truncated(10**9, stride=7), Segmented(T)):
        found = estimator.gradient(objective)
        np.testing.assert_array_equal(found.flat, full.flat)
        np.testing.assert_array_equal(found.states, full.states)
        np.testing.assert_array_equal(found.inputs, full.inputs)
    almost = Truncated(T).gradient(objective)
    # Only λ_0 lacks a lag; the others are the same terms in another order.
    assert np.linalg.norm(almost.flat - full.flat) <= 2e-15 * np.linalg.norm(full.flat)
