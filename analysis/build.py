"""Build what is stale: data, then figures and numbers; end with what was measured.

``python analysis/build.py [--only NAME] [--quick] [--check] [--jobs N]``
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

if __name__ == "__main__":
    # Python puts the folder of a script first on its path, and there `numbers.py`
    # would hide the standard library's module; the root belongs there instead.
    sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from tqdm import tqdm

from analysis import paths
from analysis.steps import Step, all_steps, reason_stale, step_key, write_stamp

__all__ = ["build", "main", "selected"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, 1 if a step failed or is stale under --check."""
    options = _parser().parse_args(arguments)
    steps = selected(options.only)
    if options.check:
        return _check(steps, quick=options.quick)
    start = time.perf_counter()
    failures, built = build(steps, quick=options.quick, jobs=max(options.jobs, 1))
    for step, message in failures.items():
        print(f"\n{step} failed:\n{message}", file=sys.stderr)
    if failures:
        return 1
    seconds = time.perf_counter() - start
    _report(steps, built, seconds=seconds, quick=options.quick)
    return 0


def selected(only: str | None) -> list[Step]:
    """Return all steps, or those of one figure: what it needs, itself, the numbers."""
    steps = all_steps()
    if only is None:
        return steps
    figures = [s.module.removeprefix("fig_") for s in steps if "fig_" in s.module]
    if only not in figures:
        message = f"there is no figure {only!r}; there are {', '.join(figures)}."
        raise SystemExit(message)
    wanted = next(s for s in steps if s.module == f"fig_{only}")
    names = {wanted.module, "numbers", *(f"data_{name}" for name in wanted.needs)}
    return [step for step in steps if step.module in names]


def build(
    steps: list[Step], *, quick: bool, jobs: int
) -> tuple[dict[str, str], list[str]]:
    """Run the stale steps; return the messages of those that failed, and the rest.

    Data come first, side by side; a figure whose data failed is not drawn.
    """
    failures: dict[str, str] = {}
    built: list[str] = []
    with tqdm(total=len(steps), unit="step", leave=False) as bar:
        for level in (True, False):
            ready = [step for step in steps if step.computes is level]
            if not failures:
                _build_level(ready, failures, built, bar, quick=quick, jobs=jobs)
    return failures, built


def _build_level(
    steps: list[Step],
    failures: dict[str, str],
    built: list[str],
    bar: tqdm,
    *,
    quick: bool,
    jobs: int,
) -> None:
    stale = [step for step in steps if reason_stale(step, quick=quick)]
    bar.update(len(steps) - len(stale))
    running = [step.module for step in stale]
    bar.set_description(", ".join(running[:jobs]))
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(_run, step, quick=quick): step for step in stale}
        for future in as_completed(futures):
            step = futures[future]
            running.remove(step.module)
            message = future.result()
            if message:
                failures[step.module] = message
            else:
                built.append(step.module)
            bar.update(1)
            bar.set_description(", ".join(running[:jobs]))


def _run(step: Step, *, quick: bool) -> str:
    """Run a script in a process of its own; return its error, empty if none."""
    words = [sys.executable, "-m", f"analysis.{step.module}"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    key = step_key(step, quick=quick)
    done = subprocess.run(
        words + ["--quick"] * quick,
        cwd=paths.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return done.stderr.strip() or f"exit code {done.returncode}"
    write_stamp(step, done.stdout.splitlines(), key)
    return ""


def _check(steps: list[Step], *, quick: bool) -> int:
    stale = {step.module: reason_stale(step, quick=quick) for step in steps}
    for module, reason in stale.items():
        if reason:
            print(f"stale: {module} ({reason})")
    if not any(stale.values()):
        print(f"{len(steps)} steps are up to date.")
    return int(any(stale.values()))


def _report(
    steps: list[Step], built: list[str], *, seconds: float, quick: bool
) -> None:
    rows = json.loads((paths.GENERATED / "numbers.json").read_text(encoding="utf-8"))
    width = max((len(row["meaning"]) for row in rows if row["shown"]), default=0)
    size = " (quick: small sizes, not the paper's)" if quick else ""
    print(f"Measured{size}")
    for row in rows:
        if row["shown"]:
            print(f"  {row['meaning']:<{width}}  {row['plain']}")
    print("Pictures")
    for step in steps:
        if step.module.startswith("fig_"):
            place = paths.FIGURES / f"{step.module.removeprefix('fig_')}.pdf"
            print(f"  {place.relative_to(paths.ROOT)} (and .svg)")
    print(f"{len(built)} of {len(steps)} steps built in {seconds:.0f} s.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="analysis/build.py", description=__doc__)
    parser.add_argument("--only", metavar="NAME", help="one figure and what it needs")
    parser.add_argument("--quick", action="store_true", help="small sizes, a minute")
    parser.add_argument("--check", action="store_true", help="fail if any is stale")
    cores = min(os.cpu_count() or 1, 8)
    parser.add_argument("--jobs", type=int, default=cores, help="scripts side by side")
    return parser


if __name__ == "__main__":
    sys.exit(main())
