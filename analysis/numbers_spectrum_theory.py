"""Numbers of whole spectra: how far finite networks are from the theory of n → ∞."""

import math

import numpy as np

from analysis.rounding import Number, count, measured, rounded
from analysis.store import load_table

__all__ = ["spectrum_theory_numbers"]


def spectrum_theory_numbers() -> list[Number]:
    table, sizes = load_table("spectrum_theory")
    found = [count(f"spectrum.{name}", sizes[name]) for name in ("units", "repeats")]
    found += [count("spectrum.runs", sizes["runs"]), gain_of(sizes)]
    for place, n, networks in zip(
        ("small", "middle", "large"), sizes["sizes"], sizes["networks"], strict=True
    ):
        top = n * table[f"deviation_{n}"][:, 0]
        error = float(top.std(ddof=1)) / math.sqrt(networks)
        found += [
            count(f"spectrum.{place}.n", n),
            count(f"spectrum.{place}.networks", networks),
            measured(f"spectrum.{place}.top", float(top.mean()), error),
        ]
    gap = max(largest_gap(table, name, sizes["units"]) for name in sizes["cells"])
    meaning = "whole spectra: λ_i off the theory of n → ∞, with its O(1/n) taken away"
    z = rounded("spectrum.z", extrapolated_z(table, sizes["sizes"][-2:]), 2, meaning)
    return [
        *found,
        rounded("spectrum.gap", gap, 2),
        z,
        *attractor_numbers(table, sizes),
    ]


def gain_of(sizes: dict) -> Number:
    return rounded("spectrum.gain", sizes["gain"], 1)


def inner(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of n exponents, and which are 0.05 or more from the ends."""
    places = (np.arange(n) + 0.5) / n
    return places, (places > 0.05) & (places < 0.95)


def largest_gap(table: dict, name: str, n: int) -> float:
    """Return the largest |mean λ_i − λ(x_i)| away from the ends."""
    _, kept = inner(n)
    gap = table[f"measured_{name}"].mean(axis=0) - table[f"theory_{name}"]
    return float(np.abs(gap)[kept].max())


def extrapolated_z(table: dict, sizes: list[int]) -> float:
    """Return the rms of 2 δ_{2n} − δ_n in standard errors; 1 if all else is O(1/n²)."""
    small, large = (table[f"deviation_{n}"] for n in sizes)
    places, kept = inner(sizes[1])
    on_large = np.array([np.interp(places, inner(sizes[0])[0], row) for row in small])
    value = 2 * large.mean(axis=0) - on_large.mean(axis=0)
    variance = 4 * large.var(axis=0, ddof=1) / len(large)
    variance += on_large.var(axis=0, ddof=1) / len(on_large)
    return float(np.sqrt(np.mean(np.square(value)[kept] / variance[kept])))


def attractor_numbers(table: dict, sizes: dict) -> list[Number]:
    """Return dimension and entropy per unit at gain 3, measured and exact."""
    (at,) = np.flatnonzero(table["gains"] == 3.0)
    (fine,) = np.flatnonzero(table["fine_gains"] == 3.0)
    found = []
    for column, name in enumerate(("dimension", "entropy")):
        exact = float(table["theory_attractor"][fine, column])
        found.append(rounded(f"spectrum.{name}", exact, 4))
        for n in sizes["extensive"]:
            values = table[f"attractor_{n}"][at, :, column]
            error = float(values.std(ddof=1)) / math.sqrt(len(values))
            size = "small" if n == sizes["extensive"][0] else "large"
            found.append(measured(f"spectrum.{size}.{name}", values.mean(), error))
    found += [count("spectrum.extensive.small", sizes["extensive"][0])]
    return [*found, count("spectrum.extensive.large", sizes["extensive"][1])]
