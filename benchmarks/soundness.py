"""A million exact decisions about certified numbers, ten thousand about each theorem.

Run by `make soundness`, once; `analysis/kept/soundness.json` holds what came out, with
the seed and the versions.  A decision is one comparison of a certified end with the
exact value, in rationals or by isolated roots: lower ≤ x, or x ≤ upper.  Beside it
stands how often NumPy's own value lies below the exact one.  Decisions about theorems
are those of `benchmarks.theorem_checks`.

`python -m benchmarks.soundness --only theorems` does one of the two, and keeps what is
on record of the other; ``--names kreiss`` only the theorems so named.
"""

import argparse
import json
import math
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import flint
import hypothesis
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from analysis.paths import KEPT
from benchmarks.theorem_checks import THEOREMS, checked_theorems
from gradlab import __version__
from gradlab.linalg import rounding
from gradlab.linalg.arithmetic import FLOAT64
from gradlab.linalg.outward import (
    least_singular_value_above,
    least_singular_value_below,
    norm_between,
)
from gradlab.linalg.real_form import realified
from gradlab.linalg.rounding import mm
from gradlab.verified import enclosed_norm, enclosed_spectral_radius
from gradlab.verified._float_products import product_in_float64
from tests.oracles.exact_norms import (
    exact_product,
    least_at_least,
    norm_at_most,
    radius_ball,
)

__all__ = ["KINDS", "Tally", "main", "matrices", "tally"]

TARGET = KEPT / "soundness.json"
SEED = 20241127
BATCH = 100
EPSILON = Fraction(1, 10**400)  # turns ≤ into <


@dataclass
class Tally:
    """Decisions of one kind: how many, how many wrong, how often NumPy was below."""

    decisions: int = 0
    wrong: int = 0
    numpy_values: int = 0
    numpy_below: int = 0

    def decide(self, *right: bool) -> None:
        """Count exact decisions."""
        self.decisions += len(right)
        self.wrong += right.count(False)

    def compare(self, *below: bool) -> None:
        """Count NumPy's values that lie below the exact ones."""
        self.numpy_values += len(below)
        self.numpy_below += below.count(True)


def matrices(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return a stack of matrices of one random size and one random family."""
    n = int(rng.integers(1, 6))
    shape = (count, n, n)
    gaussian = rng.normal(size=shape)
    families: list[Callable[[], np.ndarray]] = [
        lambda: gaussian,
        lambda: rng.integers(-5, 6, size=shape).astype(float),
        lambda: rng.integers(-9, 10, size=shape) * 2.0 ** rng.integers(-30, 30, shape),
        lambda: gaussian * 10.0 ** rng.integers(-9, 10, size=(count, n, 1)),
        lambda: gaussian * 10.0 ** rng.integers(-9, 10, size=(count, 1, n)),
        lambda: gaussian[:, :, :1] * gaussian[:, :1, :],
        lambda: (
            gaussian[:, :, :1] * gaussian[:, :1, :] + 1e-15 * rng.normal(size=shape)
        ),
        lambda: np.triu(gaussian, 1) + (1 - 2.0**-20) * np.eye(n),
        lambda: np.linalg.qr(gaussian)[0],
        lambda: gaussian + np.swapaxes(gaussian, 1, 2),
        lambda: np.ldexp(gaussian, rng.integers(-1030, 900, size=(count, 1, 1))),
        lambda: np.where(rng.random(shape) < 0.5, gaussian, 0.0),
        lambda: _sheared(rng, count, n),
    ]
    return families[rng.integers(len(families))]()


def _sheared(rng: np.random.Generator, count: int, n: int) -> np.ndarray:
    """Return integer similarities of Jordan blocks, exact in float64."""
    J = np.tile((1 - 2.0**-8) * np.eye(n) + np.eye(n, k=1), (count, 1, 1))
    for A in J if n > 1 else ():
        for _ in range(4):
            i, j = rng.permutation(n)[:2]
            c = rng.integers(-2, 3)
            A[i] += c * A[j]
            A[:, j] -= c * A[:, i]
    return J


def _norms(rng: np.random.Generator, tally: Tally) -> None:
    stack = matrices(rng, BATCH)
    lows, highs = norm_between(stack)
    for A, *together in zip(stack, lows, highs, strict=True):
        # A stack and one matrix by itself go two ways.
        for low, high in (together, norm_between(A)):
            tally.decide(norm_at_most(A, high))
            tally.decide(not norm_at_most(A, Fraction(low) - EPSILON))
        tally.compare(not norm_at_most(A, np.linalg.norm(A, 2)))


def _complex_norms(rng: np.random.Generator, tally: Tally) -> None:
    stack = matrices(rng, BATCH)
    for A, B in zip(stack, stack[::-1], strict=True):
        Z = A + 1j * B
        low, high = norm_between(Z)
        real = realified(Z)
        below = Fraction(low) - EPSILON
        tally.decide(norm_at_most(real, high), not norm_at_most(real, below))
        tally.compare(not norm_at_most(real, np.linalg.norm(Z, 2)))


def _least_singular_values(rng: np.random.Generator, tally: Tally) -> None:
    stack = matrices(rng, BATCH)
    lows, highs = least_singular_value_below(stack), least_singular_value_above(stack)
    for A, low, high in zip(stack, lows, highs, strict=True):
        above = high == math.inf or not least_at_least(A, Fraction(high) + EPSILON)
        tally.decide(least_at_least(A, low), above)
        tally.compare(least_at_least(A, np.linalg.svd(A, compute_uv=False)[-1]))


def _radii(rng: np.random.Generator, tally: Tally) -> None:
    for A in matrices(rng, BATCH // 5):
        found, exact = enclosed_spectral_radius(A), radius_ball(A, bits=300)
        tally.decide(not exact < found.lower, not exact > found.upper)
        tally.compare(bool(exact > float(np.abs(np.linalg.eigvals(A)).max())))


def _products(rng: np.random.Generator, tally: Tally) -> None:
    for _ in range(BATCH // 10):
        factors = matrices(rng, int(rng.integers(1, 7)))
        found = product_in_float64(factors, FLOAT64)
        P, scale = exact_product(factors), Fraction(2) ** found.exponent
        low, high = norm_between(found.mantissa)
        if not math.isfinite(high + found.error):
            continue
        below = (Fraction(low) - Fraction(found.error)) * scale
        above = (Fraction(high) + Fraction(found.error)) * scale
        tally.decide(norm_at_most(P, above), not norm_at_most(P, below - EPSILON))


def _sums(rng: np.random.Generator, tally: Tally) -> None:
    for A in matrices(rng, BATCH):
        size = [[abs(Fraction(x)) for x in row] for row in A.tolist()]
        squares = sum(x * x for row in size for x in row)
        rows, root = enclosed_norm(A, np.inf), enclosed_norm(A, "fro")
        exact = max(map(sum, size))
        tally.decide(rows.lower <= exact, exact <= Fraction(rows.upper))
        tally.decide(Fraction(root.lower) ** 2 <= squares)
        tally.decide(squares <= Fraction(root.upper) ** 2)
        tally.compare(bool(Fraction(float(np.abs(A).sum(axis=1).max())) < exact))


def _entries(rng: np.random.Generator, tally: Tally) -> None:
    X = matrices(rng, 4)
    Y = np.swapaxes(X[::-1], 1, 2)
    C, E = mm(X, Y)
    for t, i, j in np.argwhere(np.isfinite(C) & np.isfinite(E)):
        pairs = zip(X[t, i].tolist(), Y[t, :, j].tolist(), strict=True)
        exact = sum(Fraction(x) * Fraction(y) for x, y in pairs)
        tally.decide(abs(exact - Fraction(C[t, i, j])) <= Fraction(E[t, i, j]))
        tally.compare(Fraction(C[t, i, j]) < exact)


def _operations(rng: np.random.Generator, tally: Tally) -> None:
    sizes = np.ldexp(rng.normal(size=(2, BATCH)), rng.integers(-1060, 500, (2, BATCH)))
    for name, exact_value in (
        ("add", lambda a, b: a + b),
        ("sub", lambda a, b: a - b),
        ("mul", lambda a, b: a * b),
        ("div", lambda a, b: a / b),
    ):
        low = getattr(rounding, f"down_{name}")(*sizes)
        high = getattr(rounding, f"up_{name}")(*sizes)
        for a, b, x, y in zip(*sizes, low, high, strict=True):
            exact = exact_value(Fraction(a), Fraction(b))
            tally.decide(x == -math.inf or Fraction(x) <= exact)
            tally.decide(y == math.inf or exact <= Fraction(y))


KINDS: dict[str, tuple[Callable[[np.random.Generator, Tally], None], int]] = {
    "2-norms": (_norms, 800_000),
    "complex 2-norms": (_complex_norms, 100_000),
    "least singular values": (_least_singular_values, 200_000),
    "spectral radii": (_radii, 100_000),
    "norms of products": (_products, 100_000),
    "row sums and Frobenius norms": (_sums, 80_000),
    "entries of products": (_entries, 60_000),
    "single operations": (_operations, 60_000),
}
"""How to decide each kind, and how many decisions to take."""


def tally(kind: str, decisions: int, seed: int) -> Tally:
    """Return what at least so many decisions of one kind came to."""
    rng, found = np.random.default_rng(seed), Tally()
    while found.decisions < decisions:
        KINDS[kind][0](rng, found)
    return found


def _rows(_: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, (kind, (_, decisions)) in enumerate(KINDS.items()):
        begin = time.process_time()
        found = tally(kind, decisions, SEED + place)
        below = found.numpy_below / max(found.numpy_values, 1)
        print(f"{kind:<30}{found.decisions:>9} decisions{found.wrong:>4} wrong", end="")
        print(f"{time.process_time() - begin:>8.0f} s, NumPy below {below:.0%}")
        yield kind, asdict(found)


def _theorem_rows(names: str) -> Iterator[tuple[str, dict[str, Any]]]:
    begin = time.process_time()
    for name, row in checked_theorems(SEED, names):
        took, begin = time.process_time() - begin, time.process_time()
        print(
            f"{name:<30}{row['decisions']:>9} decisions{row['wrong']:>4} wrong", end=""
        )
        print(f"{took:>8.0f} s, {row['promised_nothing']} promised nothing", flush=True)
        yield name, row


def _record(parts: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the counts of all parts and their sums, and where they are from."""
    return {
        "decisions": sum(row["decisions"] for row in parts.values()),
        "wrong": sum(row["wrong"] for row in parts.values()),
        name: parts,
        "seed": SEED,
        "versions": {
            "gradlab": __version__,
            "hypothesis": hypothesis.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "python-flint": flint.__version__,
            "blas": [f"{b['internal_api']} {b['version']}" for b in threadpool_info()],
        },
    }


PARTS = {
    "numbers": ("kinds", KINDS, _rows),
    "theorems": ("of", THEOREMS, _theorem_rows),
}


def main() -> None:
    """Decide, print a line for each kind and each theorem, and write the record."""
    parser = argparse.ArgumentParser(description="Exact decisions, a million and more.")
    parser.add_argument("--only", choices=PARTS, help="one of the two parts")
    parser.add_argument("--names", default="", help="theorems whose names match this")
    options = parser.parse_args()
    record = json.loads(TARGET.read_text(encoding="utf-8"))
    for part in [options.only] if options.only else PARTS:
        name, every, rows_of = PARTS[part]
        rows = record[part][name]
        with threadpool_limits(1):
            for key, row in rows_of(options.names):
                rows[key] = row
                kept = {key: rows[key] for key in every if key in rows}
                record[part] = _record(kept, name)
                text = json.dumps(record, indent=1)
                TARGET.write_text(text + "\n", encoding="utf-8")
        found = record[part]
        print(f"{found['decisions']} decisions, {found['wrong']} wrong: {TARGET.name}")


if __name__ == "__main__":
    main()
