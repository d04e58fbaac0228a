"""The cliff in the error surface of one sigmoid unit, and where theory puts it.

The setting is that of Pascanu, Mikolov and Bengio (2013): x_t = w σ(x_{t−1}) + b from
x_0 = 1/2, fifty steps, and the error (σ(x_50) − 0.7)².
"""

import pathlib
from fractions import Fraction

import numpy as np
import sympy

from analysis.script import run_data
from analysis.store import save_result, save_table
from gradlab.studies import error_surface
from gradlab.symbolic import Cliff, cliff, scalar_regime, scalar_unit

NEEDS = ()
START, TARGET, STEPS = Fraction(1, 2), Fraction(7, 10), 50
WEIGHT, BESIDE = 5, 0.1  # the cut, and a place on it that is still between the folds
WEIGHTS, BIASES = (3.0, 7.0), (-4.0, -1.25)
FULL = {"grid": 401, "cut": 1201}
QUICK = {"grid": 101, "cut": 301}
LENGTHS = (25, 50, 75, 100)
SETTING = {"x0": float(START), "target": float(TARGET)}


def main(quick: bool) -> list[pathlib.Path]:
    sizes = QUICK if quick else FULL
    w, b = (np.linspace(*ends, sizes["grid"]) for ends in (WEIGHTS, BIASES))
    surface = error_surface(w, b, steps=STEPS, **SETTING)
    target = sympy.Rational(TARGET)
    found = cliff(sympy.Rational(START), steps=STEPS, target=target)
    parameters = {"weight": WEIGHT, "steps": STEPS, "quick": quick, **SETTING, **sizes}
    parameters["beside"] = BESIDE
    place = float(at(found.line))
    beside = error_surface([WEIGHT], [place + BESIDE], steps=STEPS, **SETTING)
    table = {**predicted(found), **peaks(place), "beside": beside.log_gradient[0, 0]}
    written = save_table("cliff", table, seed=None, parameters=parameters)
    results = {"surface": surface}
    for length in LENGTHS:
        near = along(place, sizes["cut"])
        results[f"cut{length}"] = error_surface([WEIGHT], near, steps=length, **SETTING)
    for name, result in results.items():
        path = f"cliff-{name}"
        written += save_result(path, result, seed=None, parameters=parameters)
    return written


def at(formula: sympy.Expr) -> sympy.Expr:
    return formula.subs(sympy.Symbol("w", real=True), WEIGHT).evalf(30)


def predicted(found: Cliff) -> dict[str, np.ndarray]:
    """Return the fold, the cliff, and numbers on the cut, all from the theory."""
    unit = scalar_unit("sigmoid")
    a, w = sympy.Symbol("a", real=True), sympy.Symbol("w", real=True)
    grid = np.linspace(-3.0, 3.0, 601)
    # From the cusp along the fold to where x_0 is on it, then along the tangent.
    arm, line = np.linspace(0.0, float(START), 51), np.linspace(0.0, 1.0, 51)
    fold = [sympy.lambdify(a, formula, "numpy") for formula in unit.fold]
    beyond = float(found.start[0]) + line * (WEIGHTS[1] - float(found.start[0]))
    tangent = sympy.lambdify(w, found.line.rewrite(sympy.exp), "numpy")(beyond)
    folds = scalar_regime(WEIGHT, 0, "sigmoid").boundaries
    h = sympy.lambdify(a, unit.value.rewrite(sympy.exp), "numpy")
    states = np.linspace(-4.0, 4.0, 801)
    return {
        "fold": np.array([f(grid) for f in fold]),
        "states": fixed_points(states, h(states)),
        "first": h(float(START)),
        "on_fold": np.array([f(arm) for f in fold]),
        "tangent": np.array([beyond, tangent]),
        "cusp": np.array([float(number) for number in unit.cusp]),
        "touch": np.array([float(number) for number in found.start]),
        "folds": np.array([float(number) for number in folds]),
        "place": float(at(found.line)),
        "multiplier": float(at(found.multiplier)),
        "on_line": np.array([steepness(length) for length in LENGTHS]),
    }


def fixed_points(a: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Return (3, K) rows b, h and multiplier: b = a − w σ(a)."""
    return np.array([a - WEIGHT * h, h, WEIGHT * h * (1 - h)])


def steepness(steps: int) -> float:
    """Return ln‖∇E‖ on the cliff after so many steps."""
    target = sympy.Rational(TARGET)
    found = cliff(sympy.Rational(START), steps=steps, target=target)
    return float(at(sympy.log(sum(part**2 for part in found.gradient)) / 2))


def along(place: float, count: int) -> np.ndarray:
    """Return biases through the cut, dense about the cliff down to 1e-11."""
    near = np.geomspace(1e-11, 0.4, count)
    return np.sort(np.concatenate([place - near, [place], place + near]))


def peaks(place: float) -> dict[str, np.ndarray]:
    """Return, for several T, where ‖∇E‖ is largest on the cut, and its logarithm."""
    rows = np.array([peak(place, length) for length in LENGTHS])
    return {"lengths": np.array(LENGTHS), "peaks": rows[:, 0], "log_peaks": rows[:, 1]}


def peak(place: float, steps: int) -> tuple[float, float]:
    """Zoom in on the largest gradient, by a factor of 50 at a time."""
    middle, reach = place, 0.3
    while True:
        biases = middle + reach * np.linspace(-1, 1, 2001)
        logs = error_surface([WEIGHT], biases, steps=steps, **SETTING).log_gradient
        best = int(np.argmax(logs))
        middle, reach = biases[best], reach / 50
        if reach < 1e-13:
            return middle, float(logs[best, 0])


if __name__ == "__main__":
    run_data(main)
