"""Gradients and bifurcations as formulas: exact, non-commuting, ready for a paper."""

from gradlab.symbolic.bptt import (
    recursive_gradient,
    unrolled_gradient,
    unrolled_sum_proof,
)
from gradlab.symbolic.cliff import Cliff, cliff, cliff_proof
from gradlab.symbolic.curvature import curvature, largest_curvature
from gradlab.symbolic.derivations import DERIVATIONS, derivation
from gradlab.symbolic.derived import Derivation
from gradlab.symbolic.gates import GateForm, gate_form
from gradlab.symbolic.gaussian import GaussianMoments, gaussian_moments, gaussian_proof
from gradlab.symbolic.jacobian import (
    input_jacobian,
    jacobian,
    parameter_cotangents,
    symbolic_step,
)
from gradlab.symbolic.jury import JuryConditions, jury_conditions
from gradlab.symbolic.latex import to_latex
from gradlab.symbolic.linear_rnn import LinearRnnGradients, linear_rnn_gradients
from gradlab.symbolic.maps import SolvableCycle, solvable_cycles
from gradlab.symbolic.proof import ProofStep
from gradlab.symbolic.resting import resting_jacobian, resting_proof
from gradlab.symbolic.scalar import ScalarUnit, scalar_proof, scalar_unit
from gradlab.symbolic.scalar_orbits import ScalarOrbit, scalar_orbits
from gradlab.symbolic.scalar_regime import Regime, ScalarRegime, scalar_regime
from gradlab.symbolic.text import to_text
from gradlab.symbolic.two_units import (
    Bifurcation,
    TwoUnitStability,
    two_unit_stability,
)

__all__ = [
    "DERIVATIONS",
    "Bifurcation",
    "Cliff",
    "Derivation",
    "GateForm",
    "GaussianMoments",
    "JuryConditions",
    "LinearRnnGradients",
    "ProofStep",
    "Regime",
    "ScalarOrbit",
    "ScalarRegime",
    "ScalarUnit",
    "SolvableCycle",
    "TwoUnitStability",
    "cliff",
    "cliff_proof",
    "curvature",
    "derivation",
    "gate_form",
    "gaussian_moments",
    "gaussian_proof",
    "input_jacobian",
    "jacobian",
    "jury_conditions",
    "largest_curvature",
    "linear_rnn_gradients",
    "parameter_cotangents",
    "recursive_gradient",
    "resting_jacobian",
    "resting_proof",
    "scalar_orbits",
    "scalar_proof",
    "scalar_regime",
    "scalar_unit",
    "solvable_cycles",
    "symbolic_step",
    "to_latex",
    "to_text",
    "two_unit_stability",
    "unrolled_gradient",
    "unrolled_sum_proof",
]
