"""Numbers of long products: how wrong each way is, and where."""

import numpy as np

from analysis.rounding import Number, count, plain_text, rounded
from analysis.store import load_table

__all__ = ["product_numbers"]


def product_numbers() -> list[Number]:
    table, parameters = load_table("long_products")
    lengths, exact = table["lengths"], table["exact"]
    errors = {
        way: np.abs(table[way] - exact)
        for way in ("naive", "rescaled", "qr_diagonal", "graded")
    }
    wrong = errors["rescaled"].max(axis=1) > 1.0
    gone = ~np.isfinite(table["naive"][:, 0])
    relative = errors["graded"] / np.maximum(np.abs(exact), 1.0)
    meaning = f"graded product, worst error of ln σ, T up to {lengths[-1]:,}"
    return [
        count("products.n", exact.shape[1]),
        rounded("products.gain", parameters["gain"], 1),
        count("products.longest", lengths[-1]),
        count("products.wrong", lengths[wrong][0]) if wrong.any() else none("wrong"),
        count("products.gone", lengths[gone][0]) if gone.any() else none("gone"),
        rounded("products.top", float(exact[-1, 0]), 4),
        rounded("products.bottom", float(exact[-1, -1]), 4),
        rounded("products.graded", float(errors["graded"].max()), 1, meaning, "nats"),
        rounded("products.relative", float(relative.max()), 1),
        rounded("products.first", float(errors["rescaled"][:, 0].max()), 1),
        rounded("products.qr", float(errors["qr_diagonal"][-1].max()), 2),
        rounded("products.rescaled", float(errors["rescaled"][-1].max()), 4),
    ]


def none(name: str) -> Number:
    return plain_text(f"products.{name}", "none")
