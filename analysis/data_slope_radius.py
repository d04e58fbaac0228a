"""Growth over all slopes of tanh and ReLU networks as they are initialised."""

import pathlib

import numpy as np

from analysis.script import run_data
from analysis.store import save_table
from gradlab.linalg import gaussian, slope_radius, spectral_norm, uniform

NEEDS = ()
SEED = 11
FULL = {"n": 16, "draws": 10}
QUICK = {"n": 8, "draws": 3}
INITS = {"default": uniform, "gaussian": gaussian}  # torch.nn.RNN's, and N(0, 1/n)


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    table = {}
    for name, draw in INITS.items():
        rng = np.random.default_rng(SEED)
        rows = [
            measured(draw(sizes["n"], gain=1.0, rng=rng)) for _ in range(sizes["draws"])
        ]
        table[name] = np.array(rows)
    parameters = {**sizes, "quick": quick}
    return save_table("slope_radius", table, seed=SEED, parameters=parameters)


def measured(W: np.ndarray) -> tuple[float, float, float, float, float]:
    """Return ρ(|W|), ‖W‖, the bound of scaled units, and the bracket of all slopes."""
    sizes = np.abs(np.linalg.eigvals(np.abs(W))).max()
    units = slope_radius(W, max_ellipsoid=0)
    found = slope_radius(W)
    return sizes, spectral_norm(W), units.upper, found.lower, found.upper


if __name__ == "__main__":
    run_data(main)
