"""What every script does at its end: read ``--quick``, pin BLAS to one thread, run."""

import argparse
import pathlib
import sys
from collections.abc import Callable, Iterable

import threadpoolctl
from matplotlib.figure import Figure

from analysis.paths import ROOT

__all__ = ["note_quick", "run_data", "run_drawing"]


def run_data(main: Callable[[bool], Iterable[pathlib.Path]]) -> None:
    """Call ``main(quick)`` and print the paths it wrote, relative to the root.

    BLAS gets one thread: two of them on a busy machine make small factorisations ten
    times slower, and the builder runs scripts side by side instead.
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    options = parser.parse_args()
    with threadpoolctl.threadpool_limits(limits=1):
        for path in main(options.quick):
            print(pathlib.Path(path).resolve().relative_to(ROOT).as_posix())


def run_drawing(main: Callable[[], Iterable[pathlib.Path]]) -> None:
    """Do the same for a script that draws what is stored, quick or not."""
    run_data(lambda _: main())


def note_quick(fig: Figure, parameters: dict[str, object]) -> None:
    """Say on a figure of the quick build that its sizes are not the paper's."""
    if parameters["quick"]:
        fig.suptitle("quick build: small sizes", fontsize=7, color="#6e6e6e")
