"""Log singular values of a product J_T ⋯ J_1: all n of them, in nats."""

from collections.abc import Iterable

from gradlab.linalg._engines import Engine
from gradlab.linalg._rounding_loss import warn_of_lost_digits
from gradlab.linalg.graded import graded_product
from gradlab.typing import Array, Vector

__all__ = ["log_singular_values"]


def log_singular_values(factors: Iterable[Array], *, engine: Engine = "auto") -> Vector:
    """Return ln σ_1 >= … >= ln σ_n of the product J_T ⋯ J_1 of `factors`.

    Parameters
    ----------
    factors : (T, n, n) array_like, or an iterable of (n, n) arrays
        Real or complex, finite, in time order: ``factors[0]`` acts first.
    engine : {"auto", "numpy", "numba"}
        As for `gradlab.linalg.graded_product`, which see for method and errors.

    Returns
    -------
    (n,) ndarray
        Nats, descending; −inf exactly as often as the rank falls short of n.

    Warns
    -----
    LostDigitsWarning
        If rounding may have moved them by more than 1e-5 nats per factor.

    Examples
    --------
    A shear keeps area, so its singular values are inverse to each other, and
    ln σ = ± asinh(T/2):

    >>> log_singular_values([[[1.0, 0.0], [1.0, 1.0]]] * 1000).round(10).tolist()
    [6.907756279, -6.907756279]
    """
    product = graded_product(factors, engine=engine)
    warn_of_lost_digits(product.uncertainty, product.steps)
    return product.log_singular_values()
