"""One tanh unit: its bifurcation sets, and its steady states by two routes.

The lines come from the theory of the unit; the points are what Newton's method finds
from random starts, without knowing of it.
"""

import pathlib

import numpy as np
import sympy

from analysis.script import run_data
from analysis.store import save_result, save_table
from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.studies import SteadyStates, steady_states
from gradlab.symbolic import scalar_orbits, scalar_unit

NEEDS = ()
SEED = 7
BIAS = 0.25
RANGE = 4.0
COBWEBS = {2.5: (-0.3, 0.1), -2.5: (0.2,)}  # weights, and where orbits start
FULL = {"lines": 161, "points": 33, "starts": 24}
QUICK = {"lines": 41, "points": 17, "starts": 12}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    sampled = np.linspace(-RANGE, RANGE, sizes["points"])
    found = steady_states(unit, sampled, [], rng=SEED, starts=sizes["starts"])
    gap, missed = compared(found)
    parameters = {"bias": BIAS, "range": RANGE, "quick": quick, **sizes}
    parameters["cobwebs"] = list(COBWEBS)
    table = {**curves(), **fixed_points(), **two_cycles(sizes["lines"]), **orbits()}
    table |= {"gap": gap, "missed": missed}
    name = "scalar_bifurcation"
    written = save_table(name, table, seed=SEED, parameters=parameters)
    return [
        *written,
        *save_result(f"{name}-states", found, seed=SEED, parameters=parameters),
    ]


def unit(weight: float) -> RNN:
    return RNN([[weight]], np.zeros((1, 0)), [BIAS])


def curves() -> dict[str, np.ndarray]:
    """Return the fold and the flip as (2, K) arrays of w and b."""
    exact, a = scalar_unit("tanh"), np.linspace(-1.5, 1.5, 601)
    return {
        name: np.array([evaluated(formula, a) for formula in getattr(exact, name)])
        for name in ("fold", "flip")
    }


def evaluated(formula: sympy.Expr, a: np.ndarray) -> np.ndarray:
    return sympy.lambdify(sympy.Symbol("a", real=True), formula, "numpy")(a)


def fixed_points() -> dict[str, np.ndarray]:
    """Return (3, K) rows w, h and multiplier, with w = (a − b)/h and h = tanh a."""
    sides = {}
    for name, sign in (("upper", 1.0), ("lower", -1.0)):
        a = sign * np.geomspace(1e-2, 9.0, 2001)
        h = np.tanh(a)
        w = (a - BIAS) / h
        sides[name] = np.array([w, h, w / np.cosh(a) ** 2])
    return sides


def two_cycles(lines: int) -> dict[str, np.ndarray]:
    """Return (3, K) rows w and both states of the 2-cycle, from the flip on."""
    flip = curves()["flip"]
    start = np.interp(BIAS, flip[1], flip[0])
    # Denser near the flip, where the states part like a square root.
    weights = start - (RANGE + start) * np.linspace(1e-3, 1.0, lines) ** 2
    states = [
        sorted(float(state) for state in scalar_orbits(float(w), BIAS)[-1].states)
        for w in weights
    ]
    return {"cycle": np.vstack([weights, np.transpose(states)])}


def orbits() -> dict[str, np.ndarray]:
    """Return the states of a few runs, at the weights of two cobwebs."""
    return {
        f"orbits{i}": np.array(
            [run(unit(w), [h], nothing()).states[:, 0] for h in starts]
        )
        for i, (w, starts) in enumerate(COBWEBS.items())
    }


def nothing() -> np.ndarray:
    return np.zeros((40, 0))


def compared(found: SteadyStates) -> tuple[float, int]:
    """Return how far points are from the theory at most, and how many it has more."""
    gap, exist = 0.0, 0
    for weight in np.unique(found.parameter):
        orbits = scalar_orbits(float(weight), BIAS)
        exact = [float(state) for orbit in orbits for state in orbit.states]
        here = found.states[found.parameter == weight, 0]
        distances = np.abs(here[:, None] - np.array(exact))
        gap, exist = max(gap, distances.min(axis=1).max()), exist + len(exact)
    return gap, exist - len(found.parameter)


if __name__ == "__main__":
    run_data(main)
