"""Numbers of the sweep: how wrong each way is, how long each takes, what is missed."""

import numpy as np

from analysis.paths import KEPT
from analysis.rounding import Number, count, plain_text, rounded
from analysis.store import Table, load_table

__all__ = ["accuracy_numbers", "scaling_numbers", "speed_numbers"]

OTHERS = {
    "NumPy QR": "numpy",
    "JAX scan": "jax",
    "JAX vmap": "jax",
    "pynamicalsys": "mgs",
    "pynamicalsys ER": "er",
    "bare product": "bare",
    "SVD": "svd",
    "EigTool's way": "eigtool",
    "SVD grid": "svd",
    "brute force": "brute",
}
WORKS = {
    "leading 10 of n = 500": "thin",
    "1,024 systems of n = 2": "batch",
    "grid, n = 200, real": "grid.real",
    "grid, n = 200, complex": "grid.complex",
    "Kreiss constant, ρ = 0.9": "kreiss.near",
    "Kreiss constant, ρ = 0.95": "kreiss.nearer",
    "Gripenberg's pair": "pair",
    "norm, n = 4, complex": "norm.complex",
}
NORMS = {
    "real": "norm, n = 3",
    "complex": "norm, n = 4, complex",
    "large": "norm, n = 256",
}
PLAIN = "gradlab without numba"


def accuracy_numbers() -> list[Number]:
    table, sizes = load_table("accuracy")
    found = [count(f"accuracy.{name}", sizes[name]) for name in ("n", "steps", "seeds")]
    graded = max(worst(table, family, "lu").max() for family in ("gain", "grading"))
    meaning = "exponents of graded chains: worst error of T λ"
    found.append(rounded("accuracy.lu", graded, 1, meaning, "nats"))
    found.append(count("accuracy.every", sizes["every"]))
    found += at(table, "gain", 8.0, "eight", ("qr", "sorted"))
    found += at(table, "grading", 1e-12, "graded", ("qr", "sorted"))
    found += at(table, "coupling", 3.0, "three", ("lu", "qr", "sorted"))
    found += at(table, "coupling", 10.0, "ten", ("lu", "qr", "sorted"))
    for name, coupling in (("three", 3.0), ("ten", 10.0)):
        (k,) = np.flatnonzero(table["coupling"] == coupling)
        found.append(rounded(f"accuracy.{name}.condition", table["condition"][k], 1))
    return found


def at(
    table: Table, family: str, place: float, name: str, ways: tuple[str, ...]
) -> list[Number]:
    """Return the worst error of some ways at one place of a family."""
    (k,) = np.flatnonzero(table[family] == place)
    return [
        rounded(f"accuracy.{name}.{way}", worst(table, family, way)[k], 1)
        for way in ways
    ]


def worst(table: Table, family: str, way: str) -> np.ndarray:
    """Return the largest error over the seeds at every place of a family."""
    return table[f"{family}_{way}"].max(axis=1)


def speed_numbers() -> list[Number]:
    """Return the ratios that were kept, and how many are as large as they should be."""
    table, sizes = load_table("speed", KEPT)
    names = ("claim_work", "claim_way", "claim_against", "ratio")
    found = [
        rounded(f"speed.{key(work, way, against)}", float(ratio), 2)
        for work, way, against, ratio in zip(*(table[n] for n in names), strict=True)
    ]
    reached = table["ratio"] >= table["at_least"]
    meaning = "ratios of speed that are reached, as kept"
    found.append(count("speed.reached", int(reached.sum()), meaning))
    found.append(count("speed.asked", len(reached)))
    found.append(count("speed.rounds", sizes["rounds"]))
    found.append(rounded("speed.gain", sizes["gain"], 1))
    for n in (64, 256):
        times = 1 / ratio_of(table, f"product, n = {n}", "bare product")
        found.append(rounded(f"speed.products.{n}", times, 2))
    for name, work in NORMS.items():
        times = 1 / ratio_of(table, work, "SVD")
        found.append(rounded(f"speed.norms.{name}", times, 2))
    libraries = sizes["libraries"]
    return [
        *found,
        *(plain_text(f"speed.{name}", libraries[name]) for name in sorted(libraries)),
    ]


def scaling_numbers() -> list[Number]:
    """Return the powers of n, T and S that costs follow, and the memory of a sweep."""
    table, _ = load_table("scaling", KEPT)
    ours = table["power_way"] == "gradlab"
    pairs = zip(table["power_against"][ours], table["power"][ours], strict=True)
    found = [rounded(f"speed.power.{name}", float(p), 2) for name, p in pairs]
    units = table["size"][table["against"] == "n"]
    found += [count("speed.power.least", units.min())]
    found += [count("speed.power.most", units.max())]
    (k,) = np.flatnonzero(table["memory_work"] == "exponents, n = 100, gradlab")
    mebibytes = float(table["bytes"][k]) / 2**20
    found.append(rounded("speed.memory", mebibytes, 2, "MiB of a sweep, as kept"))
    formed = float(table["formed_mib"][k])
    steps = formed * 2**20 / (8 * 100**2)  # a Jacobian is 100 x 100 float64 numbers
    found.append(count("speed.memory.steps", round(steps)))
    return [*found, rounded("speed.formed", formed, 3, "MiB of its Jacobians")]


def ratio_of(table: Table, work: str, against: str) -> float:
    """Return how many times as long the other takes as gradlab with numba."""
    chosen = (table["claim_work"] == work) & (table["claim_against"] == against)
    (ratio,) = table["ratio"][chosen & (table["claim_way"] != PLAIN)]
    return float(ratio)


def key(work: str, way: str, against: str) -> str:
    """Return a short name, such as ``n100.jax`` or ``n100.numpy.plain``."""
    kind, _, size = work.partition(", n = ")
    place = WORKS.get(work, f"n{size}" if kind == "spectrum" else f"{kind}{size}")
    name = f"{place}.{OTHERS[against]}"
    return f"{name}.plain" if way == PLAIN else name
