"""Runs of a cell and their chains of Jacobians; nothing else multiplies Jacobians."""

from gradlab.dynamics.chain import JacobianChain
from gradlab.dynamics.trajectory import Trajectory, run

__all__ = ["JacobianChain", "Trajectory", "run"]
