"""The table of gradient horizons as a file of the repository: kept/horizons.csv.

``python -m analysis.data_init_audit && python -m analysis.keep_horizons``, of the full
sizes. A row is a cell, an initialisation, a stage of training and a loss.
"""

import pathlib

from analysis.paths import KEPT
from analysis.store import Table, load_table
from gradlab import __version__

__all__ = ["COLUMNS", "csv_lines", "main"]

COLUMNS = (
    "cell,initialisation,stage,loss,horizon,states_reached,"
    "exponent,exponent_stderr,spectral_radius,norm"
)
COMMAND = "python -m analysis.data_init_audit && python -m analysis.keep_horizons"


def main() -> pathlib.Path:
    rows, sizes = load_table("init_audit-rows")
    if sizes["quick"]:
        message = "the data are those of a quick build: run data_init_audit again."
        raise SystemExit(message)
    KEPT.mkdir(exist_ok=True)
    path = KEPT / "horizons.csv"
    path.write_text("\n".join([*head(sizes), *csv_lines(rows), ""]), encoding="utf-8")
    return path


def head(sizes: dict) -> list[str]:
    """Return where the table comes from, as lines that begin with #."""
    return [
        "# Gradient horizons in steps: how far back a thousandth of a loss is left.",
        f"# gradlab {__version__}, seed 0, made by: {COMMAND}",
        f"# text: {sizes['text']}; units {sizes['n']}, steps {sizes['steps']}, "
        f"sequences {sizes['sequences']}; trained: {sizes['updates']} updates of "
        f"{sizes['batch']} x {sizes['length']} symbols, Adam {sizes['rate']:g}, clip "
        f"{sizes['clip']:g}",
        "# radius and norm are the largest of a cell's gates; inf: beyond the sequence",
        COLUMNS,
    ]


def csv_lines(rows: Table) -> list[str]:
    """Return a line for each of both losses, numbers to six digits."""
    found = []
    for k, cell in enumerate(rows["cell"]):
        key = [str(cell), str(rows["initialisation"][k]), str(rows["stage"][k])]
        shared = [rows[name][k] for name in ("exponent", "stderr", "radius", "norm")]
        for loss, name in (("last-step", "last"), ("every-step", "every")):
            numbers = [rows[name][k], rows[f"reached_{name}"][k], *shared]
            found.append(",".join([*key, loss, *(f"{x:.6g}" for x in numbers)]))
    return found


if __name__ == "__main__":
    print(main())
