"""Distances in nats: ln‖a_t − b_t‖₂ for every t, −inf where the two are equal."""

import numpy as np

from gradlab.typing import Array, Vector

__all__ = ["log_distances", "log_lengths"]


def log_distances(a: Array, b: Array) -> Vector:
    """Return ln‖a_t − b_t‖₂ for rows a, b (T, n); −inf where they are equal."""
    return log_lengths(a - b)


def log_lengths(rows: Array) -> Vector:
    """Return ln‖d_t‖₂ for rows d (T, n), also where squares would underflow.

    Examples
    --------
    >>> log_lengths(np.array([[3e-170, 4e-170], [0.0, 0.0]])).round(8)
    array([-389.8300279,         -inf])
    """
    largest = np.abs(rows).max(axis=-1, initial=0.0)
    scale = np.where(largest > 0, largest, 1.0)
    lengths = np.linalg.norm(rows / scale[:, None], axis=-1)
    with np.errstate(divide="ignore"):
        return np.log(lengths) + np.log(scale)
