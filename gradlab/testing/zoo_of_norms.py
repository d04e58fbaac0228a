"""Wrong bounds made of norms, slopes and eigenvalues."""

from collections.abc import Mapping

import numpy as np

from gradlab.testing.wrong_bound import (
    WrongBound,
    each,
    frobenius,
    gamma,
    log,
    powers,
    radius,
    row_sum,
    slope_at_rest,
    spectral,
    transient,
)

__all__ = ["NORMS"]

NORMS: Mapping[str, WrongBound] = {
    "frobenius for spectral": WrongBound("norm_product", "blunt", each(frobenius)),
    "holder for spectral": WrongBound(
        "norm_product",
        "blunt",
        each(lambda A: np.sqrt(np.linalg.norm(A, 1) * row_sum(A))),
    ),
    "root n times the row sum": WrongBound(
        "norm_product", "blunt", each(lambda A: np.sqrt(len(A)) * row_sum(A))
    ),
    "log of the mean norm": WrongBound(
        "norm_product",
        "blunt",
        lambda run: len(run) * log(np.mean([*map(spectral, run.chain.factors())])),
    ),
    "twice the logarithm": WrongBound(
        "norm_product", "blunt", lambda run: 2 * abs(each(spectral)(run))
    ),
    "a float norm, not rounded up": WrongBound(
        "norm_product", "exceeded", each(spectral), bare=True
    ),
    "row sum for spectral": WrongBound("norm_product", "exceeded", each(row_sum)),
    "column sum for spectral": WrongBound(
        "norm_product", "exceeded", each(lambda A: np.linalg.norm(A, 1))
    ),
    "largest entry": WrongBound(
        "norm_product", "exceeded", each(lambda A: np.abs(A).max())
    ),
    "nearly the hoelder norm": WrongBound(
        "norm_product",
        "exceeded",
        each(lambda A: 0.999 * np.sqrt(np.linalg.norm(A, 1) * row_sum(A))),
    ),
    "nearly root n times the row sum": WrongBound(
        "norm_product",
        "exceeded",
        each(lambda A: 0.999 * np.sqrt(len(A)) * row_sum(A)),
    ),
    "radius for norm": WrongBound("norm_product", "exceeded", each(radius)),
    "last step forgotten": WrongBound(
        "norm_product",
        "exceeded",
        lambda run: sum(log(spectral(J)) for J in run.chain.factors()[:-1]),
    ),
    "bits for nats": WrongBound(
        "norm_product",
        "exceeded",
        lambda run: sum(np.log2(spectral(J)) for J in run.chain.factors()),
    ),
    "slope forgotten": WrongBound(
        "slope_norm", "blunt", powers(spectral, lambda _: 1.0)
    ),
    "slope used once": WrongBound(
        "slope_norm",
        "blunt",
        lambda run: powers(spectral, lambda _: 1.0)(run) + log(gamma(run)),
    ),
    "slope norm by frobenius": WrongBound(
        "slope_norm", "blunt", powers(frobenius, gamma)
    ),
    "slope at rest for the largest": WrongBound(
        "slope_norm", "exceeded", powers(spectral, slope_at_rest)
    ),
    "slope squared": WrongBound(
        "slope_norm", "exceeded", powers(spectral, lambda run: gamma(run) ** 2)
    ),
    "radius times slope": WrongBound("slope_norm", "exceeded", powers(radius, gamma)),
    "slope norm, not rounded up": WrongBound(
        "slope_norm", "exceeded", powers(spectral, gamma), bare=True
    ),
    "radius without transient": WrongBound("linear_radius", "exceeded", transient(0)),
    "root of the transient": WrongBound("linear_radius", "exceeded", transient(0.5)),
    "one power too few for a decay": WrongBound(
        "linear_radius", "exceeded", transient(1, shift=1)
    ),
    "transient squared": WrongBound("linear_radius", "blunt", transient(2)),
    "norm for radius": WrongBound(
        "linear_radius", "blunt", powers(spectral, lambda _: 1.0)
    ),
    "eigenvalues as computed": WrongBound(
        "linear_floor",
        "exceeded",
        powers(radius, lambda _: 1.0),
        direction="below",
    ),
    "norm for radius from below": WrongBound(
        "linear_floor",
        "exceeded",
        powers(spectral, lambda _: 1.0),
        direction="below",
    ),
    "singular value for eigenvalue": WrongBound(
        "linear_floor",
        "blunt",
        powers(lambda A: np.linalg.norm(A, -2), lambda _: 1.0),
        direction="below",
    ),
    "mean of the eigenvalues": WrongBound(
        "linear_floor",
        "blunt",
        powers(lambda A: np.abs(np.linalg.eigvals(A)).mean(), lambda _: 1.0),
        direction="below",
    ),
    "radius over the condition": WrongBound(
        "linear_floor", "blunt", transient(-1), direction="below"
    ),
    "volume for radius": WrongBound(
        "linear_floor",
        "blunt",
        powers(lambda A: np.abs(np.linalg.det(A)) ** (1 / len(A)), lambda _: 1.0),
        direction="below",
    ),
}
