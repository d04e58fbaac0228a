"""Wrong bounds for LSTMs and GRUs."""

import numpy as np

from gradlab.bounds.gated_norms import block_norms_above
from tests.cases.wrong_bound import Planted, log, spectral

__all__ = ["PLANTED_GATES"]


def _gates(run, name):
    return run.cell.gate_values(run.states[:-1], run.inputs)[name]


def _blocks(run):
    return block_norms_above(run.cell.slopes(run.states[:-1], run.inputs))


def _weights(run):
    """Return Σ_k ‖W_k‖₂ of a GRU."""
    return sum(spectral(W) for W in np.split(run.cell.W_hh, 3))


PLANTED_GATES = {
    "the forget gates alone": Planted(
        "lstm_ceiling", "exceeded", lambda run: log(_gates(run, "f").max(axis=1)).sum()
    ),
    "blocks added up": Planted(
        "lstm_ceiling", "blunt", lambda run: log(_blocks(run).sum(axis=(1, 2))).sum()
    ),
    "the largest block": Planted(
        "lstm_ceiling",
        "exceeded",
        lambda run: log(_blocks(run).max(axis=(1, 2))).sum(),
    ),
    "the update gates alone": Planted(
        "gru_ceiling", "exceeded", lambda run: log(_gates(run, "z").max(axis=1)).sum()
    ),
    "weights without slopes": Planted(
        "gru_ceiling",
        "blunt",
        lambda run: log(_gates(run, "z").max(axis=1) + _weights(run)).sum(),
    ),
    "the most open unit of every step": Planted(
        "forget_floor",
        "exceeded",
        lambda run: log(_gates(run, "f").max(axis=1)).sum(),
        direction="below",
    ),
    "the unit that forgets first": Planted(
        "forget_floor",
        "blunt",
        lambda run: log(_gates(run, "f")).sum(axis=0).min(),
        direction="below",
    ),
}
