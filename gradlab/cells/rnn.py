"""The plain recurrent cell h' = φ(W_hh h + W_hx x + b_h), J = diag(φ') W_hh."""

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.activations import AbstractActivation, activation_named
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.factored import GatedJacobian, plus_row, rows_times
from gradlab.cells.initialise import random_weights
from gradlab.cells.parameters import require_bias, require_weights
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["RNN"]


@final
@dataclass(frozen=True, eq=False)
class RNN(AbstractCell):
    """h' = φ(W_hh h + W_hx x + b_h).

    Parameters
    ----------
    W_hh : (n, n) array_like
        Recurrent weights.
    W_hx : (n, m) array_like
        Input weights.
    b_h : (n,) array_like
        Bias; the sum of torch's ``bias_ih`` and ``bias_hh``.
    activation : str or AbstractActivation
        φ: "tanh", "relu", "sigmoid", "identity", "erf", "hardtanh", "softplus",
        "leaky_relu", "gelu" or "silu".

    Examples
    --------
    >>> cell = RNN([[2.0]], [[1.0]], [0.0])
    >>> float(cell.jacobian(np.zeros(1), np.zeros(1))[0, 0])  # sech²(0) · 2
    2.0
    """

    W_hh: Array
    W_hx: Array
    b_h: Array
    activation: AbstractActivation | str = "tanh"

    source: ClassVar[Reference] = Reference("elman1990finding")

    def __post_init__(self) -> None:
        """Check shapes and keep read-only copies."""
        W_hh, W_hx = require_weights(self.W_hh, self.W_hx, gates=1)
        object.__setattr__(self, "W_hh", W_hh)
        object.__setattr__(self, "W_hx", W_hx)
        object.__setattr__(self, "b_h", require_bias("b_h", self.b_h, W_hh, gates=1))
        object.__setattr__(self, "activation", activation_named(self.activation))

    @classmethod
    def random(
        cls,
        n: int,
        m: int,
        *,
        gain: float,
        rng: Seed,
        activation: str | AbstractActivation = "tanh",
        init: str = "gaussian",
    ) -> Self:
        """Return a random cell; "gaussian" is W_hh ~ N(0, gain²/n), W_hx ~ N(0, 1/m).

        `init` is one of "gaussian", "orthogonal", "identity", "torch".
        """
        W_hh, W_hx, *biases = random_weights(
            n, m, gates=1, gain=gain, rng=rng, init=init
        )
        return cls(W_hh, W_hx, np.add(*biases), activation)

    @property
    def phi(self) -> AbstractActivation:
        """The activation as an object."""
        return activation_named(self.activation)

    @property
    def sizes(self) -> tuple[int, int]:
        """(n, m)."""
        n, m = self.W_hx.shape
        return n, m

    @property
    def params(self) -> dict[str, Array]:
        """W_hh, W_hx, b_h."""
        return {"W_hh": self.W_hh, "W_hx": self.W_hx, "b_h": self.b_h}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return φ(W_hh h + W_hx x + b_h)."""
        return self.phi.value(self._preactivation(h, x, algebra), algebra)

    def slopes(self, h: Array, x: Array) -> GatedJacobian:
        """Return diag(φ') W_hh."""
        return GatedJacobian(self._slope(h, x)[..., None, :], self.W_hh, feeds=(0,))

    def input_slopes(self, h: Array, x: Array) -> GatedJacobian:
        """Return diag(φ') W_hx."""
        return GatedJacobian(self._slope(h, x)[..., None, :], self.W_hx, feeds=(0,))

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return v hᵀ, v xᵀ and v with v = φ' ∘ u."""
        v = self._slope(h, x) * u
        return {"W_hh": Outer(v, h), "W_hx": Outer(v, x), "b_h": Outer(v)}

    def _preactivation(self, h: Array, x: Array, algebra: Algebra) -> Array:
        W_hh, W_hx, b_h = (algebra.array(p) for p in (self.W_hh, self.W_hx, self.b_h))
        x, kept = algebra.array(x), rows_times(h, W_hh.T)
        if x.shape[-1] or x.ndim != kept.ndim:
            kept = kept + rows_times(x, W_hx.T)
        return plus_row(kept, b_h) if self.b_h.any() else kept

    def _slope(self, h: Array, x: Array) -> Array:
        with np.errstate(over="ignore"):  # ±inf, where the slope is that of the limit
            a = self._preactivation(h, x, FLOATS)
        return self.phi.slope(a)
