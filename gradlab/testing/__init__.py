"""For property tests: hard matrices and runs, wrong bounds, assertions."""

from gradlab.testing.chains import Switched, chains, switched
from gradlab.testing.matrices import matrices
from gradlab.testing.runs import (
    gru_runs,
    linear_runs,
    lstm_runs,
    powers_of,
    rnn_runs,
    text_runs,
)

__all__ = [
    "Switched",
    "chains",
    "gru_runs",
    "linear_runs",
    "lstm_runs",
    "matrices",
    "powers_of",
    "rnn_runs",
    "switched",
    "text_runs",
]
