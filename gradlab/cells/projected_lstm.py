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
from gradlab.cells.activations import Tanh, sigmoid_and_slope
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.initialise import random_matrix, random_weights
from gradlab.cells.lstm import LSTM
from gradlab.cells.parameters import require_bias
from gradlab.cells.projected_jacobian import ProjectedJacobian
from gradlab.errors import InputError, ShapeError
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["ProjectedLSTM"]

_TANH = Tanh()


@final
@dataclass(frozen=True, eq=False)
class ProjectedLSTM(AbstractCell):
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
    def units(self) -> int:
        """The number n of units, the entries of c."""
        return self.W_hr.shape[1]

    @property
    def params(self) -> dict[str, Array]:
        """W_hh, W_hx, b_h, W_hr."""
        names = ("W_hh", "W_hx", "b_h", "W_hr")
        return {name: getattr(self, name) for name in names}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return (W_hr (σ(o) tanh c'), c') with c' = σ(f) c + σ(i) tanh g."""
        i, f, g, o = self._gates(h, x, algebra)
        remembered = algebra.sigmoid(f) * h[..., self.hidden :]
        c = remembered + algebra.sigmoid(i) * algebra.tanh(g)
        shown = algebra.sigmoid(o) * algebra.tanh(c)
        return algebra.concatenate([shown @ algebra.array(self.W_hr).T, c])

    def slopes(self, h: Array, x: Array) -> ProjectedJacobian:
        """Return ∂(h', c')/∂(h, c): an LSTM's slopes, and W_hr before what is shown."""
        i, f, g, o = self._gates(h, x, FLOATS)
        c = h[..., self.hidden :]
        written, written_slope = sigmoid_and_slope(i)
        kept, kept_slope = sigmoid_and_slope(f)
        shown, shown_slope = sigmoid_and_slope(o)
        new = np.tanh(g)
        c_next = kept * c + written * new
        told = (new * written_slope, c * kept_slope, written * _TANH.slope(g))
        return ProjectedJacobian(
            told=np.stack(told, axis=-2),
            opened=np.tanh(c_next) * shown_slope,
            shown=shown * _TANH.slope(c_next),
            kept=kept,
            weights=self.W_hh,
            projection=self.W_hr,
        )

    def input_slopes(self, h: Array, x: Array) -> ProjectedJacobian:
        """Return ∂(h', c')/∂x, the same slopes before W_hx."""
        J = self.slopes(h, x)
        return ProjectedJacobian(J.told, J.opened, J.shown, None, self.W_hx, self.W_hr)

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return v hᵀ, v xᵀ and v for v = uᵀ∂(h', c')/∂(i, f, g, o), and u_h shownᵀ."""
        r = self.hidden
        v = self.input_slopes(h, x).gate_rows(u[..., None, :])[..., 0, :]
        i, f, g, o = self._gates(h, x, FLOATS)
        written = FLOATS.sigmoid(i) * np.tanh(g)
        c = FLOATS.sigmoid(f) * h[..., r:] + written
        return {
            "W_hh": Outer(v, h[..., :r]),
            "W_hx": Outer(v, x),
            "b_h": Outer(v),
            "W_hr": Outer(u[..., :r], FLOATS.sigmoid(o) * np.tanh(c)),
        }

    def gate_values(self, h: Array, x: Array) -> dict[str, Array]:
        """Return σ(i), σ(f) and σ(o), each (..., n) over the units."""
        i, f, _, o = self._gates(h, x, FLOATS)
        opened = {"i": i, "f": f, "o": o}
        return {gate: sigmoid_and_slope(a)[0] for gate, a in opened.items()}

    def carried(self, h: Array, x: Array, c0: Array, *, waiting: Array) -> Array:
        """Return c_0 … c_T (T + 1, B, n) from h_0 … h_{T−1} (T, B, r) and the inputs.

        As `LSTM.carried`, whose recursion of c it is.
        """
        as_gates = LSTM(self._padded(), self.W_hx, self.b_h)
        wide = np.zeros((*h.shape[:-1], self.units))
        wide[..., : self.hidden] = h
        return as_gates.carried(wide, x, c0, waiting=waiting)

    def _padded(self) -> Array:
        """Return W_hh with columns of zeros up to n: r ≤ n as torch has it."""
        return np.pad(self.W_hh, ((0, 0), (0, self.units - self.hidden)))

    def _gates(self, h: Array, x: Array, algebra: Algebra) -> tuple[Array, ...]:
        W_hh, W_hx, b_h = (algebra.array(p) for p in (self.W_hh, self.W_hx, self.b_h))
        n = self.units
        a = h[..., : self.hidden] @ W_hh.T + algebra.array(x) @ W_hx.T + b_h
        return tuple(a[..., k * n : (k + 1) * n] for k in range(4))
