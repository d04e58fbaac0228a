"""A saved diagnosis is read back whole, or refused: a file may come from anywhere."""

import os
from collections.abc import Iterator

from gradlab.errors import StoreError
from gradlab.studies import Diagnosis, LayerDiagnosis
from gradlab.studies.diagnosis.precision import FORMATS

__all__ = ["loaded_diagnosis"]

_TEXTS = ("name", "kind", "activation", "deciding")
_COUNTS = ("hidden", "steps", "sequences", "required_lag", "zero_steps", "last_unit")
_LIMITS = ("rounded_at", "zero_at", "overflow_at")


def loaded_diagnosis(path: str | os.PathLike[str]) -> Diagnosis:
    """Return the diagnosis that `Diagnosis.save` wrote.

    Raises
    ------
    StoreError
        If a file is missing, damaged, or holds something else.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from gradlab.cells import Linear
    >>> from gradlab.studies import diagnose
    >>> found = diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = loaded_diagnosis(found.save(pathlib.Path(folder, "found")))
    >>> again.headline == found.headline
    True
    """
    found = Diagnosis.load(path)
    wrong = list(_wrong(found))
    if wrong:
        message = f"{os.fspath(path)} is no diagnosis: {wrong[0]}."
        raise StoreError(message)
    return found


def _wrong(found: Diagnosis) -> Iterator[str]:
    if not (isinstance(found.layers, tuple) and found.layers):
        yield "it has no layers"
        return
    if found.verdict not in {layer.verdict for layer in found.layers}:
        yield "its verdict is that of no layer"
    asked = found.origin.parameters
    if not isinstance(asked, dict):
        yield "its parameters have no names"
        return
    about = (asked.get(name, "") for name in ("file", "sha256"))
    if not all(isinstance(text, str) for text in (found.model, *found.caveats, *about)):
        yield "its texts are no strings"
    if type(lag := asked.get("required_lag")) not in (int, type(None)):
        yield f"`required_lag` is {lag!r:.60}"
    for layer in found.layers:
        yield from _wrong_values(layer)
        yield from _wrong_shapes(layer)


def _wrong_values(layer: LayerDiagnosis) -> Iterator[str]:
    conditions = {
        **{name: isinstance(getattr(layer, name), str) for name in _TEXTS},
        **{name: type(getattr(layer, name)) is int for name in _COUNTS},
        **{name: set(getattr(layer, name)) == set(FORMATS) for name in _LIMITS},
        "dtype": layer.dtype in FORMATS,
        "remedies": all(
            isinstance(text, str)
            for remedy in layer.remedies
            for text in (remedy.name, remedy.words, remedy.source)
        ),
    }
    for name, holds in conditions.items():
        if not holds:
            yield f"`{name}` is {getattr(layer, name)!r:.60}"


def _wrong_shapes(layer: LayerDiagnosis) -> Iterator[str]:
    conditions = {
        "profile": layer.profile.shape[1:] == (3,) and len(layer.profile) > 0,
        "signal": layer.signal.shape[1:] == (3,),
        "jacobians": layer.jacobians.shape[1:] == (3,),
        "jacobian_error": layer.jacobian_error.shape == layer.jacobians.shape[:1],
        "left": layer.left.shape == (3,),
        "radii": layer.radii.ndim == 1 and layer.radii.shape == layer.norms.shape,
        "gates": all(values.shape == (3,) for values in layer.gates.values()),
        "memory": layer.memory.ndim == 1,
    }
    for name, holds in conditions.items():
        if not holds:
            yield f"`{name}` has another shape"
