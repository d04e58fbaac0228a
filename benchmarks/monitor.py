"""What a monitor adds to training: an LSTM of 256 units, T = 1,000, a batch of 32.

A step of training, forward and backward and the optimiser, is timed by itself, with a
monitor on a step without a sample, and on one with. Rounds alternate; the overhead is
that of a sample every 50 steps, in CPU time on one thread.
"""

import pathlib
import statistics
import tempfile
from collections.abc import Callable
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.clock import seconds
from benchmarks.record import store_section
from benchmarks.with_torch import torch_on_one_thread
from gradlab.studies import GradientMonitor

__all__ = ["main", "overhead"]

T, BATCH, INPUTS, HIDDEN, EVERY, ROUNDS = 1000, 32, 32, 256, 50, 15
Step = Callable[[GradientMonitor | None], None]


def main() -> None:
    """Print the cost of a step, of the look at every step, and of a sample."""
    torch = torch_on_one_thread("monitor")
    if torch is None:
        return
    rows = []
    with threadpool_limits(1):
        for name, make in (("nn.LSTM", _sequence), ("LSTMCell in a loop", _steps)):
            step, look, sample = overhead(*make(torch))
            rows.append({"work": name, "step": step, "look": look, "sample": sample})
            share = (look * (EVERY - 1) + sample) / (EVERY * step)
            print(
                f"{name:<20}step {step:.3f} s, looking {1e3 * look:+.1f} ms, "
                f"sample {sample:+.3f} s: {100 * share:.2f} % at every={EVERY}"
            )
    store_section("monitor", rows)


def overhead(model: Any, step: Step) -> tuple[float, float, float]:
    """Return a step's CPU seconds, and what looking and sampling add to it."""
    plain, looking, sampling = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        logs = (pathlib.Path(folder, name) for name in ("look", "sample"))
        never, always = (
            GradientMonitor(model, every, log=log, first_step=1)
            for every, log in zip((10**6, 1), logs, strict=True)
        )
        step(None)
        for k in range(ROUNDS):
            plain.append(seconds(lambda: step(None)))
            with never:
                looking.append(seconds(lambda: step(never)))
            if k % 3 == 0:  # a sample is far above what one round differs from another
                with always:
                    sampling.append(seconds(lambda: step(always)))
    alone = statistics.median(plain)
    look = statistics.median(b - a for a, b in zip(plain, looking, strict=True))
    return alone, look, statistics.median(sampling) - alone


def _sequence(torch: Any) -> tuple[Any, Step]:
    torch.manual_seed(0)
    model = torch.nn.LSTM(INPUTS, HIDDEN)
    x = torch.randn(T, BATCH, INPUTS)
    return model, _training(torch, model, lambda: model(x)[0])


def _steps(torch: Any) -> tuple[Any, Step]:
    torch.manual_seed(0)
    model = torch.nn.LSTMCell(INPUTS, HIDDEN)
    x = torch.randn(T, BATCH, INPUTS)

    def outputs() -> Any:
        state, found = None, []
        for row in x:
            state = model(row, state)
            found.append(state[0])
        return torch.stack(found)

    return model, _training(torch, model, outputs)


def _training(torch: Any, model: Any, outputs: Callable[[], Any]) -> Step:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(monitor: GradientMonitor | None) -> None:
        optimizer.zero_grad()
        loss = outputs().square().mean()
        loss.backward()
        if monitor is not None:
            monitor(optimizer, loss=loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


if __name__ == "__main__":
    main()
