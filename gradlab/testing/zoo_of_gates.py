"""Wrong bounds for LSTMs and GRUs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradlab.bounds.gated_norms import block_norms_above
from gradlab.dynamics.trajectory import Trajectory as Run
from gradlab.testing.wrong_bound import WrongBound, log, spectral, weights

__all__ = ["GATES"]


def _gates(run: Run, name: str) -> Any:
    return run.cell.gate_values(run.states[:-1], run.inputs)[name]


def _blocks(run: Run) -> Any:
    slopes: Any = run.cell.slopes(run.states[:-1], run.inputs)
    return block_norms_above(slopes)


def _weights(run: Run) -> Any:
    """Return Σ_k ‖W_k‖₂ of a GRU."""
    return sum(spectral(W) for W in np.split(weights(run), 3))


GATES: Mapping[str, WrongBound] = {
    "the forget gates alone": WrongBound(
        "lstm_ceiling", "exceeded", lambda run: log(_gates(run, "f").max(axis=1)).sum()
    ),
    "blocks added up": WrongBound(
        "lstm_ceiling", "blunt", lambda run: log(_blocks(run).sum(axis=(1, 2))).sum()
    ),
    "the largest block": WrongBound(
        "lstm_ceiling",
        "exceeded",
        lambda run: log(_blocks(run).max(axis=(1, 2))).sum(),
    ),
    "the update gates alone": WrongBound(
        "gru_ceiling", "exceeded", lambda run: log(_gates(run, "z").max(axis=1)).sum()
    ),
    "weights without slopes": WrongBound(
        "gru_ceiling",
        "blunt",
        lambda run: log(_gates(run, "z").max(axis=1) + _weights(run)).sum(),
    ),
    "the most open unit of every step": WrongBound(
        "forget_floor",
        "exceeded",
        lambda run: log(_gates(run, "f").max(axis=1)).sum(),
        direction="below",
    ),
    "the unit that forgets first": WrongBound(
        "forget_floor",
        "blunt",
        lambda run: log(_gates(run, "f")).sum(axis=0).min(),
        direction="below",
    ),
}
