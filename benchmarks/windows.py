"""The bias of every window and every segment length at once, beside torch's.

A tanh RNN of 128 units over 400 steps in float64, one thread.  torch's own time for all
lengths is extrapolated from a few: each is a run of the same length that detaches.
"""

import functools

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.clock import medians, seconds
from benchmarks.record import store_section
from benchmarks.with_torch import torch_on_one_thread
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.gradients import (
    Geometric,
    RandomWindow,
    lag_decomposition,
    moments,
    segment_bias,
)
from gradlab.objectives import SquaredError

__all__ = ["main"]

N, T, M, Q = 128, 400, 28, 28
FEW = (1, 3, 10, 50, 200)


def main() -> None:
    """Print what all windows cost in units of torch's gradient and of its windows."""
    torch = torch_on_one_thread("windows")
    if torch is None:
        return
    rng = np.random.default_rng(0)
    cell = RNN.random(N, M, gain=0.9, rng=rng)
    x, y = rng.normal(size=(T, M)), rng.normal(size=(T, Q))
    W_qh = rng.normal(size=(Q, N)) / np.sqrt(N)
    objective = SquaredError(run(cell, np.zeros(N), x), y, W_qh)
    leaves = [
        torch.tensor(np.array(a), requires_grad=True)
        for a in (cell.W_hh, cell.W_hx, cell.b_h, W_qh)
    ]
    inputs, targets = torch.tensor(x), torch.tensor(y)

    def by_torch(length: int = T) -> object:
        W_hh, W_hx, b_h, W = leaves
        h, loss = torch.zeros(N, dtype=torch.float64), 0.0
        for t in range(T):
            h = h.detach() if t % length == 0 else h
            h = torch.tanh(W_hh @ h + W_hx @ inputs[t] + b_h)
            loss = loss + (W @ h - targets[t]).square().sum() / 2 / T
        return torch.autograd.grad(loss, leaves)

    with threadpool_limits(1):
        found = medians(
            {
                "windows": lambda: lag_decomposition(objective),
                "gradient": by_torch,
                "segments": lambda: segment_bias(objective),
                "variance": lambda: moments(RandomWindow(Geometric(0.97)), objective),
            }
        )
        spent = [seconds(functools.partial(by_torch, length)) for length in FEW]
    ours, gradient = found["windows"], found["gradient"]
    segments, variance = found["segments"], found["variance"]
    every = sum(spent) / len(FEW) * T
    row = found | {"all windows by torch": every}
    store_section(
        "windows", [{"work": name, "seconds": spent} for name, spent in row.items()]
    )
    print(f"all windows {ours:.3f} s; one gradient by torch {gradient:.3f} s", end="")
    print(f": {ours / gradient:.1f} gradients")
    print(f"all windows by torch with detach {every:.1f} s: ×{every / ours:.0f}")
    print(f"all segment lengths {segments:.3f} s: {segments / gradient:.1f} gradients")
    print(f"variance of a random window, entry by entry {variance:.3f} s")


if __name__ == "__main__":
    main()
