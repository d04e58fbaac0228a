"""Facts about diagonal recurrences: which matrices are blocks [[a, −b], [b, a]]."""

import math

import numpy as np
import pytest

from gradlab.bounds import DiagonalRecurrence
from gradlab.errors import AssumptionError
from gradlab.testing import powers_of


def block(a, b):
    return np.array([[a, -b], [b, a]])


def test_blocks_may_stand_anywhere_side_by_side():
    for parts in ([block(0.6, 0.8), [[0.5]]], [[[0.5]], block(0.6, 0.8)]):
        W = np.zeros((3, 3))
        at = 0
        for part in map(np.array, parts):
            W[at : at + len(part), at : at + len(part)] = part
            at += len(part)
        found = DiagonalRecurrence().log_bound(powers_of(3 * W, 4))
        assert found == pytest.approx(4 * math.log(3.0), abs=1e-13)
    two = np.kron(np.eye(2), block(3.0, 4.0))
    found = DiagonalRecurrence().log_bound(powers_of(two, 4))
    assert found == pytest.approx(4 * math.log(5.0), abs=1e-13)


@pytest.mark.parametrize(
    "W",
    [
        np.eye(3) + np.eye(3, k=-1) - np.eye(3, k=1),  # two blocks that overlap
        np.eye(4) + np.eye(4, k=-1) - np.eye(4, k=1),
        np.kron(np.diag([1, 0, 0]), block(0, 1))[:5, :5]  # one that does not, and two
        + np.diag([0, 0, 1, 1], -1)
        - np.diag([0, 0, 1, 1], 1),
        np.diag([1.0, 2.0]) + block(0.0, 1.0),  # unequal on the diagonal
        np.array([[1.0, 1.0], [1.0, 1.0]]),  # not skew
        np.array([[1.0, 1.0], [0.0, 1.0]]),
        np.array([[1.0, 0.0], [1.0, 1.0]]),
        np.eye(3) + np.eye(3, k=2),
        np.eye(3) + np.eye(3, k=-2),
    ],
)
def test_other_matrices_are_refused(W):
    with pytest.raises(AssumptionError, match="diagonal, real or complex"):
        DiagonalRecurrence().log_bound(powers_of(W, 3))
