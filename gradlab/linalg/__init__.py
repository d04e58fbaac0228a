"""Matrices in, results out; nothing here knows what a cell is."""

from gradlab.linalg.ensembles import (
    gaussian,
    identity,
    newman_exponents,
    orthogonal,
    uniform,
)

__all__ = ["gaussian", "identity", "newman_exponents", "orthogonal", "uniform"]
