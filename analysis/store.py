"""Tables of an analysis on disk: arrays in .npz, version, seed, parameters in .json.

gradlab's own results save themselves; this is for numbers that belong to an analysis.
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import gradlab
from analysis.paths import DATA

__all__ = ["Table", "load_table", "save_table"]

Table = dict[str, np.ndarray]


def save_table(
    name: str, table: Mapping[str, Any], *, seed: object, parameters: Mapping[str, Any]
) -> list[pathlib.Path]:
    """Write ``analysis/data/<name>.npz`` and ``.json`` and return both paths."""
    DATA.mkdir(parents=True, exist_ok=True)
    arrays, record = DATA / f"{name}.npz", DATA / f"{name}.json"
    np.savez_compressed(arrays, **{k: np.asarray(v) for k, v in table.items()})
    origin = {
        "version": gradlab.__version__,
        "seed": seed,
        "parameters": dict(parameters),
    }
    text = json.dumps({"origin": origin}, indent=1, sort_keys=True, allow_nan=False)
    record.write_text(text + "\n", encoding="utf-8")
    return [arrays, record]


def load_table(name: str) -> tuple[Table, dict[str, Any]]:
    """Return the arrays of an analysis and its parameters."""
    with np.load(DATA / f"{name}.npz", allow_pickle=False) as stored:
        table = {key: stored[key] for key in stored.files}
    record = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return table, record["origin"]["parameters"]
