"""Hypothesis's strategies, or the instruction to install them."""

from typing import Any

from gradlab._extras import require

__all__ = ["st"]

st: Any = require("hypothesis.strategies", extra="testing")
