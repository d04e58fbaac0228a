r"""Results become macros: paper/generated/numbers.tex, a line for each ``\val{key}``.

What has a meaning is also shown in the table at the end of a build.
"""

import json
import math
import pathlib

import numpy as np

from analysis.corpus import CHARACTERS, title
from analysis.paths import DATA, GENERATED
from analysis.rounding import Number, count, gain, measured, plain_text, rate, rounded
from analysis.script import run_drawing
from analysis.store import load_table, parameters_of
from gradlab.butterfly import Flip, Influence, Twins, predictability_horizon
from gradlab.exponents import LyapunovSpectrum
from gradlab.gradients import GradientProfile
from gradlab.plots import FLOAT_LIMITS
from gradlab.studies import agreement

__all__ = ["all_numbers"]

NEEDS = ("text", "butterfly", "gradient_profile", "long_products", "lyapunov_gain")
CELLS = {
    "rnn_g0p5": "RNN, gain 0.5",
    "rnn_g1": "RNN, gain 1",
    "rnn_g2": "RNN, gain 2",
    "lstm": "LSTM",
    "gru": "GRU",
}
GAINS = {"g0p5": "0.5", "g1": "1", "g2": "2"}


def main() -> list[pathlib.Path]:
    """Write numbers.tex and, for the table of the build, numbers.json."""
    found = all_numbers()
    lines = [
        f"\\expandafter\\def\\csname val@{number.key}\\endcsname{{{number.tex}}}"
        for number in found
    ]
    rows = [
        {"key": n.key, "plain": n.plain, "meaning": n.meaning, "shown": n.shown}
        for n in found
    ]
    GENERATED.mkdir(parents=True, exist_ok=True)
    tex, table = GENERATED / "numbers.tex", GENERATED / "numbers.json"
    tex.write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    table.write_text(text + "\n", encoding="utf-8")
    return [tex, table]


def all_numbers() -> list[Number]:
    """Return every number whose analysis has been run."""
    found = [plain_text("text.title", title(), "text read")]
    found += [count("text.characters", CHARACTERS)]
    for name, numbers in ANALYSES.items():
        if any(DATA.glob(f"{name}*.npz")):
            found += numbers()
    return found


def profile_numbers() -> list[Number]:
    found = []
    first = parameters_of("gradient_profile-profile_lstm")
    found.append(count("profile.n", first["n"]))
    found += [rounded(f"profile.{k}", level, 3) for k, level in FLOAT_LIMITS.items()]
    for cell, name in CELLS.items():
        profile = GradientProfile.load(DATA / f"gradient_profile-profile_{cell}")
        spectrum = LyapunovSpectrum.load(DATA / f"gradient_profile-spectrum_{cell}")
        key, meaning = f"profile.{cell}", f"{name} on the text: gradients"
        found += [
            rate(f"{key}.lambda", spectrum.top, spectrum.stderr[0], meaning),
            rounded(f"{key}.factor", math.exp(spectrum.top), 3),
            rounded(f"{key}.top", float(profile.log_top[-1]), 3),
            rounded(f"{key}.mean", float(profile.log_mean[-1]), 3),
            rounded(f"{key}.bottom", float(profile.log_bottom[-1]), 4),
            rounded(f"{key}.rate", profile.rate, 3),
        ]
        found += [
            lost(f"{key}.{kind}", profile, level)
            for kind, level in FLOAT_LIMITS.items()
        ]
    return found


def lost(key: str, profile: GradientProfile, level: float) -> Number:
    """Return the first lag looked at where even σ_1 is below a format's smallest."""
    below = np.flatnonzero(profile.log_top < level)
    return count(key, profile.lags[below[0]]) if len(below) else plain_text(key, "none")


def butterfly_numbers() -> list[Number]:
    found = []
    for place, name in GAINS.items():
        spectrum = LyapunovSpectrum.load(DATA / f"butterfly-spectrum_{place}")
        influence = Influence.load(DATA / f"butterfly-influence_{place}")
        changed = Flip.load(DATA / f"butterfly-flip_{place}")
        key = f"butterfly.{place}"
        meaning = f"gain {name}: influence of character 1 on the last output"
        found += [
            measured(f"{key}.lambda", spectrum.top, spectrum.stderr[0]),
            gain(f"{key}.influence", float(influence.log_norms[0]), meaning),
            rounded(f"{key}.variation", float(changed.total_variation[-1]), 2),
            rounded(f"{key}.change", float(changed.log_output[-1]), 3),
        ]
    return found + twin_numbers()


def twin_numbers() -> list[Number]:
    parameters = parameters_of("butterfly-spectrum_g2")
    spectrum = LyapunovSpectrum.load(DATA / "butterfly-spectrum_g2")
    pairs = [
        Twins.load(DATA / f"butterfly-twins{k}_g2") for k in range(parameters["pairs"])
    ]
    rates = np.array([pair.rate for pair in pairs])
    until = np.array([pair.linear_until for pair in pairs])
    scores = [agreement(pair, spectrum).z for pair in pairs]
    saturation = float(np.median([pair.log_saturation for pair in pairs]))
    separation = float(parameters["separation"])
    horizon = predictability_horizon(spectrum.top, separation, math.exp(saturation))
    spread = float(rates.std(ddof=1) / math.sqrt(len(rates)))
    return [
        count("butterfly.pairs", len(pairs)),
        rounded("butterfly.separation", separation, 1),
        rate("butterfly.rate", float(rates.mean()), spread, "gain 2: twins part by"),
        rounded("butterfly.z", float(np.abs(scores).max()), 2),
        count("butterfly.until", int(np.median(until))),
        rounded("butterfly.saturation", saturation, 3),
        count("butterfly.horizon", round(horizon.steps)),
    ]


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


def gain_numbers() -> list[Number]:
    table, parameters = load_table("lyapunov_gain")
    gains, theory = table["theory_gains"], table["theory"]
    found = [count("gain.networks", parameters["networks"])]
    found += [count("gain.steps", parameters["steps"])]
    for place, n in zip(("small", "large"), parameters["sizes"], strict=True):
        values = table[f"leading_{n}"]
        means = values.mean(axis=1)
        errors = values.std(axis=1, ddof=1) / math.sqrt(values.shape[1])
        found.append(count(f"gain.{place}.n", n))
        for k in np.flatnonzero(np.isin(table["gains"], [0.6, 1.4, 2.0, 3.0])):
            key = f"gain.{place}.{table['gains'][k]:g}"
            meaning = f"λ_1 at gain 2, n = {n}" if table["gains"][k] == 2 else ""
            found.append(rate(key, means[k], errors[k], meaning))
    for g in (0.6, 1.4, 2.0, 3.0):
        exact = float(np.interp(g, gains, theory))
        meaning = "λ_1 at gain 2, mean field" if g == 2 else ""
        found.append(rounded(f"gain.theory.{g:g}", exact, 4, meaning, "nats per step"))
    return [*found, spectrum_gap(table)]


def spectrum_gap(table: dict) -> Number:
    """Return how far measured spectra are from theory at most, for 0.05 < x < 0.95."""
    n = table["spectra"].shape[-1]
    places = (np.arange(n) + 0.5) / n
    inner = (places > 0.05) & (places < 0.95)
    gaps = [
        np.abs(np.interp(places, table["places"], curve) - mean)[inner].max()
        for curve, mean in zip(
            table["theory_spectra"], table["spectra"].mean(axis=1), strict=True
        )
    ]
    return rounded("gain.gap", float(max(gaps)), 2)


ANALYSES = {
    "gradient_profile": profile_numbers,
    "butterfly": butterfly_numbers,
    "lyapunov_gain": gain_numbers,
    "long_products": product_numbers,
}

if __name__ == "__main__":
    run_drawing(main)
