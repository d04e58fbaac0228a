"""All singular values of ∂h_T/∂h_t of five cells that read a text, with their λ_1.

Three tanh RNNs with W_hh ~ N(0, g²/n), and an LSTM and a GRU drawn as torch draws them.
"""

import pathlib

import numpy as np

from analysis.corpus import CHARACTERS, opening, title
from analysis.script import run_data
from analysis.store import save_result
from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.gradients import profile

NEEDS = ("text",)
SEED = 1
FULL = {"n": 64, "steps": CHARACTERS, "burn_in": 100}
QUICK = {"n": 24, "steps": 400, "burn_in": 100}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    inputs = opening(sizes["steps"])
    lags = [1, *range(4, sizes["steps"] + 1, 4)]
    written = []
    for name, cell in cells(sizes["n"], inputs.shape[1]).items():
        trajectory = run(cell, np.zeros(cell.sizes[0]), inputs)
        found = {
            "profile": profile(trajectory, lags=lags),
            # λ_1 is a rate of the long run: the start from h_0 = 0 is not counted.
            "spectrum": lyapunov_spectrum(trajectory, k=1, burn_in=sizes["burn_in"]),
        }
        parameters = {**sizes, "cell": name, "text": title(), "quick": quick}
        for part, result in found.items():
            place = f"gradient_profile-{part}_{name}"
            written += save_result(place, result, seed=SEED, parameters=parameters)
    return written


def cells(n: int, m: int) -> dict[str, AbstractCell]:
    return {
        "rnn_g0p5": RNN.random(n, m, gain=0.5, rng=SEED),
        "rnn_g1": RNN.random(n, m, gain=1.0, rng=SEED),
        "rnn_g2": RNN.random(n, m, gain=2.0, rng=SEED),
        "lstm": LSTM.random(n, m, gain=1.0, rng=SEED, init="torch"),
        "gru": GRU.random(n, m, gain=1.0, rng=SEED, init="torch"),
    }


if __name__ == "__main__":
    run_data(main)
