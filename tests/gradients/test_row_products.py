"""Rows times Jacobians: many sequences at once, few rows or many, near 1 or not."""

import numpy as np
import pytest

from gradlab.cells import LSTM, RNN, Linear
from gradlab.dynamics import run
from gradlab.gradients import _row_products
from gradlab.gradients._stretches import stretches_back
from tests.cases.cells import CELLS

PRECISIONS = (np.float32, np.float64)


@pytest.fixture(params=CELLS, name="cell")
def _cell(request, rng):
    return CELLS[request.param](rng)


def batch_of(cell, rng, steps=5, sequences=3):
    n, m = cell.sizes
    h0 = rng.normal(size=(sequences, n)) / 10
    return run(cell, h0, rng.normal(size=(steps, sequences, m)) / 10)


def assert_products_are_right(trajectory, height, rng):
    J = trajectory.cell.jacobian(trajectory.states[:-1], trajectory.inputs)
    # A gate's terms may cancel in J: what rounds is their size.
    size = max(np.abs(J).max(), 1.0) * J.shape[-1]
    sequences = np.array([2, 0])
    seen = []
    for stretch in stretches_back(trajectory, PRECISIONS):
        for t in range(len(stretch)):
            seen.append(stretch.start + t)
            for dtype, products in zip(PRECISIONS, stretch.products, strict=True):
                rows = rng.normal(size=(2, height, J.shape[-1])).astype(dtype)
                expected = rows.astype(float) @ J[stretch.start + t, sequences]
                found = np.empty_like(rows)
                products.times(t, sequences, rows, found)
                scale = stretch.exponent[t, sequences][:, None, None]
                off = np.ldexp(found.astype(float), scale) - expected
                assert np.abs(off).max() < 30 * np.finfo(dtype).eps * size
    assert sorted(seen) == list(range(len(trajectory)))


@pytest.mark.parametrize("height", [1, 7, 300])
@pytest.mark.parametrize("formed", [2, 10**6])
def test_rows_times_jacobians(cell, height, formed, rng, monkeypatch):
    monkeypatch.setattr(_row_products, "_FORMED", formed)
    assert_products_are_right(batch_of(cell, rng), height, rng)


def test_long_runs_come_in_stretches_from_the_end(rng):
    trajectory = batch_of(LSTM.random(20, 1, gain=1.0, rng=rng), rng, steps=600)
    starts = [s.start for s in stretches_back(trajectory, PRECISIONS)]
    assert len(starts) > 2
    assert starts == sorted(starts, reverse=True)
    assert starts[-1] == 0


@pytest.mark.parametrize("scale", [1e-250, 1e-60, 1.0, 1e60, 1e250])
@pytest.mark.parametrize("kind", ["linear", "rnn", "lstm"])
def test_powers_of_two_are_taken_out_of_what_is_far_from_1(kind, scale, rng):
    """In float32 the entries of Ĵ are as right as others, whatever the size of J."""
    n = 4
    W = rng.normal(size=(4 * n, n)) * scale
    nothing = np.zeros((4 * n, 1)), np.zeros(4 * n)
    cell = {
        "linear": lambda: Linear(W[:n], nothing[0][:n]),
        "rnn": lambda: RNN(W[:n], nothing[0][:n], nothing[1][:n]),
        "lstm": lambda: LSTM(W, *nothing),
    }[kind]()
    trajectory = run(cell, np.zeros((2, cell.sizes[0])), np.zeros((3, 2, 1)))
    J = cell.jacobian(trajectory.states[0, 0], np.zeros(1))
    rows = np.eye(len(J), dtype=np.float32)[None].repeat(2, axis=0)
    (stretch,) = stretches_back(trajectory, (np.float32,))
    out = np.empty_like(rows)
    stretch.products[0].times(0, np.arange(2), rows, out)
    found = np.ldexp(out[0].astype(float), stretch.exponent[0, 0])
    assert np.abs(found - J).max() < 1e-6 * np.abs(J).max()


def test_slopes_in_float32_are_those_of_float64_rounded(rng):
    cell = LSTM.random(6, 2, gain=2.0, rng=rng)
    trajectory = batch_of(cell, rng)
    for quick, both in zip(
        stretches_back(trajectory, (np.float32,)),
        stretches_back(trajectory, PRECISIONS),
        strict=True,
    ):
        for t in range(len(quick)):
            rows = rng.normal(size=(3, 4, 12)).astype(np.float32)
            found = [np.empty_like(rows) for _ in range(2)]
            for stretch, out in zip((quick, both), found, strict=True):
                stretch.products[0].times(t, np.arange(3), rows.copy(), out)
            np.testing.assert_allclose(*found, atol=1e-5)


@pytest.mark.parametrize("far", ["weights", "states", "slopes"])
def test_float64_steps_in_where_float32_has_not_the_range(far, rng):
    """tanh' at 60 is 4e-52, and numbers of 1e20 have products beyond float32."""
    W = rng.normal(size=(3, 3))
    W_hh = {"weights": 1e20 * W, "states": W, "slopes": W / 10}[far]
    bias = np.full(3, 60.0 if far == "slopes" else 0.0)
    phi = "tanh" if far == "slopes" else "identity"
    cell = RNN(W_hh, np.zeros((3, 1)), bias, activation=phi)
    h0 = np.full((2, 3), 1e20 if far == "states" else 0.0)
    trajectory = run(cell, h0, np.zeros((1, 2, 1)))
    (stretch,) = stretches_back(trajectory, (np.float32,))
    rows = np.eye(3, dtype=np.float32)[None].repeat(2, axis=0)
    out = np.empty_like(rows)
    stretch.products[0].times(0, np.arange(2), rows, out)
    J = cell.jacobian(trajectory.states[0, 0], np.zeros(1))
    found = np.ldexp(out[0].astype(float), stretch.exponent[0, 0])
    np.testing.assert_allclose(found, J, rtol=1e-6)
