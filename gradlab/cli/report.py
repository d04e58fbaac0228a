"""``gradlab report``: a saved diagnosis as a page, as Markdown or as LaTeX."""

import argparse
import pathlib

from gradlab.cli.arguments import require_writable
from gradlab.cli.terminal import busy, say
from gradlab.errors import InputError, StoreError
from gradlab.report import REPORTS, Report

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "result",
        type=pathlib.Path,
        metavar="RESULT.npz",
        help="what `gradlab diagnose --out RESULT.npz` wrote, or report.save",
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        metavar="FILE",
        help=f"where the report goes ({', '.join(REPORTS)}); default: it is printed",
    )
    parser.add_argument(
        "--explore",
        action="store_true",
        help="sliders in the page for gain, size and horizon; an exact one has them",
    )
    parser.epilog = (
        "examples:\n"
        "  gradlab report found.npz --out report.html\n"
        "  gradlab report found.npz --out report.tex"
    )


def execute(options: argparse.Namespace) -> int:
    """Read the diagnosis and write it in another form."""
    if options.out is not None:
        require_writable(options.out, REPORTS)
    if options.result.suffix != ".npz":
        message = f"RESULT must end in .npz; got {options.result}."
        raise InputError(message)
    if not options.result.is_file():
        message = f"{options.result} is not a regular file."
        raise InputError(message)
    try:
        report = Report.load(options.result)
    except StoreError as error:  # what a file holds is data, and nobody's disk failed
        raise InputError(str(error)) from error
    if options.out is None:
        print(report)
        return 0
    with busy("writing the report"):
        report.save(options.out, explore=True if options.explore else None)
    say(f"The report is in {options.out}.")
    return 0
