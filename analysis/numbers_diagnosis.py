"""Numbers of the diagnoses: verdicts, horizons, precision budgets, remedies."""

import math

import numpy as np

from analysis.data_diagnosis import BIASES, GAINS
from analysis.paths import DATA
from analysis.rounding import Number, count, measured, plain_text, rounded
from analysis.store import parameters_of
from gradlab.studies import Diagnosis, LayerDiagnosis
from gradlab.studies.diagnosis.precision import FORMATS

__all__ = ["diagnosis_numbers"]

MODELS = {
    "rnn": "RNN",
    "lstm": "LSTM",
    "gru": "GRU",
    "bias": "LSTM, forget bias 1",
    "orthogonal": "RNN, orthogonal",
    "loud": "RNN, gain 2",
    "trained_rnn": "RNN, trained",
    "trained_lstm": "LSTM, trained",
}
ROUNDED = ("float32", "bfloat16", "float16")
ZERO = ("float32", "float16")


def diagnosis_numbers() -> list[Number]:
    sizes = parameters_of("diagnosis-lstm")
    found = [
        count(f"diagnosis.{k}", sizes[k]) for k in ("n", "steps", "sequences", "long")
    ]
    found += [
        count(f"diagnosis.updates.{kind}", k) for kind, k in sizes["updates"].items()
    ]
    for name, title in MODELS.items():
        found += model_numbers(name, title)
    return found + budget_numbers()


def model_numbers(name: str, title: str) -> list[Number]:
    diagnosis = Diagnosis.load(DATA / f"diagnosis-{name}")
    (layer,) = diagnosis.layers
    key = f"diagnosis.{name}"
    meaning = f"{title}: steps back at which a thousandth is left"
    found = [
        plain_text(f"{key}.verdict", diagnosis.verdict.value),
        lag(f"{key}.horizon", layer.horizon, layer, meaning),
        measured(f"{key}.lambda", layer.exponent, layer.stderr),
        rounded(f"{key}.left", float(layer.left[1]) / math.log(10), 2),
        count(f"{key}.zero.steps", layer.zero_steps),
    ]
    found += [lag(f"{key}.{k}", layer.rounded_at[k], layer) for k in ROUNDED]
    found += [lag(f"{key}.zero.{k}", layer.zero_at[k], layer) for k in ZERO]
    for remedy in layer.remedies:
        tried = f"{key}.{remedy.name.replace(' ', '')}"
        found += [
            lag(f"{tried}.horizon", remedy.horizon_after, layer),
            rounded(f"{tried}.lambda", remedy.exponent_after, 2),
        ]
    return found


def lag(key: str, steps: float, layer: LayerDiagnosis, meaning: str = "") -> Number:
    """Return a lag in whole steps, or that it lies beyond the sequence."""
    if math.isnan(steps):
        return plain_text(key, "–", meaning)
    if math.isinf(steps):
        return plain_text(key, f"over {len(layer.profile) - 1:,}", meaning)
    return count(key, round(steps), meaning, "steps" if meaning else "")


def budget_numbers() -> list[Number]:
    """Return how far from ln(1/u)/|λ_1| formats lose gradients, at most."""
    names = [*(f"lstm{k}" for k in range(len(BIASES)))]
    names += [f"rnn{k}" for k in range(len(GAINS))]
    layers = [
        Diagnosis.load(DATA / f"diagnosis-budget_{name}").layers[0] for name in names
    ]
    found = [count("diagnosis.budget.networks", len(layers))]
    for name, swept in (("bias", BIASES), ("gain", GAINS)):
        key = f"diagnosis.budget.{name}"
        found.append(plain_text(f"{key}.least", f"{min(swept):g}"))
        found.append(plain_text(f"{key}.most", f"{max(swept):g}"))
    for name in ROUNDED:
        bits = -FORMATS[name].log_roundoff
        shares = np.array(
            [-layer.exponent * layer.rounded_at[name] / bits for layer in layers]
        )
        seen = shares[np.isfinite(shares)]
        found += [
            rounded(f"diagnosis.budget.{name}.least", float(seen.min()), 2),
            rounded(f"diagnosis.budget.{name}.most", float(seen.max()), 2),
        ]
    return found
