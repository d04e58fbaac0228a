"""For property tests: hard matrices and runs, wrong bounds, assertions."""

from gradlab.testing.assertions import (
    assert_bound_holds,
    assert_gradient_reaches,
    assert_gradient_stays_below,
)
from gradlab.testing.chains import Switched, chains, switched
from gradlab.testing.exact import gain_at_least, gain_at_most
from gradlab.testing.matrices import matrices
from gradlab.testing.runs import (
    gru_runs,
    linear_runs,
    lstm_runs,
    powers_of,
    rnn_runs,
    text_runs,
)
from gradlab.testing.wrong_bound import WrongBound
from gradlab.testing.zoo import wrong_bounds

__all__ = [
    "Switched",
    "WrongBound",
    "assert_bound_holds",
    "assert_gradient_reaches",
    "assert_gradient_stays_below",
    "chains",
    "gain_at_least",
    "gain_at_most",
    "gru_runs",
    "linear_runs",
    "lstm_runs",
    "matrices",
    "powers_of",
    "rnn_runs",
    "switched",
    "text_runs",
    "wrong_bounds",
]
