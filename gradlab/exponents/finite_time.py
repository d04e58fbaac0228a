"""Finite-time exponents: (1/w) Σ ln|r_ii| over consecutive windows of w steps."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab._results import Origin, Result
from gradlab._words import describe_rate
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.errors import InputError
from gradlab.exponents._blocks import (
    chain_of,
    counted_steps,
    growths,
    require_directions,
)
from gradlab.exponents._caveats import (
    caveat_of_rounding,
    caveats_of_orbit,
    caveats_of_windows,
)
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["FiniteTimeExponents", "finite_time_exponents"]

_SHOWN = 10


@final
@dataclass(frozen=True, eq=False, repr=False)
class FiniteTimeExponents(Result):
    """Growth rates over windows of time, in nats per step.

    Attributes
    ----------
    exponents : (windows, k) array
        Row i covers steps burn_in + i·window + 1 … burn_in + (i + 1)·window.
    window : int
        Steps in a window.
    burn_in : int
        Steps left out in front.
    steps_left : int
        Steps at the end that fill no window, and are not counted.
    caveats : tuple of str
        What a reader should know before believing the windows; empty if nothing.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("eckmann1985ergodic"),)

    exponents: Array
    window: int
    burn_in: int
    steps_left: int
    caveats: tuple[str, ...] = ()

    @property
    def mean(self) -> Vector:
        """The mean over windows (k,)."""
        return self.exponents.mean(axis=0)

    @property
    def spread(self) -> Vector:
        """The standard deviation between windows (k,); NaN with fewer than two."""
        if len(self.exponents) < 2:
            return np.full(self.exponents.shape[1], np.nan)
        with np.errstate(invalid="ignore"):  # −inf − (−inf) has no spread: NaN
            return self.exponents.std(axis=0, ddof=1)

    @property
    def growing(self) -> Vector:
        """The share of windows in which a direction grew (k,)."""
        return (self.exponents > 0).mean(axis=0)

    def columns(self) -> dict[str, Array]:
        """Return the first step of each window and its exponents."""
        windows, k = self.exponents.shape
        first = self.burn_in + 1 + self.window * np.arange(windows)
        named = {f"exponent_{i + 1}": self.exponents[:, i] for i in range(k)}
        return {"first_step": first, **named}

    def describe(self) -> str:
        """Say the mean of the leading exponents in words, then the caveats."""
        windows, k = self.exponents.shape
        head = f"{k} finite-time exponents in nats per step, over {windows} windows"
        head += f" of {self.window} steps after a burn-in of {self.burn_in}"
        lines = [
            f"{i + 1:>4}  {mean:+.6f}, spread {spread:.1g}  {describe_rate(mean)}"
            for i, (mean, spread) in enumerate(
                zip(self.mean[:_SHOWN].tolist(), self.spread.tolist(), strict=False)
            )
        ]
        return "\n".join([head, *lines, *(f"note: {note}" for note in self.caveats)])

    __str__ = describe


def finite_time_exponents(
    trajectory_or_chain: Trajectory | JacobianChain | ArrayLike,
    *,
    window: int,
    k: int | None = None,
    burn_in: int = 0,
) -> FiniteTimeExponents:
    """Return the exponents of consecutive windows of `window` steps.

    The directions are those of the whole run: each window starts with the frame that
    the steps before it have brought about, so the windows average to the exponents.

    Parameters
    ----------
    trajectory_or_chain : Trajectory, JacobianChain or (T, n, n) array_like
        In time order.
    window : int
        Steps in a window, at most T − burn_in.
    k : int, optional
        How many leading directions; all n of them by default.
    burn_in : int
        Steps in front that turn the frame and are not counted.

    Returns
    -------
    FiniteTimeExponents

    Raises
    ------
    InputError
        If `window`, `k` or `burn_in` do not fit the chain, or a trajectory is a batch.

    Notes
    -----
    An orbit that repeats bit by bit although it is unstable was closed by rounding, as
    the doubling map's is in 53 steps; a caveat says so.  Only a trajectory shows it.
    Another says where rounding may have moved exponents by 1e-5 nats per step.

    Examples
    --------
    >>> stretches = [np.diag([2.0, 0.5])] * 4 + [np.diag([0.5, 0.25])] * 4
    >>> finite_time_exponents(stretches, window=4).exponents.round(4).tolist()
    [[0.6931, -0.6931], [-0.6931, -1.3863]]
    """
    chain = chain_of(trajectory_or_chain)
    k = require_directions(k, chain.size)
    steps = counted_steps(chain, burn_in)
    window = require_count("window", window)
    if window > steps:
        message = f"`window` must be at most T − burn_in = {steps}; got {window}."
        raise InputError(message)
    windows = steps // window
    require_memory("window", window, 2 * windows * k)
    found = growths(chain, k=k, block=window, burn_in=burn_in)
    sums = found.sums[:windows]
    top = float(sums.mean(axis=0).max())
    caveats = caveats_of_windows(sums, window, burn_in)
    caveats += caveats_of_orbit(trajectory_or_chain, top, "windows from there on")
    caveats += caveat_of_rounding(found.loss)
    return FiniteTimeExponents(
        exponents=sums / window,
        window=window,
        burn_in=burn_in,
        steps_left=steps - windows * window,
        caveats=caveats,
        origin=Origin(parameters={"window": window, "k": k, "burn_in": burn_in}),
    )
