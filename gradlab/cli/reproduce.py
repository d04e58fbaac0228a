"""``gradlab reproduce``: rebuild what is stale of the paper's figures and numbers."""

import argparse
import pathlib
import subprocess
import sys

from gradlab.errors import InputError

__all__ = ["configure", "execute"]

_BUILD = pathlib.Path("analysis", "build.py")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--only", metavar="NAME", help="one figure and what it needs")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: a minute, not the paper's"
    )
    parser.add_argument(
        "--check", action="store_true", help="build nothing; fail if anything is stale"
    )
    parser.epilog = (
        "The analyses live in gradlab's source checkout, beside the package: run\n"
        "this there, or anywhere below it.\n\n"
        "example:\n  gradlab reproduce --only long_products"
    )


def execute(options: argparse.Namespace) -> int:
    """Run analysis/build.py of the checkout and return its exit code."""
    checkout = _checkout(pathlib.Path.cwd())
    words = [sys.executable, str(_BUILD)]
    words += ["--only", options.only] if options.only else []
    words += [f"--{flag}" for flag in ("quick", "check") if getattr(options, flag)]
    return subprocess.run(words, cwd=checkout, check=False).returncode


def _checkout(here: pathlib.Path) -> pathlib.Path:
    for folder in (here, *here.parents):
        if (folder / _BUILD).is_file() and (folder / "gradlab").is_dir():
            return folder
    message = (
        "the analyses are part of gradlab's source checkout, and "
        f"{here} is not inside one. Run `gradlab reproduce` there."
    )
    raise InputError(message)
