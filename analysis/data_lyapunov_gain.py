"""λ_1 and whole spectra of random tanh RNNs without input, beside mean-field theory.

W_hh ~ N(0, g²/n); every point is a mean over independent networks and its standard
error comes from their scatter.
"""

import pathlib

import numpy as np

from analysis.script import run_data
from analysis.store import save_table
from gradlab.cells import RNN
from gradlab.dynamics import Trajectory, run
from gradlab.exponents import lyapunov_spectrum
from gradlab.meanfield import mean_field_exponent, mean_field_spectrum

NEEDS = ()
SEED = 7
FULL = {"sizes": [50, 200], "networks": 8, "steps": 1000, "burn_in": 500}
QUICK = {"sizes": [20, 50], "networks": 3, "steps": 300, "burn_in": 100}
GAINS = np.array([0.6, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 2.0, 2.5, 3.0])
SPECTRUM_GAINS = np.array([0.8, 1.5, 2.0, 3.0])
FINE_GAINS = np.unique(np.concatenate([np.linspace(0.55, 3.1, 52), GAINS]))
PLACES = np.linspace(0.0, 0.9975, 60)


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    table = {"gains": GAINS, "spectrum_gains": SPECTRUM_GAINS, **theory()}
    for n in sizes["sizes"]:
        found = [leading(n, gain, sizes) for gain in GAINS]
        table[f"leading_{n}"] = np.array(found)  # (gains, networks)
    largest = sizes["sizes"][-1]
    found = [spectra(largest, gain, sizes) for gain in SPECTRUM_GAINS]
    table["spectra"] = np.array(found)  # (gains, networks, n)
    parameters = {**sizes, "quick": quick}
    return save_table("lyapunov_gain", table, seed=SEED, parameters=parameters)


def leading(n: int, gain: float, sizes: dict) -> np.ndarray:
    """Return λ_1 of each of the networks, nats per step."""
    runs = (network(n, gain, k, sizes) for k in range(sizes["networks"]))
    burn_in = sizes["burn_in"]
    found = [lyapunov_spectrum(r, k=1, burn_in=burn_in) for r in runs]
    return np.array([spectrum.exponents[0] for spectrum in found])


def spectra(n: int, gain: float, sizes: dict) -> np.ndarray:
    """Return the n exponents of each of the networks (networks, n)."""
    runs = (network(n, gain, k, sizes) for k in range(sizes["networks"]))
    burn_in = sizes["burn_in"]
    return np.array([lyapunov_spectrum(r, burn_in=burn_in).exponents for r in runs])


def network(n: int, gain: float, k: int, sizes: dict) -> Trajectory:
    # A seed that is a tuple of all that varies: no two runs share their numbers.
    rng = np.random.default_rng([SEED, n, round(1000 * gain), k])
    cell = RNN.random(n, 0, gain=gain, rng=rng)
    steps = sizes["burn_in"] + sizes["steps"]
    return run(cell, rng.standard_normal(n), np.zeros((steps, 0)))


def theory() -> dict[str, np.ndarray]:
    exponents = [mean_field_exponent("tanh", gain=g).exponent for g in FINE_GAINS]
    curves = [
        mean_field_spectrum("tanh", PLACES, gain=g).exponents for g in SPECTRUM_GAINS
    ]
    return {
        "theory_gains": FINE_GAINS,
        "theory": np.array(exponents),
        "places": PLACES,
        "theory_spectra": np.array(curves),
    }


if __name__ == "__main__":
    run_data(main)
