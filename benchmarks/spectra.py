"""Lyapunov spectra and singular values of products beside what others do, and misses.

Every time is that of the whole call, from a stored run to the exponents, in CPU seconds
a step on one thread; all ways of a work alternate.  Loops in Python go through the
first steps of the run only, where it is long.
"""

import functools
import importlib.util
from collections.abc import Mapping

import numpy as np

from benchmarks import peers
from benchmarks.claims import claims_on, print_claims
from benchmarks.clock import Work, medians
from benchmarks.record import LIBRARIES, print_missing
from benchmarks.works import Measured, Works, measure
from gradlab.cells import GRU, LSTM, RNN, AbstractCell, Henon
from gradlab.dynamics import Trajectory, run
from gradlab.exponents import lyapunov_spectra, lyapunov_spectrum
from gradlab.linalg import log_singular_values, orthogonal

__all__ = ["main", "works"]

ROUNDS, GAIN = 5, 3.0
STEPS = {2: 200_000, 8: 20_000, 32: 4_000, 100: 640, 200: 192, 500: 96}
LOOPED = {2: 2_000, 8: 1_000, 32: 1_000}  # steps of loops in Python
THIN = (500, 10)
BATCH = (1024, 300)  # systems of two units, steps
PRODUCTS = {16: 5_000, 64: 1_000, 256: 100}
BLOCK = 32  # steps at least, so that the QR at its end weighs little
ENGINES = {"gradlab": "numba", "gradlab without numba": "numpy"}
if not importlib.util.find_spec("numba"):
    del ENGINES["gradlab"]
LOOPS: Mapping[str, peers.Maker] = {
    "NumPy QR": peers.numpy_qr,
    "LAPACK QR": peers.scipy_qr,
    "torch.func": peers.torch_jacrev,
    "lyapynov": peers.lyapynov_lce,
}
COMPILED: Mapping[str, peers.Maker] = {
    "JAX scan": peers.jax_scan,
    "pynamicalsys": peers.pynamicalsys_qr,
}
TOO_SLOW = {(name, n) for name in ("torch.func", "pynamicalsys") for n in (200, 500)}


def main() -> None:
    """Print all times, the ratios that are to be reached, and what was left out."""
    found = measure("spectra", works())
    print_claims(found, claims_on(found))
    print_missing()


def works() -> Works:
    """Return what is measured: its name, and a call for seconds a step by way."""
    spectra = {f"spectrum, n = {n}": functools.partial(spectrum, n) for n in STEPS}
    products = {f"product, n = {n}": functools.partial(product, n) for n in PRODUCTS}
    cells = {
        f"spectrum of {name}": functools.partial(standard_cell, cell)
        for name, cell in standard_cells().items()
    }
    n, k = THIN
    return {
        **spectra,
        f"leading {k} of n = {n}": thin,
        f"{BATCH[0]:,} systems of n = 2": batch,
        **cells,
        **products,
    }


def spectrum(n: int) -> Measured:
    """Return the seconds a step of all exponents of a tanh network, by way."""
    T = STEPS[n]
    few = min(LOOPED.get(n, T), T)
    orbit = tanh_orbit(n, T)
    W, states = orbit.cell.W_hh, orbit.states
    every = dict(COMPILED)
    if n == 2:
        every["pynamicalsys ER"] = peers.pynamicalsys_er
    ways = ours(orbit) | made(every, W, states, n)
    ways |= made(LOOPS, W, states[: few + 1], n)
    still = np.broadcast_to(orthogonal(n, gain=1.0, rng=0), (few, n, n))
    ways["bare product"] = peers.bare_product(still)
    lengths = dict.fromkeys((*LOOPS, "bare product"), few)
    return per_step(ways, T, lengths)


def thin() -> Measured:
    """Return those of a few leading exponents of a large network."""
    n, k = THIN
    T = STEPS[n]
    orbit = tanh_orbit(n, T)
    loop = peers.numpy_thin(orbit.cell.W_hh, orbit.states, k)
    return per_step({"gradlab": exponents(orbit, k=k), "NumPy QR": loop}, T)


def batch() -> Measured:
    """Return those of many networks with the same weights, a step of one system."""
    systems, T = BATCH
    cell = RNN.random(2, 0, gain=GAIN, rng=1)
    h = np.random.default_rng(0).normal(size=(systems, 2))
    orbit = run(cell, h, np.zeros((T, systems, 0)))
    makers = {"NumPy QR": peers.numpy_batch, "JAX vmap": peers.jax_batch}
    ways = made(makers, cell.W_hh, orbit.states, 2)
    for name, engine in ENGINES.items():
        ways[name] = exponents(orbit, engine=engine)
    return per_step(ways, systems * T)


def standard_cells() -> dict[str, AbstractCell]:
    """Return cells of other kinds than a tanh network."""
    return {
        "an LSTM, 64 states": LSTM.random(32, 4, gain=2.0, rng=1),
        "a GRU, n = 64": GRU.random(64, 4, gain=2.0, rng=1),
        "Hénon's map": Henon(),
    }


def standard_cell(cell: AbstractCell) -> Measured:
    """Return those of a cell, beside a QR at every step of the Jacobians it states."""
    n, m = cell.sizes
    T = 50_000 if n == 2 else 1_000
    few = min(T, 2_000)
    rng = np.random.default_rng(0)
    orbit = run(cell, np.zeros(n), rng.normal(size=(T, m)))

    def loop() -> object:
        stored = Trajectory(cell, orbit.states[: few + 1], orbit.inputs[:few])
        return qr_at_every_step(stored.chain.factors())

    return per_step(ours(orbit) | {"NumPy QR": loop}, T, {"NumPy QR": few})


def product(n: int) -> Measured:
    """Return the seconds a factor of all singular values of a Gaussian product.

    QR at every step gives exponents, not singular values, and is there for its time.
    """
    T = PRODUCTS[n]
    factors = np.random.default_rng(0).normal(size=(T, n, n)) / np.sqrt(n)
    ways: dict[str, Work] = {
        name: functools.partial(log_singular_values, factors, engine=engine)
        for name, engine in ENGINES.items()
    }
    ways["NumPy QR"] = functools.partial(qr_at_every_step, factors)
    ways["bare product"] = peers.bare_product(factors)
    return per_step(ways, T)


def qr_at_every_step(factors: np.ndarray) -> np.ndarray:
    """Return sums of ln|r_ii| of the textbook's recursion."""
    Q, total = np.eye(factors.shape[1]), np.zeros(factors.shape[1])
    for J in factors:
        Q, R = np.linalg.qr(J @ Q)
        total += np.log(np.abs(np.diag(R)))
    return total


def tanh_orbit(n: int, T: int) -> Trajectory:
    """Return T steps of a random tanh network, after some that settle it."""
    cell = RNN.random(n, 0, gain=GAIN, rng=1)
    h = np.random.default_rng(0).normal(size=n)
    return run(cell, run(cell, h, np.zeros((100, 0))).states[-1], np.zeros((T, 0)))


def ours(orbit: Trajectory) -> dict[str, Work]:
    """Return all exponents by both engines."""
    return {name: exponents(orbit, engine=way) for name, way in ENGINES.items()}


def exponents(orbit: Trajectory, **options: object) -> Work:
    """Return the work of finding them, from the states on."""
    blocks = max(1, min(32, len(orbit) // BLOCK))

    def work() -> object:
        # Anew, for a trajectory keeps its Jacobians.
        stored = Trajectory(orbit.cell, orbit.states, orbit.inputs)
        found = lyapunov_spectra if orbit.batch else lyapunov_spectrum
        return found(stored, blocks=blocks, **options)

    return work


def made(
    makers: Mapping[str, peers.Maker], W: np.ndarray, states: np.ndarray, n: int
) -> dict[str, Work]:
    """Return the peers that are installed and can do it in reasonable time."""
    found = {}
    for name, maker in makers.items():
        if (name, n) in TOO_SLOW:
            continue
        try:
            found[name] = maker(W, states)
        except ModuleNotFoundError as error:
            if error.name not in LIBRARIES:
                raise
    return found


def per_step(
    ways: Mapping[str, Work], steps: int, others: Mapping[str, int] | None = None
) -> Measured:
    """Return medians divided by the steps that each way goes."""
    lengths = dict.fromkeys(ways, steps) | dict(others or {})
    found = medians(ways, rounds=ROUNDS)
    return Measured({name: spent / lengths[name] for name, spent in found.items()})


if __name__ == "__main__":
    main()
