"""Runs of a cell, their chains of Jacobians, and the cycles that runs end in.

Runs in balls are imported by name, from `gradlab.dynamics.enclosed`.
"""

from gradlab.dynamics.chain import JacobianChain
from gradlab.dynamics.cycles import Cycle, cycle
from gradlab.dynamics.fixed_points import (
    FixedPoint,
    FixedPoints,
    FixedPointStop,
    fixed_point,
    fixed_points,
)
from gradlab.dynamics.rows import ScaledRows
from gradlab.dynamics.stability import Stability
from gradlab.dynamics.trajectory import Trajectory, run

__all__ = [
    "Cycle",
    "FixedPoint",
    "FixedPointStop",
    "FixedPoints",
    "JacobianChain",
    "ScaledRows",
    "Stability",
    "Trajectory",
    "cycle",
    "fixed_point",
    "fixed_points",
    "run",
]
