"""What every script does at its end: read ``--quick``, pin BLAS to one thread, run."""

import argparse
import pathlib
import sys
from collections.abc import Callable, Iterable

import threadpoolctl

from analysis.paths import ROOT

__all__ = ["run_script"]


def run_script(main: Callable[[bool], Iterable[pathlib.Path]]) -> None:
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
