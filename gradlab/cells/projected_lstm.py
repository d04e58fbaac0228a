"""A projected LSTM: h' = W_hr (σ(o) tanh c') with c' = σ(f) c + σ(i) tanh g."""

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from gradlab._checks import (
    require_count,
    require_number,
    require_parameter,
    require_rng,
)
from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.base import Outer
from gradlab.cells.factored import GatedJacobian
from gradlab.cells.initialise import random_matrix, random_weights
from gradlab.cells.lstm import LSTM
from gradlab.cells.lstm_base import GATES_FEED, AbstractLSTM
from gradlab.cells.parameters import require_bias
from gradlab.cells.projected_jacobian import ProjectedJacobian
from gradlab.errors import InputError, ShapeError
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["ProjectedLSTM"]


@final
@dataclass(frozen=True, eq=False)
class ProjectedLSTM(AbstractLSTM):
    """Long short-term memory whose n units are seen through r projections of them.

    With (i, f, g, o) = W_hh h + W_hx x + b_h, n entries each, in this order (torch's),

        c' = σ(f) ∘ c + σ(i) ∘ tanh g,    h' = W_hr (σ(o) ∘ tanh c').

    The state is (h, c), one flat vector of r + n entries.

    Parameters
    ----------
    W_hh : (4n, r) array_like
        Recurrent weights; torch's ``weight_hh``.
    W_hx : (4n, m) array_like
        Input weights; torch's ``weight_ih``.
    b_h : (4n,) array_like
        Bias; the sum of torch's ``bias_ih`` and ``bias_hh``.
    W_hr : (r, n) array_like
        The projection; torch's ``weight_hr`` where ``proj_size`` is r.

    Notes
    -----
    The projection is the recurrent one of [sak2014long].

    Examples
    --------
    >>> cell = ProjectedLSTM.random(4, 3, projected=2, gain=1.0, rng=0)
    >>> cell.sizes, cell.hidden, cell.units
    ((6, 3), 2, 4)

    With W_hr the identity it is an LSTM:

    >>> plain = LSTM.random(2, 1, gain=1.0, rng=0)
    >>> cell = ProjectedLSTM(*plain.params.values(), np.eye(2))
    >>> h, x = np.ones(4), np.ones(1)
    >>> bool(np.allclose(cell.jacobian(h, x), plain.jacobian(h, x), atol=1e-15))
    True
    """

    W_hh: Array
    W_hx: Array
    b_h: Array
    W_hr: Array

    source: ClassVar[Reference] = Reference("sak2014long")
    sources: ClassVar[tuple[Reference, ...]] = (Reference("sak2014long"), *LSTM.sources)

    def __post_init__(self) -> None:
        """Check shapes and keep read-only copies."""
        W_hr = require_parameter("W_hr", self.W_hr, "(r, n)")
        r, n = W_hr.shape
        if r == 0 or n == 0:
            raise ShapeError("W_hr", "(r, n) with r, n >= 1", W_hr.shape)
        fits = {"4n": 4 * n, "r": r}
        W_hh = require_parameter("W_hh", self.W_hh, "(4n, r)", sizes=fits)
        W_hx = require_parameter("W_hx", self.W_hx, "(4n, m)", sizes=fits)
        object.__setattr__(self, "W_hh", W_hh)
        object.__setattr__(self, "W_hx", W_hx)
        object.__setattr__(self, "b_h", require_bias("b_h", self.b_h, W_hh, gates=4))
        object.__setattr__(self, "W_hr", W_hr)

    @classmethod
    def random(
        cls,
        n: int,
        m: int,
        *,
        projected: int,
        gain: float,
        rng: Seed,
        init: str = "gaussian",
        forget_bias: float = 0.0,
    ) -> Self:
        """Return a random cell of n units and r = `projected` projections of them.

        Weights are drawn as those of `LSTM.random`; of each gate's n columns the first
        r are kept, and W_hr is the first r rows of a further matrix of gain 1.
        """
        forget_bias = require_number("forget_bias", forget_bias)
        n, r = require_count("n", n), require_count("projected", projected)
        if r > n:
            message = f"`projected` must be at most n = {n}; got {r}."
            raise InputError(message)
        generator = require_rng(rng)
        W_hh, W_hx, *biases = random_weights(
            n, m, gates=4, gain=gain, rng=generator, init=init
        )
        b_h = np.add(*biases)
        b_h[n : 2 * n] += forget_bias
        W_hr = random_matrix(n, gain=1.0, rng=generator, init=init)[:r]
        return cls(W_hh[:, :r], W_hx, b_h, W_hr)

    @property
    def sizes(self) -> tuple[int, int]:
        """(r + n, m): the state holds h and c."""
        return sum(self.W_hr.shape), self.W_hx.shape[1]

    @property
    def hidden(self) -> int:
        """The size r of h, the first r entries of the state."""
        return len(self.W_hr)

    @property
    def params(self) -> dict[str, Array]:
        """W_hh, W_hx, b_h, W_hr."""
        names = ("W_hh", "W_hx", "b_h", "W_hr")
        return {name: getattr(self, name) for name in names}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return (W_hr (σ(o) tanh c'), c') with c' = σ(f) c + σ(i) tanh g."""
        shown, c = self._moved(h, x, algebra)
        return algebra.concatenate([shown @ algebra.array(self.W_hr).T, c])

    def slopes(self, h: Array, x: Array) -> ProjectedJacobian:
        """Return ∂(h', c')/∂(h, c): W_hr before what an LSTM shows."""
        gates, kept, relay = self._slopes(h, x)
        shown = GatedJacobian(gates, self.W_hh, GATES_FEED, kept, relay)
        return ProjectedJacobian(shown, self.W_hr)

    def input_slopes(self, h: Array, x: Array) -> ProjectedJacobian:
        """Return ∂(h', c')/∂x, the same gate slopes before W_hx."""
        gates, _, relay = self._slopes(h, x)
        shown = GatedJacobian(gates, self.W_hx, GATES_FEED, relay=relay)
        return ProjectedJacobian(shown, self.W_hr)

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return v hᵀ, v xᵀ and v for v = uᵀ∂(h', c')/∂(i, f, g, o), and u_h shownᵀ."""
        r = self.hidden
        v = self.input_slopes(h, x).gate_cotangent(u)
        return {
            "W_hh": Outer(v, h[..., :r]),
            "W_hx": Outer(v, x),
            "b_h": Outer(v),
            "W_hr": Outer(u[..., :r], self._moved(h, x, FLOATS)[0]),
        }
