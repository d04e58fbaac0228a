"""Leading singular vectors of J_T ⋯ J_1: P v_i = σ_i u_i, with ln σ_i in nats.

v_1 is the disturbance of the first state that grows most, u_1 what it grows into.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.linalg._graded_vectors import graded_singular_vectors
from gradlab.linalg._rounding_loss import warn_of_lost_digits
from gradlab.linalg.graded import GradedProduct, graded_product
from gradlab.references import Reference
from gradlab.typing import Array, Matrix, Vector

__all__ = ["SingularVectors", "leading_singular_vectors"]

_EPS = float(np.finfo(float).eps)


@final
@dataclass(frozen=True, eq=False, repr=False)
class SingularVectors(Result):
    """The k leading singular triples of a product P of T factors.

    Attributes
    ----------
    log_singular_values : (k,) array
        ln σ_1 ≥ … ≥ ln σ_k in nats.
    left : (n, k) array
        u_1 … u_k as columns, orthonormal; the largest entry of each is positive.
    right : (n, k) array
        v_1 … v_k as columns, orthonormal.
    gaps : (k,) array
        How far ln σ_i is from the nearest other one, in nats.
    errors : (k,) array
        Estimated sines of the angles by which u_i and v_i are off, at most 1: n ε times
        the condition of the factors F and V, over the gap (or over 1, if that is less).
        Where σ_i is multiple only the span of its vectors means something.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("drmac2008jacobi"),
        Reference("loh1992stable"),
    )

    log_singular_values: Vector
    left: Matrix
    right: Matrix
    gaps: Vector
    errors: Vector


def leading_singular_vectors(
    factors: Iterable[Array] | GradedProduct, k: int
) -> SingularVectors:
    """Return the singular vectors of the k largest singular values of J_T ⋯ J_1.

    Parameters
    ----------
    factors : (T, n, n) array_like, an iterable of (n, n) arrays, or GradedProduct
        Real or complex, finite, in time order; an iterable is read once.
    k : int
        How many; at most the rank of the product.

    Returns
    -------
    SingularVectors

    Raises
    ------
    InputError, InputTypeError
        As `gradlab.linalg.graded_product`; or if k is more than the rank.

    Warns
    -----
    LostDigitsWarning
        As `log_singular_values`; the leading vectors are the last to suffer.

    Notes
    -----
    The vectors are as accurate for σ_1/σ_k = e^100000 as for σ_1/σ_k = e: what counts
    is how far neighbours are from each other.

    Examples
    --------
    >>> found = leading_singular_vectors([[[0.0, 3.0], [2.0, 0.0]]], 2)
    >>> np.exp(found.log_singular_values).round(12).tolist()
    [3.0, 2.0]
    >>> found.left.round(12).tolist(), found.right.round(12).tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
    """
    k = require_count("k", k)
    product = factors if isinstance(factors, GradedProduct) else graded_product(factors)
    if k > product.rank:
        message = (
            f"`k` must be at most the rank {product.rank} of the product; got {k}."
        )
        raise InputError(message)
    warn_of_lost_digits(product.uncertainty, product.steps)
    frame, weights, right = product.parts()
    logs, left, lead = graded_singular_vectors(frame, weights, right, k)
    gaps = _gaps(product.log_singular_values(), k)
    condition = np.linalg.cond(frame) * np.linalg.cond(right)
    with np.errstate(divide="ignore"):
        errors = product.n * _EPS * condition / np.minimum(gaps, 1.0)
    return SingularVectors(
        log_singular_values=logs,
        left=left,
        right=lead,
        gaps=gaps,
        errors=np.minimum(errors, 1.0),
        origin=Origin(parameters={"k": k, "steps": product.steps}),
    )


def _gaps(logs: Vector, k: int) -> Vector:
    """Return how far each of the first k is from the nearest other; inf if alone."""
    with np.errstate(invalid="ignore"):
        steps = np.concatenate([[np.inf], logs[:-1] - logs[1:], [np.inf]])
    return np.minimum(steps[:-1], steps[1:])[:k]
