"""Whole Lyapunov spectra of random RNNs of finite size beside those of n → ∞.

a: four activations under white input.  b: tanh without input at three sizes, to see
how deviations fall with n.  c: dimension and entropy per unit against the gain.
"""

import pathlib

import numpy as np

from analysis.script import run_data
from analysis.store import save_table
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.exponents import LyapunovSpectrum, lyapunov_spectrum
from gradlab.meanfield import mean_field_attractor, mean_field_spectrum

NEEDS = ()
SEED = 11
FULL = {
    "units": 128,
    "repeats": 3,
    "sizes": [50, 100, 200],
    "networks": [24, 12, 6],
    "gain": 3.0,
    "extensive": [50, 200],
    "runs": 3,
    "steps": 500,
    "burn_in": 200,
    "input_variance": 0.3,
}
QUICK = {**FULL, "units": 20, "repeats": 2, "sizes": [8, 16, 32], "networks": [3, 3, 3]}
QUICK |= {"extensive": [8, 16], "steps": 120, "burn_in": 40}
CELLS = {"identity": 0.9, "gelu": 1.0, "tanh": 2.0, "erf": 2.0}
GAINS = np.array([1.5, 2.0, 3.0, 4.0, 5.0])
FINE_GAINS = np.unique(np.concatenate([np.linspace(1.02, 5.1, 24), GAINS]))


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    table = {"gains": GAINS, "fine_gains": FINE_GAINS}
    table |= activations(sizes) | finite_sizes(sizes) | extensive(sizes)
    parameters = {**sizes, "quick": quick, "cells": CELLS}
    return save_table("spectrum_theory", table, seed=SEED, parameters=parameters)


def activations(sizes: dict) -> dict[str, np.ndarray]:
    """Return spectra (repeats, n) of every activation, and the theory at x_i."""
    table, variance = {}, sizes["input_variance"]
    places = middles(sizes["units"])
    for name, gain in CELLS.items():
        found = [
            spectrum(name, sizes["units"], gain, k, sizes, variance).exponents
            for k in range(sizes["repeats"])
        ]
        table[f"measured_{name}"] = np.array(found)
        curve = mean_field_spectrum(name, places, gain=gain, input_variance=variance)
        table[f"theory_{name}"] = curve.exponents
    return table


def finite_sizes(sizes: dict) -> dict[str, np.ndarray]:
    """Return λ_i − λ(x_i) for every size (networks, n)."""
    table, gain = {}, sizes["gain"]
    for n, networks in zip(sizes["sizes"], sizes["networks"], strict=True):
        exact = mean_field_spectrum("tanh", middles(n), gain=gain)
        found = [
            spectrum("tanh", n, gain, k, sizes).exponents - exact.exponents
            for k in range(networks)
        ]
        table[f"deviation_{n}"] = np.array(found)
    return table


def middles(n: int) -> np.ndarray:
    """Return the places x_i = (i − ½)/n of n exponents."""
    return (np.arange(n) + 0.5) / n


def extensive(sizes: dict) -> dict[str, np.ndarray]:
    """Return dimension and entropy per unit (gains, networks, 2), and the theory."""
    table = {}
    for n in sizes["extensive"]:
        table[f"attractor_{n}"] = np.array(
            [[per_unit(n, g, k, sizes) for k in range(sizes["runs"])] for g in GAINS]
        )
    exact = [mean_field_attractor("tanh", gain=g) for g in FINE_GAINS]
    table["theory_attractor"] = np.array([(e.dimension, e.entropy) for e in exact])
    return table


def per_unit(n: int, gain: float, k: int, sizes: dict) -> tuple[float, float]:
    found = spectrum("tanh", n, gain, 1000 + k, sizes)
    return found.kaplan_yorke.value / n, found.entropy_rate.value / n


def spectrum(
    name: str, n: int, gain: float, k: int, sizes: dict, input_variance: float = 0.0
) -> LyapunovSpectrum:
    rng = np.random.default_rng([SEED, n, round(1000 * gain), k, len(name)])
    W = gain / np.sqrt(n) * rng.standard_normal((n, n))
    # Every unit has its own white input; without any there is nothing to draw.
    m = n if input_variance else 0
    drive = np.sqrt(input_variance) * np.eye(n)[:, :m]
    steps = sizes["burn_in"] + sizes["steps"]
    cell = RNN(W, drive, np.zeros(n), activation=name)
    trajectory = run(cell, rng.standard_normal(n), rng.standard_normal((steps, m)))
    return lyapunov_spectrum(trajectory, burn_in=sizes["burn_in"])


if __name__ == "__main__":
    run_data(main)
