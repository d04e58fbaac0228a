"""The gradient lag by lag, g = Σ_l G_l, and from it the bias of every window."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.gradients._lags import lag_gradients
from gradlab.gradients.base import require_objective
from gradlab.gradients.full import Full
from gradlab.gradients.random_window import RandomWindow
from gradlab.linalg import frobenius_norm
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["LagDecomposition", "lag_decomposition"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LagDecomposition(Result):
    """G_l = Σ_t δ_t J_t ⋯ J_{t−l+1} ∂f_{t−l}/∂θ: what losses say to l steps before.

    Over the cell's parameters; the readout's gradient has no lags.

    Attributes
    ----------
    lags : (T,) array of int
        l = 0 … T − 1.
    norms : (T,) array
        ‖G_l‖₂.
    projections : (T,) array
        ⟨G_l, g⟩ with g = Σ_l G_l; they sum to ‖g‖².
    tails : (T + 1,) array
        ‖Σ_{m ≥ l} G_m‖₂ for l = 0 … T, which is the bias of ``Truncated(l)`` for l ≥ 1
        and ‖g‖ for l = 0.
    gradient_norm : float
        ‖g‖ together with the readout's gradient.
    gram : (T, T) array
        ⟨G_l, G_m⟩; empty unless asked for.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("aicher2019adaptive"),)

    lags: Array
    norms: Array
    projections: Array
    tails: Array
    gradient_norm: float
    gram: Array

    @property
    def windows(self) -> Array:
        """K = 1 … T: the windows that `bias` is about."""
        return self.lags + 1

    @property
    def bias(self) -> Array:
        """‖E ĝ − g‖ of ``Truncated(k)`` for k = 1 … T (T,); the last is 0."""
        return self.tails[1:]

    @property
    def relative_bias(self) -> Array:
        """The bias over the norm of the whole gradient, readout included (T,).

        NaN where the gradient is zero.
        """
        with np.errstate(invalid="ignore"):
            return self.bias / self.gradient_norm

    @property
    def share(self) -> Array:
        """⟨G_l, g⟩/‖g‖² (T,): the part of the gradient that every lag carries.

        The shares of all lags sum to 1; a lag that pulls against the whole has a
        negative one.  NaN where the gradient is zero.
        """
        with np.errstate(invalid="ignore"):
            return self.projections / self.tails[0] ** 2

    @property
    def cosine(self) -> Array:
        """Cosine of g and the sum of its first k lags (T,); NaN where one is 0."""
        square = self.tails[0] ** 2
        inner = np.cumsum(self.projections)
        # ‖g − R‖² = ‖g‖² − 2⟨g, R⟩ + ‖R‖², R the tail that is left out.
        kept = np.sqrt(np.maximum(2 * inner - square + self.bias**2, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            return inner / (kept * np.sqrt(square))

    def window_variance(self, estimator: RandomWindow) -> float:
        """Return a random window's total variance Σ_l (1/S_l − 1/S_{l−1}) R_l²."""
        inverse = 1 / estimator.survival(len(self.lags))
        return float(np.diff(inverse) @ self.tails[1:] ** 2)

    def columns(self) -> dict[str, Array]:
        """Return lag, ‖G_l‖, its share, and window, bias and relative bias."""
        return {
            "lag": self.lags,
            "norm": self.norms,
            "share": self.share,
            "window": self.windows,
            "bias": self.bias,
            "relative_bias": self.relative_bias,
        }


def lag_decomposition(
    objective: AbstractObjective, *, gram: bool = False, lags: int | None = None
) -> LagDecomposition:
    """Return the bias of Truncated(1) … Truncated(T) and what every lag carries.

    One sweep with all losses side by side, T² n² flops, and one product of T − l rows
    for each lag, T² P: about what a few gradients by backpropagation cost, and no
    window is computed by itself.  The lags are summed from the last one down, so that
    small biases keep their digits.

    Parameters
    ----------
    objective : AbstractObjective
        Of one sequence or a batch.
    gram : bool
        Also return ⟨G_l, G_m⟩; then all G_l are held, T P numbers.
    lags : int, optional
        Return the first so many lags only, at most T.

    Raises
    ------
    InputError
        If `lags` is above T, or memory does not hold all G_l.
    RangeError
        If a cotangent overflows float64.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0]] * 3)  # h_3 = 7/4
    >>> loss = SquaredError(trajectory, [[0.75]] * 3, [[1.0]], weights=[0, 0, 1])
    >>> found = lag_decomposition(loss, gram=True)  # by W_hh: 3/2, 1/2, 0; W_hx: 2^−l
    >>> found.gram[:2, :2]
    array([[3.25, 1.25],
           [1.25, 0.5 ]])
    """
    objective = require_objective(objective)
    T = len(objective.trajectory)
    wanted = T if lags is None else require_count("lags", lags)
    if wanted > T:
        message = f"`lags` must be at most T = {T}; got {wanted}."
        raise InputError(message)
    names = objective.trajectory.cell.params
    if gram:
        P = sum(value.size for value in names.values())
        require_memory("T", T, T * (T + P))
    params = Full().gradient(objective).params
    whole = np.concatenate([np.zeros(0), *(params[name].ravel() for name in names)])
    norms, projections, tails = np.zeros(T), np.zeros(T), np.zeros(T + 1)
    held = np.zeros((T if gram else 0, len(whole)))
    tail = np.zeros_like(whole)
    for start, gradients in lag_gradients(objective):
        part = slice(start, start + len(gradients))
        norms[part] = np.sqrt(np.einsum("lp,lp->l", gradients, gradients))
        projections[part] = gradients @ whole
        if gram:
            held[part] = gradients
        for lag in range(start, start + len(gradients))[::-1]:
            tail += gradients[lag - start]
            tails[lag] = np.sqrt(tail @ tail)
    everything = np.concatenate([np.ravel(value) for value in params.values()])
    return LagDecomposition(
        lags=np.arange(wanted),
        norms=norms[:wanted],
        projections=projections[:wanted],
        tails=tails[: wanted + 1],
        gradient_norm=frobenius_norm(everything),
        gram=(held @ held.T)[:wanted, :wanted],
        origin=Origin(parameters={"T": T, "P": len(whole)}),
    )
