"""Error of four ways to ln σ_i(J_T ⋯ J_1), against rigorous enclosures, as T grows.

The factors are float64 Jacobians of a tanh RNN; taken as the exact dyadic numbers they
are, their product's singular values are enclosed by balls whose precision is doubled
until every ln σ_i is known to 15 digits.
"""

import pathlib

import flint
import numpy as np

from analysis.script import run_data
from analysis.store import save_table
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.linalg import log_singular_values

NEEDS = ()
SEED = 20
FULL = {"n": 12, "gain": 0.5, "longest": 2000, "lengths": 23}
QUICK = {"n": 8, "gain": 0.5, "longest": 300, "lengths": 12}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    factors = jacobians(sizes["n"], sizes["gain"], sizes["longest"])
    lengths = np.unique(np.geomspace(1, sizes["longest"], sizes["lengths"]).round())
    lengths = lengths.astype(int)
    table = {"lengths": lengths}
    table |= {
        name: np.array([way(factors[:T]) for T in lengths])
        for name, way in WAYS.items()
    }
    parameters = {**sizes, "quick": quick}
    return save_table("long_products", table, seed=SEED, parameters=parameters)


def jacobians(n: int, gain: float, steps: int) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    cell = RNN.random(n, 1, gain=gain, rng=rng)
    trajectory = run(cell, np.zeros(n), rng.standard_normal((steps, 1)))
    return trajectory.chain.factors()


def exact(factors: np.ndarray) -> np.ndarray:
    """Return ln σ_i, descending, from enclosures of the eigenvalues of PᵀP."""
    precision = max(128, 4 * len(factors))
    while precision <= 2**20:
        enclosures = _enclosures(factors, precision)
        if all(x.rel_accuracy_bits() > 53 for x in enclosures):
            return np.sort([float(x) for x in enclosures])[::-1]
        precision *= 2
    message = f"{precision} bits do not separate the singular values."
    raise ArithmeticError(message)


def _enclosures(factors: np.ndarray, precision: int) -> list[flint.arb]:
    with flint.ctx.workprec(precision):
        product = flint.arb_mat(factors[0].tolist())
        for J in factors[1:]:
            product = flint.arb_mat(J.tolist()) * product
        gram = flint.acb_mat(product.transpose() * product)
        try:
            squares = [x.real for x in gram.eig()]
        except ValueError:  # the balls are too wide to tell the eigenvalues apart
            return [flint.arb.nan()]
        return [x.log() / 2 if x > 0 else flint.arb.nan() for x in squares]


def naive(factors: np.ndarray) -> np.ndarray:
    product = np.eye(factors.shape[1])
    for J in factors:
        product = J @ product
    return _logs(np.linalg.svd(product, compute_uv=False))


def rescaled(factors: np.ndarray) -> np.ndarray:
    product, total = np.eye(factors.shape[1]), 0.0
    for J in factors:
        product = J @ product
        scale = np.abs(product).max()
        product, total = product / scale, total + np.log(scale)
    return total + _logs(np.linalg.svd(product, compute_uv=False))


def qr_diagonal(factors: np.ndarray) -> np.ndarray:
    Q, total = np.eye(factors.shape[1]), np.zeros(factors.shape[1])
    for J in factors:
        Q, R = np.linalg.qr(J @ Q)
        total += np.log(np.abs(np.diag(R)))
    return np.sort(total)[::-1]


def _logs(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(values)


WAYS = {
    "exact": exact,
    "naive": naive,
    "rescaled": rescaled,
    "qr_diagonal": qr_diagonal,
    "graded": log_singular_values,
}

if __name__ == "__main__":
    run_data(main)
