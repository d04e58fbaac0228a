"""GRU: h' = (1 − z) n + z h, with the reset gate after the recurrent product."""

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.activations import Tanh, sigmoid_and_slope
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.factored import GatedJacobian, rows_times
from gradlab.cells.initialise import random_weights
from gradlab.cells.parameters import require_bias, require_weights
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["GRU"]

_TANH = Tanh()
_FEEDS = (0, 0, 0)


@final
@dataclass(frozen=True, eq=False)
class GRU(AbstractCell):
    """Gated recurrent unit; gates (r, z, n) in this order, as in torch.

    With P = W_hx x + b_hx and Q = W_hh h + b_hh, three parts of n entries each,

        r = σ(P_r + Q_r),  z = σ(P_z + Q_z),  n = tanh(P_n + r ∘ Q_n),
        h' = (1 − z) ∘ n + z ∘ h.

    Parameters
    ----------
    W_hh : (3n, n) array_like
        Recurrent weights; torch's ``weight_hh``.
    W_hx : (3n, m) array_like
        Input weights; torch's ``weight_ih``.
    b_hx : (3n,) array_like
        Bias beside the input; torch's ``bias_ih``.
    b_hh : (3n,) array_like
        Bias beside the state; torch's ``bias_hh``.  Its last n entries are gated by r.

    Notes
    -----
    [cho2014learning], in the variant of cuDNN and torch, where r multiplies Q_n and
    not h.

    Examples
    --------
    With all weights zero z = ½ and n = 0, so h halves at every step:

    >>> cell = GRU(np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(3), np.zeros(3))
    >>> cell.step(np.array([1.0]), np.zeros(1))
    array([0.5])
    """

    W_hh: Array
    W_hx: Array
    b_hx: Array
    b_hh: Array

    source: ClassVar[Reference] = Reference("cho2014learning")

    def __post_init__(self) -> None:
        """Check shapes and keep read-only copies."""
        W_hh, W_hx = require_weights(self.W_hh, self.W_hx, gates=3)
        object.__setattr__(self, "W_hh", W_hh)
        object.__setattr__(self, "W_hx", W_hx)
        object.__setattr__(self, "b_hx", require_bias("b_hx", self.b_hx, W_hh, gates=3))
        object.__setattr__(self, "b_hh", require_bias("b_hh", self.b_hh, W_hh, gates=3))

    @classmethod
    def random(
        cls, n: int, m: int, *, gain: float, rng: Seed, init: str = "gaussian"
    ) -> Self:
        """Return a random cell of n hidden units, drawn gate by gate.

        `init` is one of "gaussian" (W_hh ~ N(0, gain²/n), W_hx ~ N(0, 1/m)),
        "orthogonal", "identity", "torch" (uniform on ±1/√n, biases too).
        """
        return cls(*random_weights(n, m, gates=3, gain=gain, rng=rng, init=init))

    @property
    def sizes(self) -> tuple[int, int]:
        """(n, m)."""
        return self.W_hh.shape[1], self.W_hx.shape[1]

    @property
    def params(self) -> dict[str, Array]:
        """W_hh, W_hx, b_hx, b_hh."""
        names = ("W_hh", "W_hx", "b_hx", "b_hh")
        return {name: getattr(self, name) for name in names}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return (1 − z) n + z h, with 1 − σ(a) written σ(−a)."""
        r, z, proposal, gated = self._gates(h, x, algebra)
        new = algebra.tanh(proposal + algebra.sigmoid(r) * gated)
        return algebra.sigmoid(-z) * new + algebra.sigmoid(z) * h

    def slopes(self, h: Array, x: Array) -> GatedJacobian:
        """Return ∂h'/∂h = diag z + Σ_k diag(slope_k) W_k over the gates r, z, n."""
        by_input, reset, kept = self._slopes(h, x)
        by_state = _behind_reset(by_input, reset)
        return GatedJacobian(by_state, self.W_hh, _FEEDS, kept)

    def input_slopes(self, h: Array, x: Array) -> GatedJacobian:
        """Return ∂h'/∂x = Σ_k diag(slope_k) W_k over the gates r, z, n."""
        return GatedJacobian(self._slopes(h, x)[0], self.W_hx, _FEEDS)

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return w hᵀ, v xᵀ, v, w, where v = uᵀ∂h'/∂P and w = uᵀ∂h'/∂Q."""
        by_input, reset, _ = self._slopes(h, x)
        by_state = _behind_reset(by_input, reset)
        shape = (*u.shape[:-1], 3 * u.shape[-1])
        v = (u[..., None, :] * by_input).reshape(shape)
        w = (u[..., None, :] * by_state).reshape(shape)
        return {
            "W_hh": Outer(w, h),
            "W_hx": Outer(v, x),
            "b_hx": Outer(v),
            "b_hh": Outer(w),
        }

    def gate_values(self, h: Array, x: Array) -> dict[str, Array]:
        """Return r and z, each (..., n); z is what is kept of h."""
        r, z, *_ = self._gates(h, x, FLOATS)
        return {"r": sigmoid_and_slope(r)[0], "z": sigmoid_and_slope(z)[0]}

    def _gates(
        self, h: Array, x: Array, algebra: Algebra
    ) -> tuple[Array, Array, Array, Array]:
        """Return P_r + Q_r, P_z + Q_z, P_n and Q_n."""
        n = self.W_hh.shape[1]
        W_hh, W_hx, b_hx, b_hh = (algebra.array(p) for p in self.params.values())
        P = rows_times(algebra.array(x), W_hx.T) + b_hx
        Q = rows_times(h, W_hh.T) + b_hh
        first = P[..., : 2 * n] + Q[..., : 2 * n]
        return first[..., :n], first[..., n:], P[..., 2 * n :], Q[..., 2 * n :]

    def _slopes(self, h: Array, x: Array) -> tuple[Array, Array, Array]:
        """Return ∂h'/∂P (..., 3, n) and the gates r and z (..., n)."""
        with np.errstate(over="ignore"):  # ±inf, where the slopes are 0
            a_r, a_z, proposal, gated = self._gates(h, x, FLOATS)
        reset, reset_slope = sigmoid_and_slope(a_r)
        kept, kept_slope = sigmoid_and_slope(a_z)
        a_n = proposal + reset * gated
        by_input = np.empty((*h.shape[:-1], 3, h.shape[-1]), kept.dtype)
        by_input[..., 2, :] = FLOATS.sigmoid(-a_z) * _TANH.slope(a_n)
        by_input[..., 1, :] = kept_slope * (h - np.tanh(a_n))
        by_input[..., 0, :] = by_input[..., 2, :] * gated * reset_slope
        return by_input, reset, kept


def _behind_reset(by_input: Array, reset: Array) -> Array:
    """Return ∂h'/∂Q: ∂h'/∂P with its n part multiplied by r."""
    by_state = by_input.copy()
    by_state[..., 2, :] *= reset
    return by_state
