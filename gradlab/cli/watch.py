"""``gradlab watch``: a monitor's log in the terminal, while it is being written."""

import argparse
import pathlib
import shutil
import sys
import time

from gradlab.cli.arguments import number
from gradlab.cli.curves import name_shown, signs_for
from gradlab.cli.monitor_screen import sample_line, screen
from gradlab.errors import InputError, StoreError
from gradlab.studies import MonitorLog
from gradlab.studies.monitor_lines import Tail
from gradlab.studies.monitor_log import log_of

__all__ = ["configure", "execute"]

_NARROW = 40  # columns below which nothing can be laid out


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("log", type=pathlib.Path, metavar="LOG", help="run.jsonl")
    parser.add_argument(
        "--once", action="store_true", help="show what there is now, and end"
    )
    parser.add_argument(
        "--every",
        type=number,
        default=1.0,
        metavar="SECONDS",
        help="how often to look; default: 1",
    )
    parser.epilog = (
        "The log is what gradlab.GradientMonitor writes while a model trains: how far\n"
        "back in time gradients reach, their norm before clipping, and where they\n"
        "stopped being finite. On a terminal the picture is drawn in place; into a\n"
        "pipe goes one line for every sample. It ends with the run, or with Ctrl-C.\n\n"
        "examples:\n"
        "  gradlab watch run.jsonl\n"
        "  gradlab watch run.jsonl --once"
    )


def execute(options: argparse.Namespace) -> int:
    """Show the log as it stands, and go on until its run ends."""
    if options.every <= 0:
        message = f"--every must be above 0; got {options.every:g}."
        raise InputError(message)
    tail = Tail(options.log)
    if options.once:
        tail.poll()
        whole = log_of(tail.records, name=str(options.log))
        print("\n".join(_lines(whole)))
        return 0
    view = _Redrawn() if sys.stdout.isatty() else _Printed()
    while True:
        if tail.poll():
            log = _log(tail)
            if log is not None:
                view.show(log)
        if tail.is_ended:
            return 0
        time.sleep(options.every)


def _log(tail: Tail) -> MonitorLog | None:
    """Return the log, None while there is no header yet."""
    try:
        return log_of(tail.records, name=str(tail.path))
    except StoreError:
        return None


def _lines(log: MonitorLog) -> list[str]:
    columns, rows = shutil.get_terminal_size()
    return screen(log, signs_for(), width=max(columns, _NARROW), height=max(rows, 10))


class _Redrawn:
    """A screen that is drawn over itself."""

    def __init__(self) -> None:
        self._drawn = 0

    def show(self, log: MonitorLog) -> None:
        """Draw over what was drawn before."""
        lines = _lines(log)
        up = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        sys.stdout.write(up + "\n".join(lines) + "\n")
        sys.stdout.flush()
        self._drawn = len(lines)


class _Printed:
    """A line for every sample and every event that is new."""

    def __init__(self) -> None:
        self._samples = self._events = 0

    def show(self, log: MonitorLog) -> None:
        """Print what came since the last time."""
        signs = signs_for()
        if len(log) < self._samples:  # another run begins in the same file
            self._samples = self._events = 0
        for k in range(self._samples, len(log)):
            print(sample_line(log, k, signs))
        for event in log.events[self._events :]:
            print(name_shown(f"! {event.describe()}"))
        self._samples, self._events = len(log), len(log.events)
        sys.stdout.flush()
