"""Ratios that are to be reached, work by work, with those that are missed in sight."""

from collections.abc import Iterable
from typing import NamedTuple

from benchmarks.works import Found

__all__ = ["CLAIMS", "Claim", "claims_on", "print_claims", "ratio_of", "verdict"]


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
    Claim("grid, n = 200, real", JIT, "SVD", 30.0),
    Claim("grid, n = 200, real", JIT, "EigTool's way", 6.0),
    Claim("grid, n = 200, complex", JIT, "SVD", 30.0),
    Claim("grid, n = 200, complex", JIT, "EigTool's way", 6.0),
    Claim("Kreiss constant, ρ = 0.9", JIT, "SVD grid", 100.0),
    Claim("Kreiss constant, ρ = 0.95", JIT, "SVD grid", 100.0),
    Claim("Gripenberg's pair", JIT, "brute force", 10.0),
    Claim("norm, n = 3", JIT, "SVD", 1 / 6),
    Claim("norm, n = 4, complex", JIT, "SVD", 1 / 6),
    Claim("norm, n = 256", JIT, "SVD", 1 / 6),
)


def claims_on(found: Found) -> list[Claim]:
    """Return the claims on the works that were measured."""
    return [claim for claim in CLAIMS if claim.work in found]


def print_claims(found: Found, claims: Iterable[Claim] = CLAIMS) -> None:
    """Print the ratios, those that are to be reached, and whether they are."""
    print(f"\n{'work':<27}{'way':<24}{'against':<18}{'ratio':>8}{'at least':>10}")
    for claim in claims:
        print(f"{claim.work:<27}{claim.way:<24}{claim.against:<18}", end="")
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
