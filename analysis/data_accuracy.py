"""Error of ln|r_ii| along graded chains, by five ways, against exact enclosures.

The factors are float64, taken as the exact dyadic numbers they are.  With P = J_T ⋯ J_1
times a start frame, (r_11 ⋯ r_ii)² is the i-th leading minor of PᵀP, in balls whose
precision is doubled until every logarithm is known to 15 digits.
"""

import pathlib
import warnings
from collections.abc import Callable, Iterator

import flint
import numpy as np
from scipy.linalg import solve_triangular

from analysis.script import run_data
from analysis.store import save_table
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import LostDigitsWarning
from gradlab.linalg import block_log_growths, gaussian, orthogonal

NEEDS = ()
SEED = 21
FULL = {"n": 20, "steps": 60, "seeds": 3}
QUICK = {"n": 8, "steps": 30, "seeds": 2}
GRID = {
    "gain": (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0),
    "grading": (1.0, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12),
    "coupling": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
}
EVERY = 10


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    table = {}
    for family, places in GRID.items():
        table[family] = np.array(places)
        worst = [errors(family, place, sizes) for place in places]
        for way in WAYS:
            table[f"{family}_{way}"] = np.array([found[way] for found in worst])
    table["condition"] = np.array([condition(c, sizes) for c in GRID["coupling"]])
    parameters = {**sizes, "every": EVERY, "quick": quick}
    return save_table("accuracy", table, seed=SEED, parameters=parameters)


def errors(family: str, place: float, sizes: dict) -> dict[str, list[float]]:
    """Return the largest error in nats of each way, one for each seed."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for seed in range(sizes["seeds"]):
        rng = np.random.default_rng([SEED, seed])
        factors = FAMILIES[family](place, sizes["n"], sizes["steps"], rng)
        Q = orthogonal(sizes["n"], gain=1.0, rng=rng)
        exact = exact_growths(factors, Q)
        for way, growths in WAYS.items():
            error = np.abs(quietly(growths, factors, Q) - exact).max()
            found[way].append(float(error) if np.isfinite(error) else np.inf)
    return found


def quietly(growths: Callable, factors: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Return growths that warn of nothing: what they lose is what is measured."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", LostDigitsWarning)
        return growths(factors, Q)


def saturated(gain: float, n: int, T: int, rng: np.random.Generator) -> np.ndarray:
    """Return the Jacobians of a tanh network; the gain makes its rows uneven."""
    cell = RNN.random(n, 0, gain=gain, rng=rng)
    return run(cell, rng.normal(size=n), np.zeros((T, 0))).chain.factors()


def graded(ratio: float, n: int, T: int, rng: np.random.Generator) -> np.ndarray:
    """Return Gaussian factors whose rows and columns shrink from 1 to the ratio."""
    sizes = ratio ** np.linspace(0, 1, n)
    factors = [gaussian(n, gain=1.0, rng=rng) for _ in range(T)]
    return sizes[:, None] * np.array(factors) * sizes


def triangular(coupling: float, n: int, T: int, rng: np.random.Generator) -> np.ndarray:
    """Return 0.9 I plus a coupling above the diagonal: far from normal."""
    above = np.triu(rng.normal(size=(T, n, n)), 1)
    return 0.9 * np.eye(n) + coupling * above


def condition(coupling: float, sizes: dict) -> float:
    """Return the median of ‖|J⁻¹||J|‖, which row scaling does not change."""
    rng = np.random.default_rng([SEED, 0])
    factors = triangular(coupling, sizes["n"], sizes["steps"], rng)
    eye = np.eye(sizes["n"])
    sums = [np.abs(solve_triangular(J, eye)) @ np.abs(J).sum(axis=1) for J in factors]
    return float(np.median(np.max(sums, axis=1)))


def exact_growths(factors: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Return ln|r_ii|, from enclosures."""
    precision = 512
    while precision <= 2**18:
        enclosures = list(_enclosures(factors, Q, precision))
        if all(x.rel_accuracy_bits() > 50 for x in enclosures):
            return np.array([float(x) for x in enclosures])
        precision *= 2
    message = f"{precision} bits do not tell the minors from 0."
    raise ArithmeticError(message)


def _enclosures(
    factors: np.ndarray, Q: np.ndarray, precision: int
) -> Iterator[flint.arb]:
    with flint.ctx.workprec(precision):
        product = flint.arb_mat(Q.tolist())
        for J in factors:
            product = flint.arb_mat(J.tolist()) * product
        rest = product.transpose() * product
        n = rest.nrows()
        for k in range(n):  # Cholesky: the pivots are r_kk²
            pivot = rest[k, k]
            yield pivot.log() / 2 if pivot > 0 else flint.arb.nan()
            for i in range(k + 1, n):
                share = rest[i, k] / pivot
                for j in range(k + 1, i + 1):
                    rest[i, j] -= share * rest[j, k]


def by_lu(factors: np.ndarray, Q: np.ndarray) -> np.ndarray:
    return block_log_growths(factors, block=len(factors), frame=Q)[0]


def by_qr(factors: np.ndarray, Q: np.ndarray, *, every: int = 1) -> np.ndarray:
    total = np.zeros(len(Q))
    for start in range(0, len(factors), every):
        for J in factors[start : start + every]:
            Q = J @ Q
        Q, R = np.linalg.qr(Q)
        total += np.log(np.abs(np.diag(R)))
    return total


def by_sorted_qr(factors: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Return what QR finds when the largest rows go first."""
    total = np.zeros(len(Q))
    for J in factors:
        moved = J @ Q
        order = np.argsort(-np.abs(moved).max(axis=1))
        Q = np.empty_like(moved)
        Q[order], R = np.linalg.qr(moved[order])
        total += np.log(np.abs(np.diag(R)))
    return total


FAMILIES: dict[str, Callable[..., np.ndarray]] = {
    "gain": saturated,
    "grading": graded,
    "coupling": triangular,
}
WAYS: dict[str, Callable[..., np.ndarray]] = {
    "lu": by_lu,
    "qr": by_qr,
    "sorted": by_sorted_qr,
    "seldom": lambda factors, Q: by_qr(factors, Q, every=EVERY),
    "naive": lambda factors, Q: by_qr(factors, Q, every=len(factors)),
}

if __name__ == "__main__":
    run_data(main)
