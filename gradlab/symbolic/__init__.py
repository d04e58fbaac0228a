"""Gradients through time as formulas: exact, non-commuting, ready for a paper."""

from gradlab.symbolic.bptt import (
    recursive_gradient,
    unrolled_gradient,
    unrolled_sum_proof,
)
from gradlab.symbolic.jacobian import jacobian, symbolic_step
from gradlab.symbolic.latex import to_latex
from gradlab.symbolic.linear_rnn import LinearRnnGradients, linear_rnn_gradients
from gradlab.symbolic.proof import ProofStep

__all__ = [
    "LinearRnnGradients",
    "ProofStep",
    "jacobian",
    "linear_rnn_gradients",
    "recursive_gradient",
    "symbolic_step",
    "to_latex",
    "unrolled_gradient",
    "unrolled_sum_proof",
]
