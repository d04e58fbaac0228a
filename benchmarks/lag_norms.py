"""‖∂h_T/∂h_t‖ at every lag of an LSTM, beside torch: 256 units, T = 1,000, batch 32.

torch's exact route is a vector-Jacobian product for every unit, batched, through the
steps written out, and the largest eigenvalue of each Gram matrix.  Both are the same
work at every lag, so that some lags are timed and the rest extrapolated.  The quick
look is timed beside the forward pass.  CPU time on one thread, rounds that alternate.
"""

import functools
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.clock import medians
from benchmarks.record import store_section
from benchmarks.with_torch import torch_on_one_thread
from gradlab.adapters import record
from gradlab.dynamics import Trajectory
from gradlab.gradients import lag_norms, lag_probes

__all__ = ["main"]

T, BATCH, INPUTS, HIDDEN = 1000, 32, 32, 256
LAGS, CHUNK, ROUNDS = 40, 32, 3  # a chunk of rows at a time is torch's quickest
LOOKS = ((32, 4), (32, 2), (8, 4))  # sequences and probes; a diagnosis takes 8 and 4


def main() -> None:
    """Print both times and their ratio, how far the norms agree, and the quick look."""
    torch = torch_on_one_thread("lag norms")
    if torch is None:
        return
    torch.manual_seed(0)
    model, x = torch.nn.LSTM(INPUTS, HIDDEN), torch.randn(T, BATCH, INPUTS)
    trajectory = record(model, x).layers[0].trajectory
    with threadpool_limits(1):
        rows = [_exact(torch, model, x, trajectory)]
        rows += _quick(torch, model, x, trajectory)
    store_section("lag norms", rows)


def _exact(torch: Any, model: Any, x: Any, trajectory: Trajectory) -> dict[str, Any]:
    blocks = _jacobians(torch, model, x)
    few, norms = {}, _norms(torch, blocks)
    times = medians(
        {
            "ours": lambda: few.setdefault("found", lag_norms(trajectory)),
            "vjps": lambda: _jacobians(torch, model, x),
            "eigenvalues": lambda: _norms(torch, blocks),
        },
        rounds=ROUNDS,
    )
    ours = times["ours"]
    vjps, eigen = (T / LAGS * times[name] for name in ("vjps", "eigenvalues"))
    found = few["found"]
    off = np.abs(found.log_norm_hidden[1 : LAGS + 1] - norms).max()
    zero = _zeros(torch, model, x)
    print(f"all lags, exact      {ours:.2f} s by lag_norms, error {_worst(found)} nats")
    print(f"  torch's Jacobians  {vjps:.1f} s ({LAGS} lags timed): ×{vjps / ours:.1f}")
    both = vjps + eigen
    print(f"  with their norms   {both:.1f} s: ×{both / ours:.1f}")
    print(f"  apart at {LAGS} lags   {off:.1g} nats")
    print(f"  torch's gradient is 0 at {zero} of {T} lags; least ln‖·‖ here ", end="")
    print(f"{found.log_norm.min():.1f}")
    return {"work": "all lags, exact", "gradlab": ours, "torch": vjps, "norms": eigen}


def _quick(
    torch: Any, model: Any, x: Any, trajectory: Trajectory
) -> list[dict[str, Any]]:
    def forward() -> None:
        with torch.no_grad():
            model(x)

    rows = []
    for sequences, probes in LOOKS:
        some = np.linspace(0, BATCH - 1, sequences).round().astype(int)
        states, inputs = trajectory.states[:, some], trajectory.inputs[:, some]
        few = Trajectory(trajectory.cell, states, inputs)
        look = functools.partial(lag_probes, few, probes=probes, rng=0)
        ours, pass_ = medians({"ours": look, "pass": forward}).values()
        error = np.nanmax(look().stderr)
        print(f"{probes} probes of {sequences:<2} sequences  {ours:.2f} s, ", end="")
        print(f"forward pass of all {pass_:.2f} s: ×{ours / pass_:.1f}, ", end="")
        print(f"standard error {error:.2f} nats at most")
        work = f"{probes} probes of {sequences} sequences"
        rows.append({"work": work, "gradlab": ours, "forward pass": pass_})
    return rows


def _worst(found: Any) -> str:
    return f"{found.log_error.max():.1g}"


def _jacobians(torch: Any, model: Any, x: Any) -> list[Any]:
    """Return ∂h_T/∂h_{T−l} (B, n, n), l = 1 … LAGS, by vjps of unit rows in chunks."""
    states = _states(torch, model, x, steps=LAGS)
    rows = torch.eye(HIDDEN)[:, None, :].expand(-1, BATCH, -1)
    parts = [
        torch.autograd.grad(
            states[-1], states[:-1], some, retain_graph=True, is_grads_batched=True
        )
        for some in rows.split(CHUNK)
    ]
    stacks = [torch.cat(blocks).transpose(0, 1) for blocks in zip(*parts, strict=True)]
    return stacks[::-1]


def _norms(torch: Any, blocks: list[Any]) -> np.ndarray:
    """Return ln‖·‖₂ (L, B) by the Gram matrices: a third quicker than torch's SVD."""
    top = [torch.linalg.eigvalsh(J @ J.transpose(1, 2))[:, -1] for J in blocks]
    return np.log(torch.stack(top).numpy()) / 2


def _states(torch: Any, model: Any, x: Any, *, steps: int) -> list[Any]:
    """Return h_{T−steps} … h_T of a run whose last steps are written out."""
    h = c = torch.zeros(1, BATCH, HIDDEN)
    if steps < T:
        with torch.no_grad():
            _, (h, c) = model(x[: T - steps])
    W_hx, W_hh, *biases = (parameter.detach() for parameter in model.parameters())
    h, c = h[0].requires_grad_(), c[0]
    states = [h]
    for a in x[T - steps :] @ W_hx.T + sum(biases):
        i, f, g, o = (a + h @ W_hh.T).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return states


def _zeros(torch: Any, model: Any, x: Any) -> int:
    """Return at how many lags the gradient of Σ h_T is exactly 0 in float32."""
    states = _states(torch, model, x, steps=T)
    grads = torch.autograd.grad(states[-1].sum(), states[:-1])
    return sum(not gradient.any() for gradient in grads)


if __name__ == "__main__":
    main()
