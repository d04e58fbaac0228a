"""What a diagnosis found: a verdict with its numbers, layer by layer, and remedies."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab.references import Reference
from gradlab.studies.diagnosis.verdict import GradientVerdict
from gradlab.typing import Array, Vector

__all__ = ["CheckedRemedy", "LayerDiagnosis"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CheckedRemedy(Result):
    """A remedy, applied to a copy and diagnosed again.

    Attributes
    ----------
    name, words : str
        What it is called, and what to do.
    horizon_before, horizon_after : float
        Steps back at which a thousandth is left.
    left_before, left_after : float
        What is left at the lag that is needed, in nats.
    exponent_before, exponent_after : float
        λ₁ in nats per step.
    verdict_after : GradientVerdict
        What the copy of the layer was found to be, on the recorded inputs.
    whole_after : GradientVerdict or None
        What a copy of the whole model was found to be, run and differentiated again;
        None where that was not tried.
    source : str
        The key of the paper that proposed it; empty if none did.
    """

    name: str
    words: str
    horizon_before: float
    horizon_after: float
    left_before: float
    left_after: float
    exponent_before: float
    exponent_after: float
    verdict_after: GradientVerdict
    whole_after: GradientVerdict | None = None
    source: str = ""

    @property
    def helps(self) -> bool:
        """Whether the trouble is gone on the copies."""
        found = (self.verdict_after, self.whole_after)
        return not any(verdict and verdict.is_trouble for verdict in found)


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LayerDiagnosis(Result):
    """One recurrent layer in one direction: where its gradient is lost, and why.

    Attributes
    ----------
    name, kind : str
        Its name in the model, and the cell.
    hidden, steps, sequences : int
        n, T, and how many sequences were looked at.
    dtype : str
        The model's precision.
    verdict : GradientVerdict
    reads_inputs : bool
        Whether it reads the inputs of its module, and not another layer.
    required_lag : int
        R, the distance back that is needed; 0 if none.
    profile : (L, 3) array
        a_l in nats at lags 0 … L − 1: the 10 %, 50 % and 90 % quantiles of sequences.
    signal : (T + 1, 3) array
        ln‖∂L/∂h_t‖ likewise, t = 0 … T; empty without a loss.
    jacobians : (L, 3) array
        ln‖∂h_T/∂s_t‖ likewise, at lags 0 … L − 1, s_t the whole state: ‖·‖₂ in mode
        "exact", an estimate of ‖·‖_F from four random rows a sequence in "quick".
    jacobian_error : (L,) array
        The largest error of these over the sequences, in nats: as in
        `gradlab.gradients.LagNorms.log_error` in mode "exact", a standard error in
        "quick".  λ₁ of a layer without a loss has it in its own.
    left : (3,) array
        a_R, likewise.
    half_life, horizon : float
        Steps back at which a half and a thousandth of the median is left; inf if more
        is left at the last lag.
    rounded_at, zero_at : dict
        By precision: the lag from which on the gradient is below the rounding of the
        newest one, and that from which on all of it is below half of the smallest
        number, so that it is 0 if it is rounded once; inf if none.
    overflow_at : dict
        By precision: the first lag at which an entry is beyond the largest number.
    zero_steps : int
        Of the T states, how many get a gradient whose entries are all so small in the
        model's precision, all losses counted; the median over sequences.
    last_unit : int
        The entry of the state whose gradient is the first to overflow, or the last to
        become so small, in most sequences; −1 if none leaves the range.
    exponent, stderr : float
        λ₁ in nats per step, from the growth of the profile.
    separation_horizon : float
        Butterfly: steps in which a relative rounding error of the model's precision
        grows to the size of the state; inf where small changes do not grow.
    radii, norms : (G,) array
        ρ and ‖W‖₂ of the recurrent weights, gate by gate.
    kreiss : float
        Kreiss constant of the weights of a plain recurrence, the upper end of its
        bracket; NaN where not asked for (quick), for gates, and above 512 units.
    gates : dict
        10 %, 50 % and 90 % quantiles of how far each gate is open, by its letter.
    memory : (n,) array
        −1/ln of the mean of what each unit's gate keeps, in steps, ascending; empty
        without such a gate.
    saturated : float
        Share of slopes of the activations below a tenth of their largest.
    deciding : str
        Which of these numbers decides, in words.
    window, noise_window, window_steps : float, float, int
        The smallest truncation windows whose relative bias is below a tenth, and whose
        squared bias is below a tenth of the minibatch's variance, over so many last
        steps; NaN where not asked for (quick) or without a loss.
    clip_norm : float
        The norm that nine tenths of the sequences' gradients stay below; NaN likewise.
    activation : str
        What the units of an RNN apply; empty for other cells.
    remedies : tuple of CheckedRemedy
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

    name: str
    kind: str
    hidden: int
    steps: int
    sequences: int
    dtype: str
    verdict: GradientVerdict
    reads_inputs: bool
    required_lag: int
    profile: Array
    signal: Array
    jacobians: Array
    jacobian_error: Vector
    left: Vector
    half_life: float
    horizon: float
    rounded_at: Mapping[str, float]
    zero_at: Mapping[str, float]
    overflow_at: Mapping[str, float]
    zero_steps: int
    last_unit: int
    exponent: float
    stderr: float
    radii: Vector
    norms: Vector
    gates: Mapping[str, Array]
    memory: Vector
    saturated: float
    deciding: str
    separation_horizon: float = math.inf
    kreiss: float = math.nan
    window: float = math.nan
    noise_window: float = math.nan
    window_steps: int = 0
    clip_norm: float = math.nan
    activation: str = ""
    remedies: tuple[CheckedRemedy, ...] = ()

    def columns(self) -> dict[str, Array]:
        """Return the profile: lag, and its low, middle and high quantile in nats."""
        low, middle, high = self.profile.T
        lags = np.arange(len(self.profile))
        return {"lag": lags, "low": low, "median": middle, "high": high}
