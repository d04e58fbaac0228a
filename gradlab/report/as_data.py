"""A diagnosis as plain data in JSON's types: names, numbers, and curves at 400 points.

JSON has no NaN and no infinity: what is unknown is null, and what lies beyond the end
of a sequence, or of all numbers, is one of the strings "inf" and "-inf".
"""

import enum
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradlab.studies import Diagnosis, LayerDiagnosis

__all__ = ["diagnosis_data"]

_POINTS = 400
_CURVES = ("profile", "signal", "jacobians")


def diagnosis_data(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as dicts, lists, strings, booleans and finite numbers.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.studies import diagnose
    >>> found = diagnosis_data(diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1))))
    >>> found["verdict"], round(found["layers"][0]["horizon"], 2)
    ('contracting', 9.97)
    """
    origin = diagnosis.origin
    return {
        "gradlab": origin.version,
        "model": diagnosis.model,
        "verdict": diagnosis.verdict.value,
        "headline": diagnosis.headline,
        "has_loss": diagnosis.has_loss,
        "loss": _plain(diagnosis.loss),
        "mode": diagnosis.mode,
        "seed": _plain(origin.seed),
        "parameters": _plain(origin.parameters),
        "seconds": _plain(diagnosis.seconds),
        "caveats": list(diagnosis.caveats),
        "layers": [_layer(layer) for layer in diagnosis.layers],
    }


def _layer(layer: LayerDiagnosis) -> dict[str, Any]:
    values = layer.as_dict()
    errors = values.pop("jacobian_error")
    found = {name: _plain(values[name]) for name in values if name not in _CURVES}
    found["remedies"] = [
        {**_plain(remedy.as_dict()), "helps": remedy.helps} for remedy in layer.remedies
    ]
    for name in _CURVES:
        found[name] = _curve(values[name])
    found["jacobians"]["error"] = _plain(errors[found["jacobians"]["at"]])
    return found


def _curve(bands: np.ndarray) -> dict[str, Any]:
    """Return a curve by its quantiles at 400 places at most, both ends among them."""
    at = np.linspace(0, len(bands) - 1, min(len(bands), _POINTS)).round().astype(int)
    low, middle, high = bands[at].T
    columns = {"at": at, "low": low, "median": middle, "high": high}
    return {name: _plain(column) for name, column in columns.items()}


def _plain(value: Any) -> Any:
    match value:
        case enum.Enum():
            return value.value
        case np.ndarray() | np.generic():
            return _plain(value.tolist())
        case Mapping():
            return {str(key): _plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_plain(entry) for entry in value]
        case float() if not math.isfinite(value):
            return None if math.isnan(value) else repr(value)
        case _:
            return value
