"""Activations φ: value, slope φ', ln|φ'| and the Lipschitz constant max|φ'|.

A slope is written so that it keeps its relative accuracy far into saturation: with
e = exp(−2|a|), tanh'(a) = 4e/(1 + e)², never 1 − tanh², which is 0 for |a| > 19.
At a kink the slope is the one torch uses.
"""

import abc
import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy import special

from gradlab._checks import require_number
from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS, gaussian
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = [
    "ACTIVATIONS",
    "AbstractActivation",
    "Erf",
    "Gelu",
    "Hardtanh",
    "Identity",
    "LeakyRelu",
    "Relu",
    "Sigmoid",
    "Silu",
    "Softplus",
    "Tanh",
    "activation_named",
    "sigmoid_and_slope",
]

_GONE = 800.0  # exp(−800) and exp(−800²) are 0 in float64


class AbstractActivation(abc.ABC):
    """An elementwise nonlinearity φ with its derivative in closed form."""

    name: ClassVar[str]
    lipschitz: float
    kinks: ClassVar[tuple[float, ...]] = ()

    @abc.abstractmethod
    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return φ(a) in the given number system; `SYMBOLS` gives its SymPy twin."""

    @abc.abstractmethod
    def slope(self, a: Array) -> Array:
        """Return φ'(a) for real a; at a kink, torch's convention."""

    def log_slope(self, a: Array) -> Array:
        """Return ln|φ'(a)| in nats, −inf where the slope is 0."""
        with np.errstate(divide="ignore"):
            return np.log(np.abs(self.slope(a)))


@final
@dataclass(frozen=True)
class Identity(AbstractActivation):
    """φ(a) = a.

    >>> Identity().slope(np.array([-3.0, 20.0]))
    array([1., 1.])
    """

    name = "identity"
    lipschitz = 1.0

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return a."""
        return algebra.array(a)

    def slope(self, a: Array) -> Array:
        """Return 1."""
        return np.ones_like(a)


@final
@dataclass(frozen=True)
class Tanh(AbstractActivation):
    """φ(a) = tanh a.

    >>> Tanh().slope(np.array([0.0, 20.0]))  # 1 − tanh²(20) would be 0
    array([1.0000000e+00, 1.6993417e-17])
    """

    name = "tanh"
    lipschitz = 1.0

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return tanh a."""
        return algebra.tanh(a)

    def slope(self, a: Array) -> Array:
        """Return sech² a = 4e/(1 + e)², e = exp(−2|a|)."""
        # In place: over many steps at once, fresh memory would cost more than exp.
        e = np.minimum(np.abs(a), _GONE)  # 2|a| cannot overflow
        e *= -2.0
        e = np.exp(e, out=e if e.ndim else None)
        below = 1.0 + e
        below *= below
        e *= 4.0
        e /= below
        return e

    def log_slope(self, a: Array) -> Array:
        """Return ln sech² a = ln 4 − 2|a| − 2 log1p(exp(−2|a|))."""
        with np.errstate(over="ignore"):
            size = 2 * np.abs(a)
        return math.log(4) - size - 2 * np.log1p(np.exp(-size))


@final
@dataclass(frozen=True)
class Sigmoid(AbstractActivation):
    """φ(a) = 1 / (1 + e^−a).

    >>> Sigmoid().log_slope(np.array([1000.0]))  # σ' itself underflows
    array([-1000.])
    """

    name = "sigmoid"
    lipschitz = 0.25

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return 1 / (1 + e^−a)."""
        return algebra.sigmoid(a)

    def slope(self, a: Array) -> Array:
        """Return σ'(a) = e/(1 + e)², e = exp(−|a|)."""
        e = np.exp(-np.abs(a))
        return e / (1 + e) ** 2

    def log_slope(self, a: Array) -> Array:
        """Return ln σ'(a) = −|a| − 2 log1p(exp(−|a|))."""
        size = np.abs(a)
        return -size - 2 * np.log1p(np.exp(-size))


@final
@dataclass(frozen=True)
class Erf(AbstractActivation):
    """φ(a) = erf a = (2/√π) ∫_0^a exp(−s²) ds.

    >>> Erf().slope(np.array([0.0]))  # 2/√π
    array([1.12837917])
    """

    name = "erf"
    lipschitz = 2 / math.sqrt(math.pi)

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return erf a."""
        return algebra.erf(a)

    def slope(self, a: Array) -> Array:
        """Return (2/√π) exp(−a²)."""
        return self.lipschitz * gaussian(a, 1.0)

    def log_slope(self, a: Array) -> Array:
        """Return ln(2/√π) − a²; −inf where a² overflows."""
        with np.errstate(over="ignore"):
            return math.log(self.lipschitz) - np.square(a)


@final
@dataclass(frozen=True)
class Softplus(AbstractActivation):
    """φ(a) = log(1 + e^a), with slope σ(a).

    >>> Softplus().slope(np.array([0.0]))
    array([0.5])
    """

    name = "softplus"
    lipschitz = 1.0

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return log(1 + e^a)."""
        return algebra.softplus(a)

    def slope(self, a: Array) -> Array:
        """Return 1 / (1 + e^−a)."""
        return special.expit(a)

    def log_slope(self, a: Array) -> Array:
        """Return −log(1 + e^−a)."""
        return special.log_expit(a)


@final
@dataclass(frozen=True)
class Relu(AbstractActivation):
    """φ(a) = max(a, 0); φ'(0) = 0.

    >>> Relu().slope(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 1.])
    """

    name = "relu"
    lipschitz = 1.0
    kinks = (0.0,)

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return max(a, 0)."""
        return algebra.positive(a)

    def slope(self, a: Array) -> Array:
        """Return 1 for a > 0 and 0 elsewhere."""
        return np.where(a > 0, 1.0, 0.0)


@final
@dataclass(frozen=True)
class LeakyRelu(AbstractActivation):
    """φ(a) = a for a > 0 and leak·a elsewhere; φ'(0) = leak.

    >>> LeakyRelu(0.25).slope(np.array([-1.0, 0.0, 2.0]))
    array([0.25, 0.25, 1.  ])
    """

    leak: float = 0.01
    name = "leaky_relu"
    kinks = (0.0,)

    def __post_init__(self) -> None:
        """Check the leak."""
        object.__setattr__(self, "leak", require_number("leak", self.leak))

    @property
    def lipschitz(self) -> float:  # type: ignore[override]
        """Return max(1, |leak|)."""
        return max(1.0, abs(self.leak))

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return a where a > 0 and leak·a elsewhere."""
        return algebra.where_positive(a, a, algebra.array(self.leak) * a)

    def slope(self, a: Array) -> Array:
        """Return 1 for a > 0 and the leak elsewhere."""
        return np.where(a > 0, 1.0, self.leak)


@final
@dataclass(frozen=True)
class Hardtanh(AbstractActivation):
    """φ(a) = min(max(a, −1), 1); φ'(±1) = 0.

    >>> Hardtanh().slope(np.array([-1.0, 0.5, 1.0]))
    array([0., 1., 0.])
    """

    name = "hardtanh"
    lipschitz = 1.0
    kinks = (-1.0, 1.0)

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return a where |a| < 1, and the sign of a elsewhere."""
        one = algebra.array(1.0)
        below = algebra.where_positive(one - a, a, one)
        return algebra.where_positive(a + one, below, -one)

    def slope(self, a: Array) -> Array:
        """Return 1 for −1 < a < 1 and 0 elsewhere."""
        return np.where(np.abs(a) < 1, 1.0, 0.0)


@final
@dataclass(frozen=True)
class Gelu(AbstractActivation):
    """φ(a) = a Φ(a), Φ the standard normal distribution function [hendrycks2016gelu].

    >>> Gelu().slope(np.array([0.0]))
    array([0.5])
    """

    name = "gelu"
    # φ'' = (2 − a²) exp(−a²/2)/√(2π) = 0 at a = √2.
    lipschitz = 0.5 * math.erfc(-1.0) + math.sqrt(2) * math.exp(-1) / math.sqrt(
        2 * math.pi
    )

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return a Φ(a)."""
        return a * algebra.normal_cdf(a)

    def slope(self, a: Array) -> Array:
        """Return Φ(a) + a exp(−a²/2)/√(2π); absolute accuracy near its zero −0.75."""
        density = gaussian(a, 0.5) / math.sqrt(2 * math.pi)
        return FLOATS.normal_cdf(a) + np.minimum(a, _GONE) * density

    def log_slope(self, a: Array) -> Array:
        """Return ln|φ'(a)|; left of −1 as −a²/2 + ln|√(π/2) erfcx(−a/√2) + a| − ln√2π.

        Nothing underflows on that branch before a² overflows, where −inf is returned.
        """
        left = np.minimum(a, -1.0)
        mills = math.sqrt(math.pi / 2) * special.erfcx(-left * math.sqrt(0.5))
        with np.errstate(over="ignore", divide="ignore"):
            tail = np.log(np.abs(mills + left)) - np.square(left) / 2
            near = np.log(np.abs(self.slope(np.maximum(a, -1.0))))
        return np.where(a < -1, tail - math.log(2 * math.pi) / 2, near)


@final
@dataclass(frozen=True)
class Silu(AbstractActivation):
    """φ(a) = a σ(a).

    >>> Silu().slope(np.array([0.0]))
    array([0.5])
    """

    name = "silu"
    # The largest slope, at the root a = 2.3993572805154676… of 2 + a(1 − 2σ(a)) = 0.
    lipschitz = 1.0998393201288669

    def value(self, a: Array, algebra: Algebra = FLOATS) -> Array:
        """Return a σ(a)."""
        return a * algebra.sigmoid(a)

    def slope(self, a: Array) -> Array:
        """Return σ(a)(1 + a σ(−a)); absolute accuracy near its zero −1.28."""
        return special.expit(a) * (1 + np.minimum(a, _GONE) * special.expit(-a))

    def log_slope(self, a: Array) -> Array:
        """Return ln σ(a) + ln|1 + a σ(−a)|."""
        with np.errstate(divide="ignore"):
            bracket = np.log(np.abs(1 + np.minimum(a, _GONE) * special.expit(-a)))
        return special.log_expit(a) + bracket


ACTIVATIONS: tuple[AbstractActivation, ...] = (
    Tanh(),
    Relu(),
    Sigmoid(),
    Identity(),
    Erf(),
    Hardtanh(),
    Softplus(),
    LeakyRelu(),
    Gelu(),
    Silu(),
)


def activation_named(activation: str | AbstractActivation) -> AbstractActivation:
    """Return the activation of that name, or the activation itself.

    Raises
    ------
    InputError
        If the name is none of `ACTIVATIONS`.

    Examples
    --------
    >>> activation_named("tanh").slope(np.array([20.0]))
    array([1.6993417e-17])
    """
    if isinstance(activation, AbstractActivation):
        return activation
    for known in ACTIVATIONS:
        if known.name == activation:
            return known
    names = ", ".join(repr(known.name) for known in ACTIVATIONS)
    message = f"`activation` must be one of {names}; got {activation!r}."
    raise InputError(message)


def sigmoid_and_slope(a: Array) -> tuple[Array, Array]:
    """Return σ(a) = exp(min(a, 0))/(1 + e) and σ'(a) = e/(1 + e)², e = exp(−|a|).

    Both at less than the time of one by itself, for the gates of long runs.

    Examples
    --------
    >>> [float(number[0]) for number in sigmoid_and_slope(np.zeros(1))]
    [0.5, 0.25]
    """
    e = np.exp(-np.abs(a))
    share = 1 / (1 + e)
    return np.exp(np.minimum(a, 0.0)) * share, e * share * share
