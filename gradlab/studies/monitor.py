"""`GradientMonitor`: gradients through time while a model trains, step by step.

At some steps it reads the run's own forward and backward pass; at every step it looks
whether the norm of the gradients is finite.  The training is not touched by it.
"""

import dataclasses
import importlib
import math
import os
import pathlib
import sys
import time
import warnings
from collections.abc import Iterable
from typing import Any, Self, final

import numpy as np

from gradlab._checks import require_count, require_number
from gradlab._version import VERSION
from gradlab.adapters.tensorboard_writer import TensorBoard
from gradlab.adapters.torch_gradients import (
    gradient_norm,
    gradient_norms,
    non_finite_gradients,
)
from gradlab.adapters.torch_scaler import gradient_scale, loss_scale
from gradlab.adapters.torch_watch import Watch
from gradlab.errors import InputError, InputTypeError, StoreError
from gradlab.studies.monitor_events import non_finite_step
from gradlab.studies.monitor_lines import LineLog
from gradlab.studies.monitor_log import MonitorLog, read_monitor
from gradlab.studies.monitor_norms import RunningNorms
from gradlab.studies.monitor_sample import learning_rate, sampled_layers, scalars_of
from gradlab.typing import Vector

__all__ = ["GradientMonitor"]

_FARTHEST = 2**16
_DETAILED = 16  # steps that are not finite and are looked into; more are counted


@final
class GradientMonitor:
    """A watch on the gradients of a model that trains: on time, not on layers alone.

    Call it once for every step of the optimiser, after ``backward`` and before
    clipping.  What it finds goes to a log of JSON lines that `read_monitor` reads,
    `plot` draws and ``gradlab watch`` shows while it grows.

    Parameters
    ----------
    model : torch.nn.Module
        One that holds an nn.RNN, LSTM or GRU, or their cells, in any mode.
    every : int
        Steps from one sample to the next; the first step is one.
    log : path
        A new file, or a log that this run goes on with.
    clip : float, optional
        θ: also say what share of the steps it would clip.  Nothing is clipped.
    sequences : int
        How many sequences of the batch a sample looks at, evenly picked.
    lags : iterable of int, optional
        Steps back that are looked at, as far as a sequence has them; 0 and
        2^{0, 1/3, 2/3, …} up to 65,536 unless told.
    tensorboard : True, path or writer, optional
        Also write scalars for TensorBoard.
    first_step : int
        How many steps were made before, where a run goes on.

    Raises
    ------
    MissingExtraError
        If torch is not installed, or TensorBoard asked for and not installed.
    InputTypeError, InputError
        If an argument is of no use, or `model` holds no recurrent module.

    Notes
    -----
    Every forward pass of a recurrent module with gradients is kept by reference until
    the monitor is called; a sample follows some sequences of the last one back in
    float64, from the gradients that autograd brought to the outputs, through the exact
    Jacobians at the states that the run had, its own dropout included.  Weights,
    ``.grad``, modes and random states are not touched.  Gradients that are accumulated
    over several passes are measured as they are, and the time of the last pass.

    Of single cells, called step by step, ∂L/∂h_t is kept at samples, and in the step
    after one that was not finite.  What torch.compile makes of such a loop cannot be
    seen into: norms are then all there is, and the log says so.

    Examples
    --------
    >>> import tempfile, torch
    >>> _ = torch.manual_seed(0)
    >>> model = torch.nn.LSTM(2, 8)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = pathlib.Path(folder, "run.jsonl")
    ...     with GradientMonitor(model, every=2, log=log) as monitor:
    ...         for batch in torch.randn(5, 40, 3, 2):
    ...             optimizer.zero_grad()
    ...             loss = model(batch)[0][-1].square().sum()
    ...             loss.backward()
    ...             monitor(optimizer, loss=loss)
    ...             optimizer.step()
    ...     found = read_monitor(log)
    >>> found.step.tolist(), found.layers
    ([0, 2, 4], ('lstm',))
    >>> bool((found.horizon < 20).all())  # a new LSTM forgets by half at every step
    True
    """

    def __init__(
        self,
        model: Any,
        every: int = 50,
        *,
        log: str | os.PathLike[str] = "monitor.jsonl",
        clip: float | None = None,
        sequences: int = 4,
        lags: Iterable[int] | None = None,
        tensorboard: Any = None,
        first_step: int = 0,
    ) -> None:
        if not hasattr(model, "named_modules"):
            message = f"`model` must be a torch module; got {model!r}."
            raise InputTypeError(message)
        self.every = require_count("every", every)
        self.log = pathlib.Path(log)
        self.clip = None if clip is None else require_number("clip", clip, above=0.0)
        self.sequences = require_count("sequences", sequences)
        self.step = require_count("first_step", first_step, minimum=0)
        self.lags = _as_lags(lags)
        self.non_finite = 0
        self._watch = Watch(model)
        self._named = list(self._watch.model.named_parameters())
        self._board = TensorBoard(tensorboard) if tensorboard else None
        self._lines: LineLog | None = None
        self._norms = RunningNorms(self.clip)
        self._begun = math.nan

    def start(self) -> None:
        """Open the log and put the hooks on; what ``with`` does first.

        Raises
        ------
        StoreError
            If the log cannot be written, or another run is writing to it.
        """
        self._lines = LineLog(self.log)
        try:
            self._lines.write(self._header())
        except StoreError:
            self._lines.close()
            raise
        self._begun = time.monotonic()
        self._watch.thorough = self._is_due()
        self._watch.start()

    def close(self) -> None:
        """Take the hooks off and close the log; what ``with`` does last."""
        self._watch.stop()
        if self._lines is not None:
            self._write({"kind": "end", "step": self.step})
        if self._lines is not None:
            self._lines.close()
            self._lines = None
        if self._board is not None:
            self._board.close()
        self._begun = math.nan

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(
        self, optimizer: Any = None, *, loss: Any = None, scaler: Any = None
    ) -> None:
        """Look at the gradients of one step, before they are clipped.

        Parameters
        ----------
        optimizer : torch.optim.Optimizer, optional
            Its learning rate is noted.
        loss : float or Tensor, optional
            The loss, not scaled; it is noted and watched.
        scaler : torch.amp.GradScaler, optional
            Norms are then those of the gradients without its scale.  With `optimizer`
            it does not matter whether ``unscale_`` was called before.

        Raises
        ------
        InputError
            If the monitor was not started.
        """
        if math.isnan(self._begun):
            message = "a monitor watches within `with monitor:`, or after start()."
            raise InputError(message)
        scale = loss_scale(scaler)
        value = None if loss is None else _as_number(loss)
        parameters = [parameter for _, parameter in self._named]
        norm = gradient_norm(parameters) / gradient_scale(scaler, optimizer)
        finite = math.isfinite(norm) and (value is None or math.isfinite(value))
        if finite:
            self._norms.add(norm)
        else:
            self._note_lost(value, scale)
        if self._is_due():
            self._note_sample(optimizer, value, norm, scaler)
        self._watch.clear()
        self.step += 1
        self._watch.thorough = self._is_due() or not finite

    def read(self) -> MonitorLog:
        """Return what was logged so far."""
        return read_monitor(self.log)

    def plot(self, ax: Any = None) -> Any:
        """Draw horizon, norm before clipping and λ₁ against steps, from the log.

        Parameters
        ----------
        ax : Axes or sequence of three of them, optional
            One gets the horizon alone; a new figure of three unless told.

        Returns
        -------
        Axes or array of three of them
        """
        # Matplotlib is only loaded where something is drawn.
        pictures = importlib.import_module("gradlab.plots.monitor")
        return pictures.plot_monitor(self.read(), ax)

    def _is_due(self) -> bool:
        return self.step % self.every == 0

    def _header(self) -> dict[str, Any]:
        torch = sys.modules["torch"]
        modules = self._watch.modules.items()
        return {
            "kind": "header",
            "format": 1,
            "gradlab": VERSION,
            "torch": str(torch.__version__),
            "python": ".".join(map(str, sys.version_info[:3])),
            "model": type(self._watch.model).__name__,
            "modules": {name: type(module).__name__ for name, module in modules},
            "weights": sum(parameter.numel() for _, parameter in self._named),
            "first_step": self.step,
            "every": self.every,
            "threshold": self.clip,
            "sequences": self.sequences,
            "lags": self.lags.tolist(),
        }

    def _note_lost(self, loss: float | None, scale: float) -> None:
        self.non_finite += 1
        if self.non_finite > _DETAILED:
            return
        names = non_finite_gradients(self._named)
        found = non_finite_step(
            self._watch, self.step, loss=loss, parameters=names, scale=scale
        )
        told = {"lag": found.lag, "words": found.describe()}
        self._write({"kind": "event", **dataclasses.asdict(found), **told})

    def _note_sample(
        self, optimizer: Any, loss: float | None, norm: float, scaler: Any
    ) -> None:
        scale, of_grad = loss_scale(scaler), gradient_scale(scaler, optimizer)
        layers, caveats = sampled_layers(
            self._watch, self.lags, sequences=self.sequences, scale=scale
        )
        norms = gradient_norms(
            (name, parameter)
            for name, parameter in self._named
            if name.rpartition(".")[0] in self._watch.modules
        )
        record = {
            "kind": "sample",
            "step": self.step,
            "seconds": round(time.monotonic() - self._begun, 3),
            "loss": loss,
            "rate": learning_rate(optimizer),
            "scale": scale,
            "norm": norm,
            "since": self._norms.recent(),
            "all": self._norms.overall(),
            "non_finite": self.non_finite,
            "parameters": {name: value / of_grad for name, value in norms.items()},
            "layers": {layer.name: layer.as_record() for layer in layers},
            "caveats": caveats,
        }
        self._write(record)
        if self._board is not None:
            self._board.write(scalars_of(record), self.step)

    def _write(self, record: dict[str, Any]) -> None:
        """Write a line; a full disk ends the log and not the training."""
        if self._lines is None:
            return
        try:
            self._lines.write(record)
        except StoreError as error:
            warnings.warn(f"{error} The log ends here.", RuntimeWarning, stacklevel=3)
            self._lines.close()
            self._lines = None


def _as_lags(lags: Iterable[int] | None) -> Vector:
    if lags is None:
        octaves = np.arange(3 * round(math.log2(_FARTHEST)) + 1) / 3
        return np.unique([0, *np.round(2.0**octaves).astype(np.int64)])
    if not isinstance(lags, Iterable):
        message = f"`lags` must be a list of integers; got {lags!r}."
        raise InputTypeError(message)
    wanted = sorted({require_count("lags", lag, minimum=0) for lag in lags})
    if not wanted:
        message = "`lags` must hold at least one; got none."
        raise InputError(message)
    return np.array(wanted)


def _as_number(loss: Any) -> float:
    value = loss.detach() if hasattr(loss, "detach") else loss
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        message = f"`loss` must be a number or a scalar tensor; got {loss!r}."
        raise InputTypeError(message) from None
