"""Wrong bounds made of norms, slopes and eigenvalues."""

import numpy as np

from tests.cases.wrong_bound import (
    Planted,
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

__all__ = ["PLANTED_NORMS"]

PLANTED_NORMS = {
    "frobenius for spectral": Planted("norm_product", "blunt", each(frobenius)),
    "holder for spectral": Planted(
        "norm_product",
        "blunt",
        each(lambda A: np.sqrt(np.linalg.norm(A, 1) * row_sum(A))),
    ),
    "root n times the row sum": Planted(
        "norm_product", "blunt", each(lambda A: np.sqrt(len(A)) * row_sum(A))
    ),
    "log of the mean norm": Planted(
        "norm_product",
        "blunt",
        lambda run: len(run) * log(np.mean([*map(spectral, run.chain.factors())])),
    ),
    "twice the logarithm": Planted(
        "norm_product", "blunt", lambda run: 2 * abs(each(spectral)(run))
    ),
    "a float norm, not rounded up": Planted(
        "norm_product", "exceeded", each(spectral), bare=True
    ),
    "row sum for spectral": Planted("norm_product", "exceeded", each(row_sum)),
    "column sum for spectral": Planted(
        "norm_product", "exceeded", each(lambda A: np.linalg.norm(A, 1))
    ),
    "largest entry": Planted(
        "norm_product", "exceeded", each(lambda A: np.abs(A).max())
    ),
    "nearly the hoelder norm": Planted(
        "norm_product",
        "exceeded",
        each(lambda A: 0.999 * np.sqrt(np.linalg.norm(A, 1) * row_sum(A))),
    ),
    "nearly root n times the row sum": Planted(
        "norm_product",
        "exceeded",
        each(lambda A: 0.999 * np.sqrt(len(A)) * row_sum(A)),
    ),
    "radius for norm": Planted("norm_product", "exceeded", each(radius)),
    "last step forgotten": Planted(
        "norm_product",
        "exceeded",
        lambda run: sum(log(spectral(J)) for J in run.chain.factors()[:-1]),
    ),
    "bits for nats": Planted(
        "norm_product",
        "exceeded",
        lambda run: sum(np.log2(spectral(J)) for J in run.chain.factors()),
    ),
    "slope forgotten": Planted("slope_norm", "blunt", powers(spectral, lambda _: 1.0)),
    "slope used once": Planted(
        "slope_norm",
        "blunt",
        lambda run: powers(spectral, lambda _: 1.0)(run) + log(gamma(run)),
    ),
    "slope norm by frobenius": Planted("slope_norm", "blunt", powers(frobenius, gamma)),
    "slope at rest for the largest": Planted(
        "slope_norm", "exceeded", powers(spectral, slope_at_rest)
    ),
    "slope squared": Planted(
        "slope_norm", "exceeded", powers(spectral, lambda run: gamma(run) ** 2)
    ),
    "radius times slope": Planted("slope_norm", "exceeded", powers(radius, gamma)),
    "slope norm, not rounded up": Planted(
        "slope_norm", "exceeded", powers(spectral, gamma), bare=True
    ),
    "radius without transient": Planted("linear_radius", "exceeded", transient(0)),
    "root of the transient": Planted("linear_radius", "exceeded", transient(0.5)),
    "one power too few for a decay": Planted(
        "linear_radius", "exceeded", transient(1, shift=1)
    ),
    "transient squared": Planted("linear_radius", "blunt", transient(2)),
    "norm for radius": Planted(
        "linear_radius", "blunt", powers(spectral, lambda _: 1.0)
    ),
    "eigenvalues as computed": Planted(
        "linear_floor",
        "exceeded",
        powers(radius, lambda _: 1.0),
        direction="below",
    ),
    "norm for radius from below": Planted(
        "linear_floor",
        "exceeded",
        powers(spectral, lambda _: 1.0),
        direction="below",
    ),
    "singular value for eigenvalue": Planted(
        "linear_floor",
        "blunt",
        powers(lambda A: np.linalg.norm(A, -2), lambda _: 1.0),
        direction="below",
    ),
    "mean of the eigenvalues": Planted(
        "linear_floor",
        "blunt",
        powers(lambda A: np.abs(np.linalg.eigvals(A)).mean(), lambda _: 1.0),
        direction="below",
    ),
    "radius over the condition": Planted(
        "linear_floor", "blunt", transient(-1), direction="below"
    ),
    "volume for radius": Planted(
        "linear_floor",
        "blunt",
        powers(lambda A: np.abs(np.linalg.det(A)) ** (1 / len(A)), lambda _: 1.0),
        direction="below",
    ),
}
