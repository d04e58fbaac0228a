"""Steps of training: SGD θ ← θ − η v, v ← μ v + g, and Adam, as in torch.optim."""

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_number
from gradlab.errors import InputError
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["SGD", "AbstractOptimiser", "Adam"]


class AbstractOptimiser(abc.ABC):
    """How a gradient becomes a step; what it remembers is kept outside, in `slots`."""

    @abc.abstractmethod
    def slots(self, params: Mapping[str, Array]) -> dict[str, Array]:
        """Return what is remembered between steps, as it is before the first."""

    @abc.abstractmethod
    def step(
        self,
        params: Mapping[str, Array],
        gradient: Mapping[str, Array],
        slots: Mapping[str, Array],
        count: int,
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return new parameters and new slots; nothing that was given is changed.

        `gradient` has the names of `params`, and `count` is 1 at the first step.
        """


@final
@dataclass(frozen=True)
class SGD(AbstractOptimiser):
    """θ ← θ − η v with v ← μ v + g; plain gradient descent at μ = 0.

    Parameters
    ----------
    rate : float
        η > 0.
    momentum : float
        μ, 0 ≤ μ < 1.

    Examples
    --------
    >>> sgd = SGD(0.5)
    >>> sgd.step({"w": np.array([1.0])}, {"w": np.array([4.0])}, {}, 1)
    ({'w': array([-1.])}, {})
    """

    rate: float
    momentum: float = 0.0

    def __post_init__(self) -> None:
        """Check that both are numbers in range."""
        require_number("rate", self.rate, above=0.0)
        _require_decay("momentum", self.momentum)

    def slots(self, params: Mapping[str, Array]) -> dict[str, Array]:
        """Return v = 0 for every parameter; nothing at μ = 0."""
        if not self.momentum:
            return {}
        return {f"v/{name}": np.zeros(p.shape) for name, p in params.items()}

    def step(
        self,
        params: Mapping[str, Array],
        gradient: Mapping[str, Array],
        slots: Mapping[str, Array],
        count: int,  # noqa: ARG002
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return θ − η v and v."""
        if not self.momentum:
            return {k: p - self.rate * gradient[k] for k, p in params.items()}, {}
        v = {k: self.momentum * slots[f"v/{k}"] + gradient[k] for k in params}
        moved = {k: p - self.rate * v[k] for k, p in params.items()}
        return moved, {f"v/{k}": value for k, value in v.items()}


@final
@dataclass(frozen=True)
class Adam(AbstractOptimiser):
    """θ ← θ − η m̂/(√v̂ + ε), m and v running means of g and g², freed of their start.

    m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g², from 0, with m̂ = m/(1 − β₁^k)
    and v̂ = v/(1 − β₂^k) at step k [kingma2015adam, Algorithm 1].

    Parameters
    ----------
    rate : float
        η > 0.
    beta1, beta2 : float
        β₁ and β₂, in 0 ≤ β < 1.
    epsilon : float
        ε > 0.

    Examples
    --------
    The first step has length η whatever the gradient, but for ε:

    >>> adam = Adam(0.1)
    >>> w, g = {"w": np.array([1.0])}, {"w": np.array([40.0])}
    >>> adam.step(w, g, adam.slots(w), 1)[0]["w"].round(8)
    array([0.9])
    """

    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    source: ClassVar[Reference] = Reference("kingma2015adam")

    def __post_init__(self) -> None:
        """Check that all are numbers in range."""
        require_number("rate", self.rate, above=0.0)
        _require_decay("beta1", self.beta1)
        _require_decay("beta2", self.beta2)
        require_number("epsilon", self.epsilon, above=0.0)

    def slots(self, params: Mapping[str, Array]) -> dict[str, Array]:
        """Return m = v = 0 for every parameter."""
        return {f"{s}/{k}": np.zeros(p.shape) for s in "mv" for k, p in params.items()}

    def step(
        self,
        params: Mapping[str, Array],
        gradient: Mapping[str, Array],
        slots: Mapping[str, Array],
        count: int,
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return θ − η m̂/(√v̂ + ε), m and v."""
        moved: dict[str, Array] = {}
        kept: dict[str, Array] = {}
        for name, p in params.items():
            g = gradient[name]
            m = self.beta1 * slots[f"m/{name}"] + (1 - self.beta1) * g
            v = self.beta2 * slots[f"v/{name}"] + (1 - self.beta2) * g * g
            size = np.sqrt(v / (1 - self.beta2**count)) + self.epsilon
            moved[name] = p - self.rate / (1 - self.beta1**count) * m / size
            kept |= {f"m/{name}": m, f"v/{name}": v}
        return moved, kept


def _require_decay(name: str, value: float) -> None:
    if require_number(name, value, minimum=0.0) >= 1.0:
        message = f"`{name}` must be below 1; got {value}."
        raise InputError(message)
