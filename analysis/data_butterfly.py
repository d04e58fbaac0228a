"""The butterfly in a recurrent network that reads a text.

Twin runs beside λ_1, the influence of every character on the last output, and one
changed first character, for tanh RNNs of three gains.
"""

import pathlib

import numpy as np

from analysis.corpus import CHARACTERS, opening, title
from analysis.script import run_data
from analysis.store import save_result
from gradlab.butterfly import flip, influence, twins
from gradlab.cells import RNN
from gradlab.dynamics import Trajectory, run
from gradlab.exponents import lyapunov_spectrum

NEEDS = ("text",)
SEED = 1
GAINS = (0.5, 1.0, 2.0)
CHAOTIC = GAINS[-1]
BURN_IN = 100  # λ_1 is a rate of the long run: the start is not counted
FULL = {"n": 64, "steps": CHARACTERS, "pairs": 8, "separation": 1e-12}
QUICK = {"n": 24, "steps": 400, "pairs": 3, "separation": 1e-12}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    written = []
    for gain in GAINS:
        parameters = {**sizes, "gain": gain, "text": title(), "quick": quick}
        for part, result in measured(gain, sizes).items():
            name = f"butterfly-{part}_{name_of(gain)}"
            written += save_result(name, result, seed=SEED, parameters=parameters)
    return written


def measured(gain: float, sizes: dict) -> dict:
    trajectory, readout = reader(gain, sizes)
    other = np.roll(trajectory.inputs[0], 1)  # the next letter of the alphabet
    spectrum = lyapunov_spectrum(trajectory, k=1, burn_in=BURN_IN)
    results = {
        "spectrum": spectrum,
        "influence": influence(trajectory, readout),
        "flip": flip(
            trajectory.cell,
            trajectory.states[0],
            trajectory.inputs,
            readout,
            position=1,
            replacement=other,
        ),
    }
    pairs = range(sizes["pairs"]) if gain == CHAOTIC else range(1)
    for seed in pairs:
        results[f"twins{seed}"] = twins(
            trajectory.cell,
            trajectory.states[0],
            trajectory.inputs,
            separation=sizes["separation"],
            rng=seed,
        )
    return results


def reader(gain: float, sizes: dict) -> tuple[Trajectory, np.ndarray]:
    """Return a run over the text and a random readout, one output a symbol."""
    inputs = opening(sizes["steps"])
    n, m = sizes["n"], inputs.shape[1]
    rng = np.random.default_rng(SEED)
    cell = RNN.random(n, m, gain=gain, rng=rng)
    readout = rng.standard_normal((m, n)) / np.sqrt(n)
    return run(cell, np.zeros(n), inputs), readout


def name_of(gain: float) -> str:
    return f"g{gain:g}".replace(".", "p")


if __name__ == "__main__":
    run_data(main)
