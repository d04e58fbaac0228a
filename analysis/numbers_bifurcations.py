"""Numbers of one unit: its bifurcations, and the cliff in its error surface."""

import numpy as np

from analysis.paths import DATA
from analysis.rounding import Number, count, gain, rounded
from analysis.store import load_table
from gradlab.studies import SteadyStates

__all__ = ["bifurcation_numbers", "cliff_numbers"]


def bifurcation_numbers() -> list[Number]:
    table, sizes = load_table("scalar_bifurcation")
    found = SteadyStates.load(DATA / "scalar_bifurcation-states")
    meaning = "one unit: steady states found, of those that exist"
    missed, states = int(table["missed"]), len(found.parameter)
    return [
        rounded("bifurcation.bias", sizes["bias"], 2),
        count("bifurcation.weights", sizes["points"]),
        count("bifurcation.starts", sizes["starts"]),
        count("bifurcation.states", states, meaning),
        count("bifurcation.exist", states + missed),
        rounded("bifurcation.gap", float(table["gap"]), 1),
    ]


def cliff_numbers() -> list[Number]:
    table, sizes = load_table("cliff")
    at = int(np.flatnonzero(table["lengths"] == sizes["steps"])[0])
    place, top = float(table["place"]), table["log_peaks"]
    steps = np.diff(table["lengths"][[at, -1]])[0]
    growth = float(np.diff(top[[at, -1]])[0] / steps)
    meaning = "one unit: gradient at its cliff over that beside it"
    beside = float(table["beside"])
    return [
        count("cliff.steps", sizes["steps"]),
        count("cliff.weight", sizes["weight"]),
        rounded("cliff.place", place, 6),
        rounded("cliff.measured", float(table["peaks"][at]), 6),
        rounded("cliff.away", place - float(table["peaks"][at]), 2),
        rounded("cliff.lower", float(table["folds"][0]), 5),
        rounded("cliff.upper", float(table["folds"][1]), 5),
        rounded("cliff.fold", place - float(table["folds"][0]), 2),
        rounded("cliff.touch.w", float(table["touch"][0]), 4),
        rounded("cliff.touch.b", float(table["touch"][1]), 4),
        rounded("cliff.multiplier", float(table["multiplier"]), 4),
        rounded("cliff.rate", float(np.log(table["multiplier"])), 4),
        rounded("cliff.growth", growth, 4),
        rounded("cliff.on", float(table["on_line"][at]), 3),
        rounded("cliff.top", float(top[at]), 3),
        rounded("cliff.beside", beside, 3),
        rounded("cliff.aside", sizes["beside"], 1),
        gain("cliff.ratio", float(top[at] - beside), meaning),
    ]
