"""Times beside those of others in one run, and one table of what is to be reached.

Run by `make bench`; ``--keep`` keeps the result in analysis/kept for the paper.
"""

import argparse
import pathlib

from analysis.long_training import committed
from analysis.paths import KEPT
from analysis.store import save_table
from benchmarks import joint, norms, pseudospectra, spectra
from benchmarks.claims import CLAIMS, print_claims, ratio_of
from benchmarks.record import print_missing, versions
from benchmarks.works import Found, Works, columns_of, measure, rows_of

__all__ = ["main", "works"]

PARTS = {
    "spectra": spectra,
    "pseudospectra": pseudospectra,
    "joint": joint,
    "norms": norms,
}
COMMAND = "python -m benchmarks.speed --keep"


def main() -> None:
    """Print all times, the ratios that are to be reached, and what was left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep it for the paper")
    keep = parser.parse_args().keep
    commit = committed() if keep else ""
    found: Found = {}
    for section, part in PARTS.items():
        found |= measure(section, part.works())
    print_claims(found)
    print_missing()
    if keep:
        for path in keep_found(found, commit):
            print(path.name)


def works() -> Works:
    """Return what is measured, part by part."""
    return {
        work: call for part in PARTS.values() for work, call in part.works().items()
    }


def keep_found(
    found: Found, commit: str, folder: pathlib.Path = KEPT
) -> list[pathlib.Path]:
    """Keep what was measured, with its provenance, and return where."""
    columns = columns_of(("work", "way", "seconds"), rows_of(found))
    asked = [(*claim, ratio_of(claim, found)) for claim in CLAIMS]
    names = ("claim_work", "claim_way", "claim_against", "at_least", "ratio")
    columns |= columns_of(names, (row for row in asked if row[-1] is not None))
    parameters = {
        "command": COMMAND,
        "commit": commit,
        "libraries": versions(),
        "rounds": spectra.ROUNDS,
        "gain": spectra.GAIN,
        "steps": spectra.STEPS,
    }
    return save_table(
        "speed", columns, seed=[0, 1], parameters=parameters, folder=folder
    )


if __name__ == "__main__":
    main()
