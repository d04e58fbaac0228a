"""Numbers of growth over all slopes: norms that miss it, a bracket that does not."""

import numpy as np

from analysis.rounding import Number, count, rounded
from analysis.store import load_table

__all__ = ["slope_radius_numbers"]

COLUMNS = ("sizes", "norm", "units", "lower", "upper")


def slope_radius_numbers() -> list[Number]:
    table, sizes = load_table("slope_radius")
    found = [count(f"slopes.{key}", sizes[key]) for key in ("n", "draws")]
    for name, rows in table.items():
        middle = np.median(rows, axis=0)
        found += [
            rounded(f"slopes.{name}.{column}", float(value), 3)
            for column, value in zip(COLUMNS, middle, strict=True)
        ]
    upper = table["default"][:, COLUMNS.index("upper")]
    meaning = "torch's default RNN: largest growth per step over all inputs, at most"
    found.append(rounded("slopes.default.most", float(upper.max()), 3, meaning))
    width = table["gaussian"][:, 4] / table["gaussian"][:, 3] - 1
    found.append(rounded("slopes.gaussian.width", 100 * float(np.median(width)), 2))
    return found
