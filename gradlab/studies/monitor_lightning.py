"""A `GradientMonitor` as a callback of Lightning: one call per optimiser step.

Lightning calls ``on_before_optimizer_step`` when all gradients of a step are there,
without the loss's scale and before they are clipped.
"""

from typing import Any

from gradlab.adapters.lightning_callback import callback_base, scaler_of
from gradlab.adapters.torch_scaler import loss_scale
from gradlab.studies.monitor import GradientMonitor

__all__ = ["monitor_callback"]


def monitor_callback(every: int = 50, **options: Any) -> Any:
    """Return a callback that watches the module which a Lightning Trainer fits.

    Parameters
    ----------
    every : int
        Steps of the optimiser from one sample to the next.
    **options
        Those of `GradientMonitor`.

    Returns
    -------
    lightning.pytorch.Callback
        Of ``pytorch_lightning`` where only that is installed.  Its `monitor` is the
        `GradientMonitor`, None before the fit.  In a run of several processes the
        first alone watches.

    Examples
    --------
    >>> callback = monitor_callback(100, log="run.jsonl")
    >>> callback.monitor is None  # Trainer(callbacks=[callback]) comes next
    True
    """
    made = type("GradientMonitorCallback", (_Hooks, callback_base()), {})
    callback = made()
    callback.every, callback.options = every, options
    return callback


class _Hooks:
    """The moments of a fit at which a monitor has something to do."""

    every: int
    options: dict[str, Any]
    monitor: GradientMonitor | None = None
    _loss: float | None = None

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin to watch, where the training stands."""
        if getattr(trainer, "is_global_zero", True):
            options = {
                "first_step": int(getattr(trainer, "global_step", 0)),
                **self.options,
            }
            self.monitor = GradientMonitor(pl_module, self.every, **options)
            self.monitor.start()

    def on_before_backward(self, trainer: Any, _: Any, loss: Any) -> None:
        """Note the loss, which Lightning has scaled by now."""
        self._loss = loss.detach() / loss_scale(scaler_of(trainer))

    def on_before_optimizer_step(self, trainer: Any, _: Any, optimizer: Any) -> None:
        """Look at the gradients."""
        if self.monitor is not None:
            self.monitor(optimizer, loss=self._loss, scaler=scaler_of(trainer))

    def on_exception(self, *_: Any) -> None:
        """Let go of the module."""
        self._close()

    def on_fit_end(self, *_: Any) -> None:
        """Let go of the module."""
        self._close()

    def _close(self) -> None:
        if self.monitor is not None:
            self.monitor.close()
