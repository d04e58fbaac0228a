"""Recipes of training that differ in the estimator alone: equal characters or steps."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from gradlab.gradients import (
    Full,
    RandomTruncation,
    RenewalTruncation,
    Segmented,
    Truncated,
    Waring,
)
from gradlab.studies import SGD, Recipe

__all__ = ["ESTIMATORS", "recipes"]

ESTIMATORS = {
    "full": Full(),
    "segments": Segmented(8),
    "window": Truncated(8),
    "random": RandomTruncation(0.9),
    "renewal": RenewalTruncation(Waring(10.0, 4.0)),  # as many cuts as "random"
    "pairs": Segmented(2),
}


def recipes(
    sizes: Mapping[str, Any], clipped: Iterable[str], free: Iterable[str]
) -> dict[str, Recipe]:
    """Return the strategies at equal characters, and the window at equal steps too.

    `sizes` has updates, batch, length, rate, clip, look (updates between looks at the
    held-out text) and held_out.
    """
    names = ("updates", "batch", "length", "held_out")
    shared = {key: sizes[key] for key in names} | {"evaluate_every": sizes["look"]}
    sgd = SGD(sizes["rate"])
    plain = {way: Recipe(one, sgd, **shared) for way, one in ESTIMATORS.items()}
    found = {
        f"{way}, clipped": dataclasses.replace(plain[way], clip=sizes["clip"])
        for way in clipped
    }
    found |= {way: plain[way] for way in free}
    if "window, clipped" in found:
        same = sizes["updates"] * plain["full"].steps_back
        cheaper = found["window, clipped"].with_steps_back(same)
        # Looked at when it ends, which also gives its state a file of its own.
        look = {"evaluate_every": cheaper.updates}
        found["window, equal steps"] = dataclasses.replace(cheaper, **look)
    return found
