"""LSTM: c' = σ(f) c + σ(i) tanh g and h' = σ(o) tanh c', gates from one affine map."""

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from gradlab._checks import require_number
from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.base import Outer
from gradlab.cells.factored import GatedJacobian
from gradlab.cells.initialise import random_weights
from gradlab.cells.lstm_base import GATES_FEED, AbstractLSTM
from gradlab.cells.parameters import require_bias, require_weights
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["LSTM"]


@final
@dataclass(frozen=True, eq=False)
class LSTM(AbstractLSTM):
    """Long short-term memory; the state is (h, c), one flat vector of 2n entries.

    With (i, f, g, o) = W_hh h + W_hx x + b_h, n entries each, in this order (torch's),

        c' = σ(f) ∘ c + σ(i) ∘ tanh g,    h' = σ(o) ∘ tanh c'.

    Parameters
    ----------
    W_hh : (4n, n) array_like
        Recurrent weights; torch's ``weight_hh``.
    W_hx : (4n, m) array_like
        Input weights; torch's ``weight_ih``.
    b_h : (4n,) array_like
        Bias; the sum of torch's ``bias_ih`` and ``bias_hh``.

    Notes
    -----
    The equations are [hochreiter1997long] with the forget gate of [gers2000learning].

    Examples
    --------
    With all weights zero the gates stand at ½, so c halves at every step:

    >>> cell = LSTM(np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4))
    >>> cell.step(np.array([0.0, 1.0]), np.zeros(1))[1]
    np.float64(0.5)
    """

    W_hh: Array
    W_hx: Array
    b_h: Array

    source: ClassVar[Reference] = Reference("hochreiter1997long")
    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("hochreiter1997long"),
        Reference("gers2000learning", "the forget gate"),
    )

    def __post_init__(self) -> None:
        """Check shapes and keep read-only copies."""
        W_hh, W_hx = require_weights(self.W_hh, self.W_hx, gates=4)
        object.__setattr__(self, "W_hh", W_hh)
        object.__setattr__(self, "W_hx", W_hx)
        object.__setattr__(self, "b_h", require_bias("b_h", self.b_h, W_hh, gates=4))

    @classmethod
    def random(
        cls,
        n: int,
        m: int,
        *,
        gain: float,
        rng: Seed,
        init: str = "gaussian",
        forget_bias: float = 0.0,
    ) -> Self:
        """Return a random cell of n hidden units, drawn gate by gate.

        `init` is one of "gaussian" (W_hh ~ N(0, gain²/n), W_hx ~ N(0, 1/m)),
        "orthogonal", "identity", "torch" (uniform on ±1/√n, biases too).  `forget_bias`
        is added to the bias of the forget gate: 1 keeps memory at the start.
        """
        forget_bias = require_number("forget_bias", forget_bias)
        W_hh, W_hx, *biases = random_weights(
            n, m, gates=4, gain=gain, rng=rng, init=init
        )
        b_h = np.add(*biases)
        b_h[n : 2 * n] += forget_bias
        return cls(W_hh, W_hx, b_h)

    @property
    def sizes(self) -> tuple[int, int]:
        """(2n, m): the state holds h and c."""
        return 2 * self.hidden, self.W_hx.shape[1]

    @property
    def hidden(self) -> int:
        """The hidden size n: h is the first n entries of the state."""
        return self.W_hh.shape[1]

    @property
    def params(self) -> dict[str, Array]:
        """W_hh, W_hx, b_h."""
        return {"W_hh": self.W_hh, "W_hx": self.W_hx, "b_h": self.b_h}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return (σ(o) tanh c', c') with c' = σ(f) c + σ(i) tanh g."""
        return algebra.concatenate(self._moved(h, x, algebra))

    def slopes(self, h: Array, x: Array) -> GatedJacobian:
        """Return ∂(h', c')/∂(h, c), sums of diag(slope) W over gates, and diagonals.

        ∂c'/∂c = diag σ(f) and ∂h'/∂· = diag(σ(o) sech² c') ∂c'/∂·, to which ∂h'/∂h adds
        diag(tanh c' σ'(o)) W_o.
        """
        gates, kept, relay = self._slopes(h, x)
        return GatedJacobian(gates, self.W_hh, GATES_FEED, kept, relay)

    def input_slopes(self, h: Array, x: Array) -> GatedJacobian:
        """Return ∂(h', c')/∂x, the same gate slopes before W_hx."""
        gates, _, relay = self._slopes(h, x)
        return GatedJacobian(gates, self.W_hx, GATES_FEED, relay=relay)

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return v hᵀ, v xᵀ and v, where v = uᵀ∂(h', c')/∂(i, f, g, o)."""
        v = self.input_slopes(h, x).gate_cotangent(u)
        hidden = h[..., : self.hidden]
        return {"W_hh": Outer(v, hidden), "W_hx": Outer(v, x), "b_h": Outer(v)}
