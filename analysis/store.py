"""What an analysis stores: arrays in .npz; version, seed and parameters in .json.

gradlab's results save themselves, with the analysis's seed and parameters added; tables
of plain arrays are stored in the same two files.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import gradlab
from analysis.paths import DATA

__all__ = ["Table", "load_table", "parameters_of", "save_result", "save_table"]

Table = dict[str, np.ndarray]


def save_table(
    name: str,
    table: Mapping[str, Any],
    *,
    seed: object,
    parameters: Mapping[str, Any],
    folder: pathlib.Path = DATA,
) -> list[pathlib.Path]:
    """Write ``<folder>/<name>.npz`` and ``.json`` and return both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays, record = folder / f"{name}.npz", folder / f"{name}.json"
    np.savez_compressed(arrays, **{k: np.asarray(v) for k, v in table.items()})
    origin = {
        "version": gradlab.__version__,
        "seed": seed,
        "parameters": dict(parameters),
    }
    text = json.dumps({"origin": origin}, indent=1, sort_keys=True, allow_nan=False)
    record.write_text(text + "\n", encoding="utf-8")
    return [arrays, record]


def load_table(name: str, folder: pathlib.Path = DATA) -> tuple[Table, dict[str, Any]]:
    """Return the arrays of an analysis and its parameters."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
        table = {key: stored[key] for key in stored.files}
    return table, parameters_of(name, folder)


def parameters_of(name: str, folder: pathlib.Path = DATA) -> dict[str, Any]:
    """Return the parameters of an analysis, or of one part of it."""
    record = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return record["origin"]["parameters"]


def save_result(
    name: str,
    result: Any,
    *,
    seed: int,
    parameters: Mapping[str, Any],
    folder: pathlib.Path = DATA,
) -> list[pathlib.Path]:
    """Store a result of gradlab with the seed and parameters of the analysis."""
    known = {**result.origin.parameters, **parameters}
    seeds = seed if result.origin.seed is None else [seed, result.origin.seed]
    origin = dataclasses.replace(result.origin, seed=seeds, parameters=known)
    path = dataclasses.replace(result, origin=origin).save(folder / name)
    return [path, path.with_suffix(".json")]
