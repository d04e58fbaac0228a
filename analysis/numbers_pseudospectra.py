"""Numbers of the trained recurrent matrix: its radii, its transient, Kreiss' bounds."""

import math

from analysis.paths import DATA
from analysis.rounding import Number, count, rounded
from analysis.store import load_table
from gradlab.linalg import PowerNorms

__all__ = ["pseudospectra_numbers"]

STAGES = ("untrained", "trained")
KEYS = {
    "spectral_radius": "rho",
    "norm": "norm",
    "numerical_radius": "w",
    "departure": "departure",
    "reach": "reach",
}


def pseudospectra_numbers() -> list[Number]:
    table, sizes = load_table("pseudospectra-table")
    found = [count(f"spectra.{key}", sizes[key]) for key in ("n", "updates")]
    found.append(rounded("spectra.gain", sizes["gain"], 1))
    found.append(rounded("spectra.eps", sizes["eps"], 1))
    for row, stage in enumerate(STAGES):
        found += [
            rounded(f"spectra.{stage}.{key}", float(table[name][row]), 3)
            for name, key in KEYS.items()
        ]
        found += power_numbers(stage)
    return found


def power_numbers(stage: str) -> list[Number]:
    powers = PowerNorms.load(DATA / f"pseudospectra-powers_{stage}")
    key = f"spectra.{stage}"
    low, high = powers.log_bounds
    shown = stage == "trained"
    meaning = "trained RNN: largest norm of a power of W" if shown else ""
    kreiss = "trained RNN: Kreiss constant of W" if shown else ""
    return [
        rounded(f"{key}.peak", math.exp(powers.peak), 3, meaning),
        count(f"{key}.step", powers.peak_step),
        rounded(f"{key}.kreiss", math.exp(low), 4, kreiss),
        rounded(f"{key}.most", math.exp(high), 3),
        count(f"{key}.levels", powers.kreiss.level_sets),
    ]
