"""What every lag carries of the gradient of the next character, and each window's bias.

Four tanh RNNs with W_hh ~ N(0, g²/n), and an LSTM and a GRU drawn as torch draws them.
"""

import pathlib

from analysis.corpus import CHARACTERS, title
from analysis.readers import reading
from analysis.script import run_data
from analysis.store import save_result
from gradlab.gradients import lag_decomposition

NEEDS = ("text",)
SEED = 1
KINDS = {
    "rnn_g0p5": "0.5",
    "rnn_g1": "1",
    "rnn_g1p2": "1.2",
    "rnn_g2": "2",
    "lstm": "lstm",
    "gru": "gru",
}
FULL = {"n": 64, "steps": CHARACTERS}
QUICK = {"n": 24, "steps": 200}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    written = []
    for name, kind in KINDS.items():
        found = lag_decomposition(reading(kind, **sizes, seed=SEED))
        parameters = {**sizes, "cell": name, "text": title(), "quick": quick}
        place = f"lag_share-{name}"
        written += save_result(place, found, seed=SEED, parameters=parameters)
    return written


if __name__ == "__main__":
    run_data(main)
