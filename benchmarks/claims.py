"""Ratios that are to be reached, work by work, with those that are missed in sight."""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = [
    "CLAIMS",
    "Claim",
    "Found",
    "print_claims",
    "print_times",
    "ratio_of",
    "verdict",
]

Found = dict[str, dict[str, float]]  # work: way: seconds


class Claim(NamedTuple):
    """`way` is to take at most 1/`at_least` of the time of `against`."""

    work: str
    way: str
    against: str
    at_least: float


JIT, PLAIN = "gradlab", "gradlab without numba"
CLAIMS = (
    Claim("spectrum, n = 2", JIT, "NumPy QR", 100.0),
    Claim("spectrum, n = 2", JIT, "pynamicalsys", 5.0),
    Claim("spectrum, n = 2", JIT, "pynamicalsys ER", 1.8),
    Claim("spectrum, n = 32", JIT, "NumPy QR", 7.0),
    Claim("spectrum, n = 32", JIT, "JAX scan", 2.0),
    Claim("spectrum, n = 100", JIT, "NumPy QR", 4.0),
    Claim("spectrum, n = 100", JIT, "JAX scan", 3.0),
    Claim("spectrum, n = 100", PLAIN, "NumPy QR", 2.8),
    Claim("spectrum, n = 500", JIT, "NumPy QR", 2.7),
    Claim("spectrum, n = 500", JIT, "JAX scan", 2.7),
    Claim("spectrum, n = 500", JIT, "bare product", 1 / 1.3),
    Claim("leading 10 of n = 500", JIT, "NumPy QR", 1.6),
    Claim("1,024 systems of n = 2", JIT, "NumPy QR", 10.0),
    Claim("1,024 systems of n = 2", JIT, "JAX vmap", 5.0),
    Claim("1,024 systems of n = 2", PLAIN, "NumPy QR", 5.0),
    Claim("1,024 systems of n = 2", PLAIN, "JAX vmap", 3.0),
    Claim("product, n = 64", JIT, "bare product", 1 / 8),
    Claim("product, n = 256", JIT, "bare product", 1 / 4),
)


def print_times(work: str, ways: Mapping[str, float]) -> None:
    """Print what each way takes a step, and how many times as long as the first."""
    print(work)
    first = next(iter(ways.values()))
    for way, seconds in ways.items():
        print(f"  {way:<24}{1e6 * seconds:>11.2f} µs{seconds / first:>9.2f}")


def print_claims(found: Found) -> None:
    """Print the ratios, those that are to be reached, and whether they are."""
    print(f"\n{'work':<26}{'way':<24}{'against':<18}{'ratio':>8}{'at least':>10}")
    for claim in CLAIMS:
        print(f"{claim.work:<26}{claim.way:<24}{claim.against:<18}", end="")
        print(f"{_ratio(claim, found):>8}{claim.at_least:>10.2f}", end="")
        print(f"  {verdict(claim, found)}")


def verdict(claim: Claim, found: Found) -> str:
    """Return whether a ratio is reached, or that it was not measured."""
    ratio = ratio_of(claim, found)
    if ratio is None:
        return "not measured"
    return "reached" if ratio >= claim.at_least else "MISSED"


def ratio_of(claim: Claim, found: Found) -> float | None:
    """Return how many times as long the other way takes; None if one is not there."""
    ways = found.get(claim.work, {})
    if claim.way not in ways or claim.against not in ways:
        return None
    return ways[claim.against] / ways[claim.way]


def _ratio(claim: Claim, found: Found) -> str:
    ratio = ratio_of(claim, found)
    return "–" if ratio is None else f"{ratio:.2f}"
