"""Diagnoses to report on: a real one, and what replaces its texts and its numbers."""

import dataclasses
import functools
import math

import numpy as np

from gradlab.cells import GRU, LSTM
from gradlab.dynamics import run
from gradlab.objectives import SquaredError
from gradlab.studies import Diagnosis, diagnose

T, N, M = 60, 8, 3
CELLS = {"lstm": LSTM, "gru": GRU}


@functools.cache
def vanishing(cell="lstm", mode="exact"):
    """Return the diagnosis of a default cell under a loss on the last step."""
    rng = np.random.default_rng(0)
    drawn = CELLS[cell].random(N, M, gain=1.0, rng=rng, init="torch")
    inputs = rng.normal(size=(T, 4, M))
    trajectory = run(drawn, np.zeros((4, drawn.sizes[0])), inputs)
    last = np.arange(T) == T - 1
    targets, readout = np.ones((T, 4, 1)), rng.normal(size=(1, N))
    return diagnose(SquaredError(trajectory, targets, readout, weights=last), mode=mode)


def named(text):
    """Return a diagnosis whose every text that a model may choose is this one."""
    found = vanishing()
    (layer,) = found.layers
    remedies = tuple(
        dataclasses.replace(one, name=text, words=text) for one in layer.remedies
    )
    changes = {"name": text, "dtype": text, "kind": text, "activation": text}
    odd = dataclasses.replace(layer, **changes, deciding=text, remedies=remedies)
    held = dataclasses.replace(found.origin, parameters={"file": text, "sha256": text})
    return dataclasses.replace(
        found, model=text, caveats=(text,), layers=(odd,), origin=held
    )


def filled(value):
    """Return a diagnosis whose every measured number is this one."""
    found = vanishing()
    (layer,) = found.layers
    odd = dataclasses.replace(
        _filled(layer, value),
        remedies=tuple(_filled(one, value) for one in layer.remedies),
    )
    return dataclasses.replace(_filled(found, value), layers=(odd,))


def _filled(result, value):
    changes = {}
    for field in dataclasses.fields(result):
        old = getattr(result, field.name)
        if isinstance(old, float):
            changes[field.name] = value
        elif isinstance(old, np.ndarray):
            changes[field.name] = np.full_like(old, value)
        elif isinstance(old, dict) and field.name != "gates":
            changes[field.name] = dict.fromkeys(old, value)
        elif isinstance(old, dict):
            changes[field.name] = {k: np.full_like(v, value) for k, v in old.items()}
    return dataclasses.replace(result, **changes)


def stacked(layers, name=""):
    """Return a diagnosis of so many layers, some of them in no trouble."""
    found = vanishing()
    (layer,) = found.layers
    copies = tuple(
        dataclasses.replace(layer, name=f"{name}layer{i}") for i in range(layers)
    )
    return dataclasses.replace(found, layers=copies)


def lengthened(lags):
    """Return a diagnosis over so many lags; the gradient is lost on the way."""
    found = vanishing()
    (layer,) = found.layers
    rng = np.random.default_rng(0)
    middle = -0.4 * np.arange(float(lags)) + rng.normal(size=lags)
    bands = np.stack([middle - 1, middle, middle + 1], axis=1)
    curves = {"profile": bands, "signal": bands, "jacobians": bands}
    errors = np.linspace(0.0, 1.0, lags)
    long = dataclasses.replace(layer, **curves, jacobian_error=errors, steps=lags)
    return dataclasses.replace(found, layers=(long,))


def saved(found, folder):
    """Return a diagnosis after a way to disk and back."""
    return Diagnosis.load(found.save(folder / "found"))


NUMBERS = {"NaN": math.nan, "inf": math.inf, "-inf": -math.inf, "huge": 1e308}
