"""Mutants of the certified code: a test must fail for every change of its meaning.

Run by `make mutants`: each mutant of `gradlab/bounds` and `gradlab/verified` changes
one place, and the tests that execute that place run on it, quickest first, until one
fails.  Code that only proposes is left out: `tests/cases/proposals.py` lists it, and a
law shows that nothing it may return makes a certificate wrong.

A survivor must stand in `analysis/kept/mutants.json` with the reason why it may: it
only widens what is promised or, then "equivalent", computes the same.  Survivors are
known there by their function and their code, not by their line; "others" are those of
earlier samples.  "at_first" counts how many were killed by the tests that were there
when they were first tried, of the code as it was then.

`python -m benchmarks.mutants --sample 200 --seed 1` tries some; `--only norm_product`
those of files so named; `--update` enters new survivors, whose reasons are left empty.
"""

import argparse
import hashlib
import json
import math
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from coverage import CoverageData

from analysis.paths import KEPT
from benchmarks.mutations import Mutant, mutants, source_of
from tests.cases.proposals import proposes

__all__ = ["EQUIVALENT", "RECORD", "main"]

ROOT = pathlib.Path(__file__).parents[1]
RECORD = KEPT / "mutants.json"
MUTATED = ("gradlab/bounds", "gradlab/verified")
CANDIDATES = (
    *MUTATED,
    "tests/bounds",
    "tests/verified",
    "tests/laws/test_bounds.py",
    "tests/laws/test_directed_rounding.py",
    "tests/laws/test_exact_values.py",
    "tests/laws/test_proposals.py",
    "tests/laws/test_run_theorems.py",
)
COPIED = ("gradlab", "tests", "benchmarks", "conftest.py", "pyproject.toml")
OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
LIMIT, SLOWER = 30.0, 10.0  # seconds, and times what the tests took unchanged
MEMORY = 2**33  # bytes; one mutant doubles a precision without end
BUDGET = 150.0  # seconds of tests for one mutant, as they took unchanged
PASSED = 0
EQUIVALENT = "equivalent: "  # how the reason of a mutant that computes the same begins


class Covering:
    """Which tests execute a line, quickest first, from one run with contexts."""

    def __init__(self, copy: pathlib.Path) -> None:
        data = copy / "coverage"
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-vv", "-p", "no:cacheprovider"),
            *("--cov=gradlab.bounds", "--cov=gradlab.verified", "--cov-context=test"),
            *("--cov-report=", "--cov-fail-under=0"),
            *("--durations=0", "--durations-min=0", *CANDIDATES),
        ]
        env = environment() | {"COVERAGE_FILE": str(data)}
        done = subprocess.run(
            command, cwd=copy, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode != PASSED:
            sys.exit(f"the tests fail without any mutant:\n{done.stdout[-3000:]}")
        rows = re.findall(r"^([\d.]+)s call +(.+)$", done.stdout, re.MULTILINE)
        self.seconds = {test: float(duration) for duration, test in rows}
        stored = CoverageData(str(data))
        stored.read()
        self.lines = {
            pathlib.Path(file).relative_to(copy).as_posix(): stored.contexts_by_lineno(
                file
            )
            for file in stored.measured_files()
        }

    def tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that execute a mutant's lines, or else its file."""
        lines = self.lines.get(mutant.file, {})
        found = self._known(
            context for line in mutant.lines for context in lines.get(line, [])
        )
        if not found or mutant.at_import:
            found = self._known(context for line in lines.values() for context in line)
        chosen, spent = [], 0.0
        for test in sorted(found, key=lambda test: (self.seconds[test], test)):
            spent += self.seconds[test]
            if chosen and spent > BUDGET:
                break
            chosen.append(test)
        return chosen

    def _known(self, contexts: Iterator[str]) -> set[str]:
        tests = {context.removesuffix("|run") for context in contexts}
        return tests & self.seconds.keys()


def environment() -> dict[str, str]:
    """Return what the tests run under: nothing by chance, and no other copy."""
    return os.environ | {"HYPOTHESIS_PROFILE": "mutants", "PYTHONPATH": "."}


def copied(folder: pathlib.Path) -> pathlib.Path:
    """Return a copy of what is tested and of its tests."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    return folder


def started(mutant: Mutant | None, tests: list[str], copy: pathlib.Path) -> int:
    """Return the id of a fork of this process that runs the tests on a mutant."""
    if mutant is not None:
        text = source_of(mutant, copy)
        (copy / mutant.file).write_text(text, encoding="utf-8")
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os.chdir(copy)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os.environ.update(environment())
        for name in [*sys.modules]:
            if name.partition(".")[0] in ("gradlab", "benchmarks", "tests"):
                del sys.modules[name]
        sys.path.insert(0, str(copy))
        sys.dont_write_bytecode = True
        # Nothing executes it: no test can tell.
        os._exit(int(pytest.main([*OPTIONS, *tests])) if tests else PASSED)
    finally:
        os._exit(99)


@dataclass
class Running:
    """A mutant under test."""

    mutant: Mutant | None
    child: int
    copy: pathlib.Path
    deadline: float

    @classmethod
    def of(cls, mutant: Mutant, covering: Covering, copy: pathlib.Path) -> "Running":
        """Return a mutant whose tests have begun in a copy."""
        tests = covering.tests(mutant)
        took = sum(covering.seconds[test] for test in tests)
        deadline = time.monotonic() + LIMIT + SLOWER * took
        return cls(mutant, started(mutant, tests, copy), copy, deadline)

    def outcome(self) -> str | None:
        """Return "killed", "timed out" or "survived"; None while its tests run."""
        done, status = os.waitpid(self.child, os.WNOHANG)
        if not done:
            if time.monotonic() < self.deadline:
                return None
            self.stop()
            return "timed out"
        return "survived" if status == PASSED else "killed"

    def stop(self) -> None:
        """End its tests."""
        os.killpg(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


def outcomes(
    chosen: list[Mutant],
    covering: Covering,
    whole: pathlib.Path,
    copies: list[pathlib.Path],
) -> Iterator[tuple[Mutant, str]]:
    """Yield each mutant with its outcome; as many at once as there are copies."""
    waiting, running = chosen[::-1], []
    try:
        while waiting or running:
            while waiting and copies:
                mutant = waiting.pop()
                running.append(Running.of(mutant, covering, copies.pop()))
            time.sleep(0.02)
            for one in [*running]:
                outcome = one.outcome()
                if outcome is not None:
                    running.remove(one)
                    shutil.copy2(whole / one.mutant.file, one.copy / one.mutant.file)
                    copies.append(one.copy)
                    yield one.mutant, outcome
    finally:
        for one in running:
            one.stop()


def main() -> None:
    """Try mutants, print survivors, and fail on those that are not accounted for."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        whole = copied(pathlib.Path(folder) / "whole")
        chosen, total = _chosen(options, whole)
        covering = Covering(whole)
        copies = [pathlib.Path(folder) / str(k) for k in range(options.jobs)]
        for copy in copies:
            shutil.copytree(whole, copy)  # with what was compiled on the way
        _preload()
        tests = len(covering.seconds)
        print(f"{len(chosen)} of {total} mutants, {tests} tests", flush=True)
        _require_control(covering, copies[0])
        found = []
        for mutant, outcome in outcomes(chosen, covering, whole, copies):
            found.append((mutant, outcome))
            if outcome != "killed":
                print(f"{len(found):>5} {outcome}: {mutant}", flush=True)
            if time.monotonic() > options.until:
                break
    sys.exit(_judged(found, options, total))


def _require_control(covering: Covering, copy: pathlib.Path) -> None:
    """Leave unless the quickest tests pass on no mutant, as mutants are tried."""
    quickest = sorted(covering.seconds, key=lambda test: covering.seconds[test])[:200]
    control = Running(None, started(None, quickest, copy), copy, math.inf)
    while (outcome := control.outcome()) is None:
        time.sleep(0.1)
    if outcome != "survived":
        sys.exit("the tests fail where mutants are tried, without any mutant")


def _chosen(
    options: argparse.Namespace, root: pathlib.Path
) -> tuple[list[Mutant], int]:
    """Return the mutants to try, and how many there are."""
    every = [
        mutant
        for folder in MUTATED
        for path in sorted((root / folder).glob("*.py"))
        if re.search(options.only, path.name) and path.name != "__init__.py"
        for mutant in mutants(path, root)
        if not proposes(mutant.file, mutant.function)
    ]

    def order(mutant: Mutant) -> str:
        drawn = f"{options.seed} {' '.join(mutant.key)}"
        return hashlib.sha256(drawn.encode()).hexdigest()

    # A change of other code leaves a sample as it is, but for its last few.
    return sorted(every, key=order)[: options.sample or None], len(every)


def _judged(
    found: list[tuple[Mutant, str]], options: argparse.Namespace, total: int
) -> int:
    """Return whether a survivor is not accounted for; write them down if asked to."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    rows = [*record["survivors"], *record["others"]]
    known = {tuple(row[:4]): row[4] for row in rows}
    tried = {mutant.key for mutant, _ in found}
    reasons = {m.key: known.get(m.key, "") for m, end in found if end == "survived"}
    killed = sum(outcome != "survived" for _, outcome in found)
    same = sum(reason.startswith(EQUIVALENT) for reason in reasons.values())
    print(f"{killed} of {len(found)} killed: {killed / max(len(found), 1):.1%}")
    if same:
        rest = len(found) - same
        print(f"{same} of them compute the same: {killed / max(rest, 1):.1%} of {rest}")
    if options.update:
        record = {
            "seed": options.seed,
            "of": total,
            "tried": len(found),
            "killed": killed,
            "at_first": record["at_first"],
            "survivors": sorted([*key, reason] for key, reason in reasons.items()),
            "others": sorted([*k, why] for k, why in known.items() if k not in tried),
        }
        text = json.dumps(record, indent=1, ensure_ascii=False)
        RECORD.write_text(text + "\n", encoding="utf-8")
    for key in sorted(key for key, reason in reasons.items() if not reason):
        print(f"no reason in {RECORD.name}: {' | '.join(key)}")
    return int(not all(reasons.values()))


def _preload() -> None:
    """Import what every test imports, once for all forks."""
    for name in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = "1"
    for name in ("numpy", "scipy.linalg", "scipy.special", "flint"):
        __import__(name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Mutants of the certified code.")
    parser.add_argument("--sample", type=int, default=0, help="try so many of them")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--only", default="", help="files whose names match this")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after so many")
    parser.add_argument("--update", action="store_true", help="enter new survivors")
    options = parser.parse_args()
    options.until = time.monotonic() + 60 * options.minutes
    return options


if __name__ == "__main__":
    main()
