"""What a training step's own gradients say about time, layer by layer, in nats.

ln‖∂L/∂h_t‖ for every t, of all losses together, and a_l = ln‖∂ℓ_τ/∂h_{τ−l}‖ −
ln‖∂ℓ_τ/∂h_τ‖ of the last loss ℓ_τ alone, both through exact Jacobians at the states
that the step went through.
"""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab.adapters.torch_watched import WatchedModule
from gradlab.gradients import gradient_horizon
from gradlab.studies.diagnosis.lags import by_lag, growth, left
from gradlab.studies.horizons import lower_median
from gradlab.studies.monitor_flow import Flow, flow_of
from gradlab.typing import Vector

__all__ = ["LayerSample", "layer_samples"]


@final
@dataclass(frozen=True, eq=False)
class LayerSample:
    """One layer at one step of training.

    Attributes
    ----------
    name : str
    steps : int
        T.
    left : (L,) array
        a_l at the lags asked for that are below T: the median over sequences, NaN where
        no sequence is that long, −inf where nothing is left.
    signal : (L,) array
        ln‖∂L/∂h_{T−l}‖ at the same lags, likewise.
    horizon : float
        Steps back at which a thousandth of the last loss's gradient is left; inf if
        more is left at the first step.
    exponent, stderr : float
        λ₁, from the growth of a_l, per step.
    """

    name: str
    steps: int
    left: Vector
    signal: Vector
    horizon: float
    exponent: float
    stderr: float

    def as_record(self) -> dict[str, Any]:
        """Return it as a line of a log has it, curves to a ten-thousandth of a nat."""
        curves = {"left": self.left, "signal": self.signal}
        return {
            "steps": self.steps,
            "horizon": self.horizon,
            "exponent": self.exponent,
            "stderr": self.stderr,
            **{name: curve.round(4).tolist() for name, curve in curves.items()},
        }


def layer_samples(watched: WatchedModule, lags: Vector) -> list[LayerSample]:
    """Return the layers of a module that any gradient comes to.

    Parameters
    ----------
    watched : WatchedModule
    lags : (K,) array of int
        Ascending, from 0 on.
    """
    return [_sample(flow, lags) for flow in flow_of(watched)]


def _sample(flow: Flow, lags: Vector) -> LayerSample:
    starts = flow.layer.order.starts
    profile = left(by_lag(flow.last.log_norms(), flow.newest, starts))
    T = len(profile)
    inside = np.arange(1, T + 1)[:, None] > starts[None, :]
    signal = np.where(inside, flow.every.log_norms()[1:], np.nan)[::-1]
    middle = lower_median(profile)
    told = middle[~np.isnan(middle)]
    rate = growth(profile)
    shown = lags[lags < T]
    return LayerSample(
        name=flow.layer.name,
        steps=T,
        left=middle[shown],
        signal=lower_median(signal)[shown],
        horizon=gradient_horizon(told) if len(told) else math.nan,
        exponent=rate.exponent,
        stderr=rate.stderr,
    )
