"""Remedies as changes of a cell: scaled, orthogonal, or with gates that stay open.

A gate that keeps σ(b) of a cell state forgets over −1/ln σ(b) steps; b = ln(R − 1)
makes that R.  Chrono initialisation spreads the units' b over ln U(1, R − 1).
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab.cells import GRU, LSTM, RNN, AbstractCell, Linear
from gradlab.cells.lstm_base import AbstractLSTM
from gradlab.linalg import orthogonal
from gradlab.studies.diagnosis.substitutes import gated, residual
from gradlab.typing import Array

__all__ = ["Remedy", "remedies", "remembering", "scaled"]


@final
@dataclass(frozen=True, eq=False)
class Remedy:
    """What to do, and the cell that it makes."""

    name: str
    words: str
    cell: AbstractCell
    source: str = ""


def remedies(cell: AbstractCell, *, lag: int) -> Iterator[Remedy]:
    """Yield what may help a cell whose gradient should reach `lag` steps back."""
    if isinstance(cell, AbstractLSTM | GRU) and lag > 1:
        yield _chrono(cell, lag)
    if isinstance(cell, LSTM | GRU | RNN | Linear):
        yield _orthogonal(cell)
    if isinstance(cell, RNN):
        yield _identity(cell)
        yield _gated(cell, lag)
        yield _residual(cell, lag)


def scaled(cell: AbstractCell, factor: float) -> Remedy:
    """Return the cell with its recurrent weights times `factor`."""
    words = f"recurrent weights times {factor:.3g}, which puts λ₁ near 0"
    return Remedy("gain", words, _with(cell, W_hh=factor * cell.params["W_hh"]))


def remembering(cell: AbstractLSTM, raised: float) -> Remedy:
    """Return the cell with the biases of its forget gates raised."""
    b_h, n = np.array(cell.b_h), cell.units
    b_h[n : 2 * n] += raised
    words = f"forget-gate biases raised by {raised:.3g}"
    return Remedy("forget bias", words, _with(cell, b_h=b_h), "jozefowicz2015empirical")


def _chrono(cell: AbstractLSTM | GRU, lag: int) -> Remedy:
    """Spread ln 1 … ln(R − 1) over the units, as quantiles of the uniform law."""
    n = cell.units
    spread = np.log(1 + (np.arange(n) + 0.5) / n * max(lag - 2, 1))
    if not isinstance(cell, GRU):
        b_h = np.array(cell.b_h)
        b_h[n : 2 * n], b_h[:n] = spread, -spread
        changed: AbstractCell = _with(cell, b_h=b_h)
        which = "forget-gate biases, and their opposites as input-gate biases"
    else:
        b_hx, b_hh = np.array(cell.b_hx), np.array(cell.b_hh)
        b_hx[n : 2 * n], b_hh[n : 2 * n] = spread, 0.0
        changed = _with(cell, b_hx=b_hx, b_hh=b_hh)
        which = "update-gate biases"
    words = f"chrono initialisation: {which} drawn as ln U(1, {max(lag - 1, 2)})"
    return Remedy("chrono", words, changed, "tallec2018warp")


def _orthogonal(cell: AbstractCell) -> Remedy:
    W = cell.params["W_hh"]
    n = W.shape[1]
    rng = np.random.default_rng(0)  # any one will do; the same every time
    blocks = [orthogonal(n, gain=1.0, rng=rng) for _ in range(len(W) // n)]
    words = "orthogonal recurrent weights"
    changed = _with(cell, W_hh=np.concatenate(blocks))
    return Remedy("orthogonal", words, changed, "saxe2014exact")


def _identity(cell: RNN) -> Remedy:
    changed = _with(cell, W_hh=np.eye(cell.hidden), b_h=np.zeros(cell.hidden))
    words = "recurrent weights the identity, biases 0"
    return Remedy("identity", words, changed, "le2015simple")


def _gated(cell: RNN, lag: int) -> Remedy:
    words = "a GRU of the same size in its place, its update-gate biases by chrono"
    return Remedy("gating", words, _chrono(gated(cell), lag).cell, "tallec2018warp")


def _residual(cell: RNN, lag: int) -> Remedy:
    tau = max(lag, 2)
    words = f"a residual step: h + (h' − h)/{tau}, h' what the cell makes of h"
    return Remedy("residual", words, residual(cell, tau))


def _with(cell: AbstractCell, **changes: Array) -> Any:
    return dataclasses.replace(cell, **changes)  # type: ignore[type-var]
