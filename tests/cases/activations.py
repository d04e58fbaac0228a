"""One row per activation: its twin in mpmath, value and slope by textbook formulas."""

from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp

from gradlab.cells.activations import ACTIVATIONS, LeakyRelu

__all__ = ["PHIS", "SMOOTH", "Twin"]


@dataclass(frozen=True)
class Twin:
    """value(a) and slope(a) in mpmath at its working precision."""

    value: Callable
    slope: Callable


def _sigmoid(a):
    return 1 / (1 + mp.exp(-a))


def _normal_cdf(a):
    return mp.erfc(-a / mp.sqrt(2)) / 2


def _density(a):
    return mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi)


SMOOTH = {
    "identity": Twin(lambda a: a, lambda a: mp.mpf(1)),
    "tanh": Twin(mp.tanh, lambda a: mp.sech(a) ** 2),
    "sigmoid": Twin(_sigmoid, lambda a: _sigmoid(a) * _sigmoid(-a)),
    "erf": Twin(mp.erf, lambda a: 2 / mp.sqrt(mp.pi) * mp.exp(-a * a)),
    "softplus": Twin(lambda a: mp.log1p(mp.exp(a)), _sigmoid),
    "gelu": Twin(
        lambda a: a * _normal_cdf(a), lambda a: _normal_cdf(a) + a * _density(a)
    ),
    "silu": Twin(
        lambda a: a * _sigmoid(a), lambda a: _sigmoid(a) * (1 + a * _sigmoid(-a))
    ),
}

PHIS = {phi.name: phi for phi in ACTIVATIONS} | {
    "leaky_relu_steep": LeakyRelu(3.0),
    "leaky_relu_negative": LeakyRelu(-0.5),
}
