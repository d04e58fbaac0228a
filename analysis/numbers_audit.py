"""Numbers of initialisations: horizons before and after training, and limits."""

import math

from analysis.rounding import Number, count, rounded
from analysis.store import Table, load_table

__all__ = ["audit_numbers"]

SHOWN = {  # key in the text: cell, initialisation, stage
    "rnn.torch": ("rnn", "torch", "untrained"),
    "rnn.torch.trained": ("rnn", "torch", "trained"),
    "rnn.keras": ("rnn", "keras", "untrained"),
    "rnn.keras.trained": ("rnn", "keras", "trained"),
    "lstm.torch": ("lstm", "torch", "untrained"),
    "lstm.keras": ("lstm", "keras", "untrained"),
    "lstm.flax": ("lstm", "flax", "untrained"),
    "lstm.keras.trained": ("lstm", "keras", "trained"),
    "lstm.chrono": ("lstm", "chrono", "untrained"),
}
MEANINGS = {
    "lstm.torch": "torch's LSTM, untrained: a thousandth is left",
    "lstm.keras": "Keras's LSTM, untrained: a thousandth is left",
}


def audit_numbers() -> list[Number]:
    rows, sizes = load_table("init_audit-rows")
    limits, matrices = load_table("init_audit-limits")
    names = "n", "steps", "sequences", "updates", "batch", "length"
    found = [count(f"audit.{name}", sizes[name]) for name in names]
    found += [count("audit.largest", matrices["n"][-1])]
    for name, value in (("radius", 1 / math.sqrt(3)), ("norm", 2 / math.sqrt(3))):
        found += [
            rounded(f"audit.{name}", float(limits[name][-1]), 3),
            rounded(f"audit.{name}.limit", value, 4),
        ]
    for key, row in SHOWN.items():
        k = place(rows, row)
        meaning = MEANINGS.get(key, "")
        last = float(rows["last"][k])
        found += [
            rounded(f"audit.{key}.horizon", last, 3, meaning, "steps back"),
            rounded(f"audit.{key}.lambda", float(rows["exponent"][k]), 3),
            rounded(f"audit.{key}.factor", math.exp(float(rows["exponent"][k])), 3),
            rounded(f"audit.{key}.reached", 100 * float(rows["reached_last"][k]), 2),
        ]
    return [*found, *range_of_trained(rows)]


def place(rows: Table, wanted: tuple[str, str, str]) -> int:
    keys = zip(rows["cell"], rows["initialisation"], rows["stage"], strict=True)
    return [tuple(map(str, key)) for key in keys].index(wanted)


def range_of_trained(rows: Table) -> list[Number]:
    """Return the least and the largest horizon of trained models, if any has one."""
    ends = rows["last"][(rows["stage"] == "trained") & (rows["last"] < math.inf)]
    least, most = (ends.min(), ends.max()) if len(ends) else (math.nan, math.nan)
    return [
        rounded("audit.least", float(least), 3),
        rounded("audit.most", float(most), 3),
    ]
