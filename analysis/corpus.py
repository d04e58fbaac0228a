"""The text that the analyses read: its first 1,000 characters, one-hot."""

import numpy as np

from gradlab.datasets import default_text

__all__ = ["CHARACTERS", "next_characters", "opening", "title"]

CHARACTERS = 1000


def opening(length: int = CHARACTERS) -> np.ndarray:
    """Return the first characters as inputs (length, m)."""
    return default_text().one_hot(0, length)


def next_characters(length: int = CHARACTERS) -> np.ndarray:
    """Return the character that follows each of `opening`, (length,) integers."""
    return default_text().targets(0, length)


def title() -> str:
    """Return which text it is."""
    return default_text().title
