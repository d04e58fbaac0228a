"""What a monitor has written: gradients through time, step of training by step."""

import os
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab._words import describe_rate
from gradlab.errors import StoreError
from gradlab.references import Reference
from gradlab.studies.monitor_events import NonFiniteStep
from gradlab.studies.monitor_lines import lines_of, number, numbers
from gradlab.typing import Array, Vector

__all__ = ["MonitorLog", "log_of", "read_monitor"]

_SCALARS = ("step", "seconds", "loss", "rate", "norm", "non_finite")
_SINCE = ("median", "largest", "clipped")
_FEW = 3  # layers that are described one by one


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MonitorLog(Result):
    """The samples of a training run: K steps, N layers, L lags.

    Attributes
    ----------
    model : str
        The name of its class.
    layers : tuple of str
        In the order in which they were first seen.
    every : int
        Steps from sample to sample.
    threshold : float
        θ of the clipping that is counted; NaN if none is.
    step : (K,) array of int
        Steps of the optimiser before the sample.
    seconds : (K,) array
        Since the monitor began.
    loss, rate : (K,) array
        The loss and the learning rate, NaN where they were not told.
    norm : (K,) array
        ‖g‖₂ of all gradients together, before clipping and without the loss's scale.
    median, largest : (K,) array
        Of the norms of all steps since the last sample.
    clipped : (K,) array
        Share of those steps with a norm above θ.
    non_finite : (K,) array of int
        Steps so far whose gradients were not finite.
    lags : (L,) array of int
    left, signal : (K, N, L) array
        What is left of the last loss's gradient at each lag, and ln‖∂L/∂h_{T−lag}‖, in
        nats; NaN where a sequence was not that long.
    horizon : (K, N) array
        Steps back at which a thousandth is left; inf if more is left at the first step.
    exponent, stderr : (K, N) array
        λ₁ in nats per step, and its standard error.
    parameter_norms : dict of (K,) array
        ‖g‖₂ of the weights of recurrent modules, by name.
    events : tuple of NonFiniteStep
        Where steps stopped being finite.
    caveats : tuple of str
    unreadable : int
        Lines that were passed over.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

    model: str
    layers: tuple[str, ...]
    every: int
    threshold: float
    step: Vector
    seconds: Vector
    loss: Vector
    rate: Vector
    norm: Vector
    median: Vector
    largest: Vector
    clipped: Vector
    non_finite: Vector
    lags: Vector
    left: Array
    signal: Array
    horizon: Array
    exponent: Array
    stderr: Array
    parameter_norms: Mapping[str, Array]
    events: tuple[NonFiniteStep, ...]
    caveats: tuple[str, ...]
    unreadable: int

    def __len__(self) -> int:
        """K, the number of samples."""
        return len(self.step)

    @property
    def drift(self) -> Vector:
        """Fitted change of λ₁ per step of training (N,); NaN from one sample."""
        return np.array([_slope(self.step, column) for column in self.exponent.T])

    def columns(self) -> dict[str, Array]:
        """Return the table: step, norms, and horizon and λ₁ of each layer by number."""
        names = (*_SCALARS, *_SINCE)
        table = {name: getattr(self, name) for name in names}
        for i in range(len(self.layers)):
            table[f"horizon_{i}"] = self.horizon[:, i]
            table[f"exponent_{i}"] = self.exponent[:, i]
        return table

    def describe(self) -> str:
        """Say how it went, in words."""
        if not len(self):
            return f"{self.model}: no sample yet"
        head = (
            f"{self.model}: {len(self):,} samples up to step {int(self.step[-1]):,}; "
            f"norm before clipping {self.norm[-1]:.3g}"
        )
        lines = [self._layer(i) for i in range(min(len(self.layers), _FEW))]
        if len(self.layers) > _FEW:
            lines.append(f"  … and {len(self.layers) - _FEW} more layers")
        notes = [event.describe() for event in self.events]
        return "\n".join([head, *lines, *notes, *(f"note: {c}" for c in self.caveats)])

    __str__ = describe

    def _layer(self, i: int) -> str:
        first, last = (_steps(self.horizon[k, i]) for k in (0, -1))
        rate = describe_rate(float(self.exponent[-1, i]))
        reach = f"a thousandth was left {first} back, now {last}"
        return f"  {self.layers[i]}: {reach}; {rate}"


def read_monitor(path: str | os.PathLike[str]) -> MonitorLog:
    r"""Return what a `GradientMonitor` has written so far.

    Parameters
    ----------
    path : path
        Its log; it may be growing.

    Returns
    -------
    MonitorLog
        Runs that went on in one file are one, as long as lags and model agree; where
        they do not, the last counts.

    Raises
    ------
    StoreError
        If the file is missing, or is no monitor's log.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "run.jsonl")
    ...     _ = path.write_text('{"kind":"header","model":"Reader","lags":[0,1]}\n')
    ...     print(read_monitor(path).describe())
    Reader: no sample yet
    """
    target = pathlib.Path(path)
    try:
        with target.open("rb") as file:
            return log_of(list(lines_of(file)), name=str(path))
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        message = f"{path} cannot be read: {error.strerror}."
        raise StoreError(message) from error


def log_of(records: list[dict[str, Any] | None], *, name: str) -> MonitorLog:
    """Return the log that lines are; None stands for one that could not be read.

    Raises
    ------
    StoreError
        If there is no header; `name` is what it is called in the message.
    """
    header: dict[str, Any] | None = None
    found: dict[str, list[Any]] = {"sample": [], "event": []}
    unreadable = 0
    for record in records:
        kind, value = _parsed(record)
        if kind == "header":
            if header is not None and not _goes_on(header, value):
                found = {"sample": [], "event": []}
            header = value
        elif kind in found:
            found[kind].append(value)
        else:
            unreadable += kind != "end"
    if header is None:
        message = f"{name} is no log of a gradient monitor: it has no header."
        raise StoreError(message)
    return _collected(header, found["sample"], found["event"], unreadable)


def _parsed(record: dict[str, Any] | None) -> tuple[str, Any]:
    """Return the kind of a line and what it says; "" if it cannot be read."""
    read: dict[str, Callable[[Any], Any]] = {
        "header": _header,
        "sample": _sample,
        "event": _event,
        "end": dict,
    }
    try:
        kind = str((record or {})["kind"])
        return kind, read[kind](record)
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", None


def _header(record: Any) -> dict[str, Any]:
    lags = [int(lag) for lag in numbers(record["lags"])]
    return {
        "model": str(record["model"]),
        "lags": np.array(lags, dtype=np.int64),
        "every": int(number(record.get("every", 0))),
        "threshold": number(record.get("threshold")),
    }


def _goes_on(before: dict[str, Any], header: dict[str, Any]) -> bool:
    same_lags = np.array_equal(before["lags"], header["lags"])
    return same_lags and before["model"] == header["model"]


def _sample(record: Any) -> dict[str, Any]:
    since = record.get("since", {})
    found: dict[str, Any] = {name: number(record.get(name)) for name in _SCALARS}
    found |= {name: number(since.get(name)) for name in _SINCE}
    found["step"] = int(number(record["step"]))
    found["layers"] = {
        str(name): {
            "left": numbers(layer["left"]),
            "signal": numbers(layer["signal"]),
            **{key: number(layer[key]) for key in ("horizon", "exponent", "stderr")},
        }
        for name, layer in record["layers"].items()
    }
    found["parameters"] = {
        str(name): number(norm) for name, norm in record.get("parameters", {}).items()
    }
    found["caveats"] = [str(caveat) for caveat in record.get("caveats", [])]
    return found


def _event(record: Any) -> NonFiniteStep:
    return NonFiniteStep(
        step=int(number(record["step"])),
        what=str(record["what"]),
        name=str(record["name"]),
        time=int(number(record["time"])),
        steps=int(number(record["steps"])),
        parameters=tuple(str(name) for name in record["parameters"]),
        scale=number(record["scale"]),
    )


def _collected(
    header: dict[str, Any],
    rows: list[dict[str, Any]],
    events: list[NonFiniteStep],
    unreadable: int,
) -> MonitorLog:
    layers = tuple(dict.fromkeys(name for row in rows for name in row["layers"]))
    names = dict.fromkeys(name for row in rows for name in row["parameters"])
    caveats = dict.fromkeys(caveat for row in rows for caveat in row["caveats"])
    shape = len(rows), len(layers), len(header["lags"])
    curves = {key: np.full(shape, np.nan) for key in ("left", "signal")}
    facts = {k: np.full(shape[:2], np.nan) for k in ("horizon", "exponent", "stderr")}
    for k, row in enumerate(rows):
        for name, layer in row["layers"].items():
            i = layers.index(name)
            for key, curve in curves.items():
                shown = layer[key][: shape[2]]
                curve[k, i, : len(shown)] = shown
            for key, fact in facts.items():
                fact[k, i] = layer[key]
    values: dict[str, Any] = {**header, **curves, **facts}
    for name in (*_SCALARS, *_SINCE):
        values[name] = np.array([row[name] for row in rows], dtype=float)
    for name in ("step", "non_finite"):
        values[name] = np.nan_to_num(values[name]).astype(np.int64)
    return MonitorLog(
        **values,
        layers=layers,
        parameter_norms={
            name: np.array([row["parameters"].get(name, np.nan) for row in rows])
            for name in names
        },
        events=tuple(events),
        caveats=tuple(caveats),
        unreadable=unreadable,
    )


def _slope(x: Vector, y: Vector) -> float:
    known = np.isfinite(y)
    if known.sum() < 2 or np.ptp(x[known]) == 0:
        return float("nan")
    centred = x[known] - x[known].mean()
    return float(centred @ y[known] / (centred @ centred))


def _steps(horizon: float) -> str:
    if np.isnan(horizon):
        return "at an unknown number of steps"
    return "beyond the sequence" if np.isinf(horizon) else f"{horizon:.3g} steps"
