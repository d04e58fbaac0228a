"""The command line: read the arguments, load one command, turn errors into exit codes.

Exit codes: 0 done, 2 wrong usage, 4 unusable data, 5 input/output, 130 interrupted.
Nothing heavy is imported before it is known which command is wanted.
"""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from gradlab._version import VERSION
from gradlab.errors import GradlabError

__all__ = ["main"]

_COMMANDS = {
    "demo": "one telling figure and ten lines of plain words, in seconds",
    "profile": "how far back the gradient of a cell reaches through a text",
    "exponents": "Lyapunov exponents: does a small change grow or die?",
    "bounds": "what theorems promise about a run, beside what happens",
    "diagnose": "whether a gradient vanishes or explodes, why, and what to do",
    "report": "a saved diagnosis as a page, as Markdown or as LaTeX",
    "audit": "what an initialisation does to gradients, beside its weights",
    "watch": "a training run's gradients, live from the log of a monitor",
    "derive": "the formulas behind all this, derived on the spot",
    "reproduce": "rebuild the paper's figures and numbers (in a source checkout)",
}
_USAGE, _DATA, _IO, _INTERRUPTED = 2, 4, 5, 130
# `python -O`, pipes to `head` and the like close standard output early: not an error.
_PIPE = 141


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that never guesses abbreviations and errs in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    _speak_anywhere()
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser(given)
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return 0
    return _guarded(options)


def _speak_anywhere() -> None:
    """Let a terminal that has no λ show its escape, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gradlab",
        usage="gradlab [-h] [--version] COMMAND [options]",
        description="Exploding and vanishing gradients through time, exactly.",
        epilog="gradlab COMMAND --help explains a command, with examples.",
        allow_abbrev=False,
        formatter_class=_formatter,
    )
    parser.add_argument("--version", action="version", version=f"gradlab {VERSION}")
    commands = parser.add_subparsers(
        dest="command",
        prog="gradlab",
        title="commands",
        metavar="COMMAND is one of",
    )
    wanted = next((word for word in given if not word.startswith("-")), None)
    for name, summary in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=_formatter,
            allow_abbrev=False,
        )
        if name == wanted:
            importlib.import_module(f"gradlab.cli.{name}").configure(command)
    return parser


def _guarded(options: argparse.Namespace) -> int:
    """Run the command with one BLAS thread; say any error in one line."""
    try:
        limits = importlib.import_module("threadpoolctl").threadpool_limits
        with limits(1):
            code = importlib.import_module(f"gradlab.cli.{options.command}").execute(
                options
            )
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _complain("interrupted", _INTERRUPTED)
    except BrokenPipeError:
        # Python flushes standard output once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE
    except GradlabError as error:
        return _complain(error, _IO if isinstance(error, OSError) else _DATA)
    except OSError as error:
        return _complain(error, _IO)
    return int(code)


def _complain(error: object, code: int) -> int:
    text = " ".join(str(error).split())
    printable = text.encode(errors="backslashreplace").decode()
    print(f"gradlab: {printable}", file=sys.stderr)
    return code
