r"""Results become macros: paper/generated/numbers.tex, a line for each ``\val{key}``.

What has a meaning is also shown in the table at the end of a build.
"""

import json
import math
import pathlib

import numpy as np

from analysis.corpus import CHARACTERS, title
from analysis.numbers_audit import audit_numbers
from analysis.numbers_bifurcations import bifurcation_numbers, cliff_numbers
from analysis.numbers_diagnosis import diagnosis_numbers
from analysis.numbers_products import product_numbers
from analysis.numbers_pseudospectra import pseudospectra_numbers
from analysis.numbers_slope_radius import slope_radius_numbers
from analysis.numbers_soundness import soundness_numbers
from analysis.numbers_spectrum_theory import spectrum_theory_numbers
from analysis.numbers_sweep import accuracy_numbers, scaling_numbers, speed_numbers
from analysis.numbers_tightness import tightness_numbers
from analysis.numbers_training import long_numbers, training_numbers
from analysis.numbers_yardstick import yardstick_numbers
from analysis.paths import DATA, GENERATED, KEPT
from analysis.rounding import Number, count, gain, measured, plain_text, rate, rounded
from analysis.script import run_drawing
from analysis.store import load_table, parameters_of
from gradlab.butterfly import Flip, Influence, Twins, predictability_horizon
from gradlab.exponents import LyapunovSpectrum
from gradlab.gradients import GradientProfile, LagDecomposition
from gradlab.plots import FLOAT_LIMITS
from gradlab.studies import Comparison, agreement

__all__ = ["all_numbers"]

NEEDS = (
    "text",
    "accuracy",
    "bias_variance",
    "butterfly",
    "cliff",
    "diagnosis",
    "gradient_profile",
    "influence_balancing",
    "init_audit",
    "lag_share",
    "long_products",
    "long_training",
    "lyapunov_gain",
    "mutants",
    "pseudospectra",
    "scalar_bifurcation",
    "slope_radius",
    "soundness",
    "spectrum_theory",
    "speed",
    "strategies",
    "tightness",
    "training",
    "when_random_wins",
    "yardstick",
)
CELLS = {
    "rnn_g0p5": "RNN, gain 0.5",
    "rnn_g1": "RNN, gain 1",
    "rnn_g2": "RNN, gain 2",
    "lstm": "LSTM",
    "gru": "GRU",
}
READERS = {**CELLS, "rnn_g1p2": "RNN, gain 1.2"}
STRATEGIES = {  # a name in the text: a kind, and which of its rows
    "truncated": ("truncated", "Truncated(window=8,"),
    "segments": ("segmented", "Segmented(length=16,"),
    "random": ("random", "RandomTruncation(keep=0.9,"),
    "letter": ("letter", "RandomTruncation(keep=0.9,"),
    "renewal": ("renewal", "RenewalTruncation(law=Waring(length=8.0,"),
    "window": ("window", "RandomWindow(law=Geometric(keep=0.9)"),
    "best": ("optimal", "reach 8"),
    "half": ("random", "RandomTruncation(keep=0.5,"),
    "cheap": ("random", "RandomTruncation(keep=0.8,"),
    "cheap.renewal": ("renewal", "RenewalTruncation(law=Waring(length=4.0,"),
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
    if any(KEPT.glob("long_training*.npz")):
        found += long_numbers()
    if any(KEPT.glob("speed.npz")):
        found += speed_numbers()
    if any(KEPT.glob("scaling.npz")):
        found += scaling_numbers()
    return [*found, *soundness_numbers()]


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


def lag_numbers() -> list[Number]:
    sizes = parameters_of("lag_share-lstm")
    found = [count("lag.n", sizes["n"]), count("lag.steps", sizes["steps"])]
    for cell, name in READERS.items():
        lags = LagDecomposition.load(DATA / f"lag_share-{cell}")
        bias = lags.relative_bias
        meaning = f"{name} on the text: window for a bias of 1 %"
        found += [
            rounded(f"lag.{cell}.first", float(lags.share[0]), 2),
            rounded(f"lag.{cell}.ten", float(lags.share[:10].sum()), 2),
            rounded(f"lag.{cell}.bias", float(bias[9]), 2),
            count(f"lag.{cell}.tenth", first_within(bias, 0.1)),
            count(f"lag.{cell}.hundredth", first_within(bias, 0.01), meaning, "steps"),
        ]
    return found


def first_within(bias: np.ndarray, limit: float) -> int:
    """Return the smallest window that is within the limit, as all larger ones are."""
    above = np.flatnonzero(bias > limit)
    return int(above[-1]) + 2 if len(above) else 1


def strategy_numbers() -> list[Number]:
    table, sizes = load_table("bias_variance-reach")
    found = [count("bias.n", sizes["n"]), count("bias.steps", sizes["steps"])]
    exponent = parameters_of("bias_variance-renewal_lstm")["exponent"]
    found.append(rounded("bias.exponent", exponent, 1))
    for name, (kind, start) in STRATEGIES.items():
        for cell in ("rnn_g1", "rnn_g1p5", "lstm"):
            rows = Comparison.load(DATA / f"bias_variance-{kind}_{cell}")
            (at,) = [k for k, n in enumerate(rows.names) if n.startswith(start)]
            error = float(rows.relative_error[at])
            found.append(rounded(f"bias.{cell}.{name}", error, 2))
        found.append(rounded(f"bias.reach.{name}", float(table[kind][at]), 2))
    return found


def line_numbers() -> list[Number]:
    table, sizes = load_table("strategies")
    found = [count("line.n", sizes["n"]), count("line.length", sizes["length"])]
    found += [rounded("line.keep", sizes["keep"], 1)]
    found += [rounded("line.gain", sizes["gain"], 1)]
    for way in ("random", "regular"):
        found += [
            rounded(f"line.{way}.{part}", float(table[f"{part}_{way}"]), 2)
            for part in ("cosine", "size", "error")
        ]
    return found


def balancing_numbers() -> list[Number]:
    table, sizes = load_table("influence_balancing")
    values, windows = table["truncated"], table["windows"]
    right = np.sign(values) == np.sign(sizes["full"])
    turn = int(windows[right][0])
    top = int(np.argmax(values))
    meaning = "influence balancing: smallest window with the right sign"
    found = [
        count("balancing.n", sizes["n"]),
        count("balancing.positive", sizes["positive"]),
        rounded("balancing.full", sizes["full"], 1),
        rounded("balancing.exponent", sizes["exponent"], 1),
        count("balancing.turn", turn, meaning, "steps"),
        count("balancing.wrong", turn - 1),
        rounded("balancing.top", float(values[top]), 3),
        count("balancing.top.window", windows[top]),
    ]
    for length in (10, 20, 50, 100):
        (at,) = np.flatnonzero(table["lengths"] == length)
        for way in ("geometric", "renewal", "optimised"):
            key = f"balancing.{way}.{length}"
            found.append(rounded(key, float(table[way][at]), 5))
    return found


def win_numbers() -> list[Number]:
    table, sizes = load_table("when_random_wins")
    found = [count(f"wins.{key}", sizes[key]) for key in ("n", "steps", "networks")]
    small = table["gains"] < 1
    for way in ("constant", "best"):
        for other in ("regular", "segments"):
            wins = table[way] < table[other]
            meaning = f"random truncation ({way} π) beats {other}, of all cases"
            share = 100 * float(wins.mean())
            found.append(rounded(f"wins.{way}.{other}", share, 2, meaning, "%"))
        cases = table[way][small] < table["regular"][small]
        found.append(count(f"wins.{way}.small", int(cases.sum())))
    # The corner of the map where both the gain and the reach are large.
    corner = (table["best"] < table["regular"])[-4:, -2:]
    return [
        *found,
        rounded("wins.long", 100 * float(corner.mean()), 3),
        rounded("wins.reach", float(table["reach"][-2]), 2),
        rounded("wins.gain", float(table["gains"][-4]), 3),
    ]


ANALYSES = {
    "accuracy": accuracy_numbers,
    "gradient_profile": profile_numbers,
    "butterfly": butterfly_numbers,
    "lyapunov_gain": gain_numbers,
    "long_products": product_numbers,
    "lag_share": lag_numbers,
    "bias_variance": strategy_numbers,
    "strategies": line_numbers,
    "influence_balancing": balancing_numbers,
    "init_audit": audit_numbers,
    "when_random_wins": win_numbers,
    "training": training_numbers,
    "yardstick": yardstick_numbers,
    "spectrum_theory": spectrum_theory_numbers,
    "pseudospectra": pseudospectra_numbers,
    "cliff": cliff_numbers,
    "diagnosis": diagnosis_numbers,
    "scalar_bifurcation": bifurcation_numbers,
    "slope_radius": slope_radius_numbers,
    "tightness": tightness_numbers,
}

if __name__ == "__main__":
    run_drawing(main)
