"""What a loss says to every state and input of a run: ln‖∂L/∂s_t‖ and ln‖∂L/∂x_t‖.

λ_t = δ_t + λ_{t+1} J_{t+1} goes back as mantissa · 2^exponent, so that 1e-400 is a
number like others, and ∂L/∂x_t = λ_t ∂h_t/∂x_t is what a layer sends to the one below.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array, require_one_of
from gradlab._results import Origin, Result
from gradlab.cells.factored import AbstractJacobian
from gradlab.dynamics import ScaledRows, Trajectory
from gradlab.errors import ShapeError
from gradlab.gradients._batches import batch_of, require_trajectory
from gradlab.gradients._lag_rows import rescale, sum_of_squares
from gradlab.gradients._stretches import stretches_back
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["CotangentNorms", "cotangent_norms", "input_cotangents"]

_LOWEST = -(2**40)  # the exponent of what is zero
_LOST = -1200  # a shift by which all floats near 1 become 0


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CotangentNorms(Result):
    """Sizes of ∂L/∂s_t and ∂L/∂x_t for every t, in nats.

    Attributes
    ----------
    log_state : (T + 1,) or (T + 1, B) array
        ln‖∂L/∂s_t‖₂ for t = 0 … T, over the whole state; −inf where it is zero.
    log_hidden : (T + 1,) or (T + 1, B) array
        The same for the hidden part alone: ln‖∂L/∂h_t‖₂.
    log_input : (T,) or (T, B) array
        ln‖∂L/∂x_t‖₂ for t = 1 … T.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("werbos1990backpropagation"),)

    log_state: Array
    log_hidden: Array
    log_input: Array

    def columns(self) -> dict[str, Array]:
        """Return t and the sizes at t; of a batch, their medians.  x_0 is none: NaN."""
        unknown = np.full_like(self.log_input[:1], np.nan)
        by_input = np.concatenate([unknown, self.log_input])
        sizes = {
            "log_state": self.log_state,
            "log_hidden": self.log_hidden,
            "log_input": by_input,
        }
        if self.log_state.ndim > 1:
            sizes = {name: np.median(logs, axis=1) for name, logs in sizes.items()}
        return {"t": np.arange(len(self.log_state)), **sizes}


def cotangent_norms(
    trajectory: Trajectory, sources: object, *, dtype: str = "float64"
) -> CotangentNorms:
    """Return ln‖∂L/∂s_t‖, ln‖∂L/∂h_t‖ and ln‖∂L/∂x_t‖ for every t, at any size.

    Parameters
    ----------
    trajectory : Trajectory
        Of one sequence or of a batch, which is taken together.
    sources : (T, n) or (T, B, n) array_like, or ScaledRows of that shape
        δ_1 … δ_T, what enters at each step: ∂ℓ_t/∂s_t.  With as many entries as the
        hidden part has, it enters there.
    dtype : {"float64", "float32"}
        Of the products; float32 takes half the time, to about 1e-6.

    Returns
    -------
    CotangentNorms

    Raises
    ------
    ShapeError, NonFiniteError, InputTypeError
        If `sources` do not fit.

    Notes
    -----
    One sweep [werbos1990backpropagation], whose slopes are evaluated some steps at a
    time: about the time of a backward pass.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> halving = run(Linear([[0.5]], [[3.0]]), [0.0], np.zeros((2000, 1)))
    >>> last = np.eye(2000)[:, -1:]  # L = h_T
    >>> found = cotangent_norms(halving, last)
    >>> bool(np.isclose(found.log_input[0], np.log(3) - 1999 * np.log(2)))
    True
    """
    batch = batch_of(trajectory)
    kind = require_one_of("dtype", dtype, ("float64", "float32"))
    deltas = _Sources.of(require_trajectory(trajectory), sources)
    hidden, steps = batch.cell.hidden, len(batch)
    log_state = np.empty((steps + 1, *batch.batch))
    log_hidden, log_input = np.empty_like(log_state), np.empty((steps, *batch.batch))
    for start, states, by_input in _swept(batch, deltas, kind):
        at = slice(start, start + len(states.mantissa))
        log_state[at] = states.log_norms()
        log_hidden[at] = _first(states, hidden).log_norms()
        log_input[at.start : at.start + len(by_input.mantissa)] = by_input.log_norms()
    parameters = {"cell": type(batch.cell).__name__, "T": steps, "dtype": kind}
    return CotangentNorms(
        log_state=log_state.reshape(steps + 1, *trajectory.batch),
        log_hidden=log_hidden.reshape(steps + 1, *trajectory.batch),
        log_input=log_input.reshape(steps, *trajectory.batch),
        origin=Origin(parameters=parameters),
    )


def input_cotangents(
    trajectory: Trajectory, sources: object, *, dtype: str = "float64"
) -> ScaledRows:
    """Return ∂L/∂x_t = λ_t ∂h_t/∂x_t for t = 1 … T as mantissa · 2^exponent.

    What a layer sends to the one below it, whose `sources` it may be as it is.

    Parameters
    ----------
    trajectory, sources, dtype
        As for `cotangent_norms`.

    Returns
    -------
    ScaledRows
        Mantissa (T, m) or (T, B, m) and exponent (T,) or (T, B).

    Raises
    ------
    ShapeError, NonFiniteError, InputTypeError
        If `sources` do not fit.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> lower = run(Linear([[0.5]], [[1.0]]), [0.0], np.zeros((2000, 1)))
    >>> upper = run(Linear([[0.5]], [[1.0]]), [0.0], lower.hidden)
    >>> sent = input_cotangents(upper, np.eye(2000)[:, -1:])  # L = h_T of the upper
    >>> found = cotangent_norms(lower, sent)  # ∂L/∂h_0 is T paths of gain 2^−T
    >>> bool(np.isclose(found.log_state[0], np.log(2000) - 2000 * np.log(2)))
    True
    """
    batch = batch_of(trajectory)
    kind = require_one_of("dtype", dtype, ("float64", "float32"))
    deltas = _Sources.of(require_trajectory(trajectory), sources)
    mantissa = np.empty(batch.inputs.shape)
    exponent = np.empty(batch.inputs.shape[:-1], dtype=np.int64)
    for start, _, by_input in _swept(batch, deltas, kind):
        at = slice(start, start + len(by_input.mantissa))
        mantissa[at], exponent[at] = by_input.mantissa, by_input.exponent
    shape = trajectory.inputs.shape
    return ScaledRows(mantissa.reshape(shape), exponent.reshape(shape[:-1]))


@final
@dataclass(frozen=True, eq=False)
class _Sources:
    """δ_1 … δ_T of a batch as mantissa (T, B, w) and exponent (T, B), w <= n."""

    mantissa: Array
    exponent: Array

    @classmethod
    def of(cls, trajectory: Trajectory, sources: object) -> "_Sources":
        given = sources.mantissa if isinstance(sources, ScaledRows) else sources
        letters = ("T", "B") if trajectory.batch else ("T",)
        lead = (len(trajectory), *trajectory.batch)
        sizes = dict(zip(letters, lead, strict=True))
        deltas = require_array(
            "sources", given, f"({', '.join(letters)}, n)", sizes=sizes
        )
        widths = {trajectory.cell.sizes[0], trajectory.cell.hidden}
        if deltas.shape[-1] not in widths:
            wanted = " or ".join(map(str, sorted(widths)))
            expected = f"({', '.join(letters)}, n) with n = {wanted}"
            raise ShapeError("sources", expected, deltas.shape)
        exponent = np.zeros(lead, dtype=np.int64)
        if isinstance(sources, ScaledRows):
            exponent = np.broadcast_to(sources.exponent, lead)
        count = len(trajectory)
        return cls(
            deltas.reshape(count, -1, deltas.shape[-1]), exponent.reshape(count, -1)
        )

    def added(self, t: int, rows: Array, exponent: Array) -> None:
        """Add δ_{t+1} to rows · 2^exponent, (B, n) and (B,), in place."""
        delta = self.mantissa[t]
        if not delta.any():
            return
        largest = np.abs(delta).max(axis=1)
        size = np.where(largest > 0, self.exponent[t] + np.frexp(largest)[1], _LOWEST)
        own = np.where(rows.any(axis=1), exponent, _LOWEST)
        common = np.maximum(own, size)
        rows *= np.ldexp(1.0, np.maximum(own - common, _LOST)).astype(rows.dtype)[
            :, None
        ]
        shift = np.maximum(self.exponent[t] - common, _LOST)
        rows[:, : delta.shape[1]] += np.ldexp(delta, shift[:, None])
        exponent[:] = np.where(common == _LOWEST, 0, common)


def _swept(
    batch: Trajectory, deltas: _Sources, dtype: str
) -> Iterator[tuple[int, ScaledRows, ScaledRows]]:
    """Yield (t, λ_t, λ_{t+1}, …; ∂L/∂x_{t+1}, …) for stretches, the last one first.

    λ_T comes with the last stretch, so that there the states are one more.
    """
    kind = np.float64 if dtype == "float64" else np.float32
    everyone = np.arange(batch.batch[0])
    above = np.zeros(batch.states.shape[1:], kind)
    exponent = np.zeros(len(everyone), dtype=np.int64)
    deltas.added(len(batch) - 1, above, exponent)
    for stretch in stretches_back(batch, (kind,), inputs=True):
        rows = np.empty((len(stretch) + 1, *above.shape), kind)
        exponents = np.empty((len(rows), len(everyone)), dtype=np.int64)
        rows[-1], exponents[-1] = above, exponent
        for t in range(len(stretch))[::-1]:
            above, exponent = rows[t], exponents[t]
            used = rows[t + 1][:, None].copy()
            stretch.products[0].times(t, everyone, used, above[:, None])
            exponent[:] = exponents[t + 1] + stretch.exponent[t]
            exponent += rescale(above[:, None], sum_of_squares(above[:, None]))
            if stretch.start + t:
                deltas.added(stretch.start + t - 1, above, exponent)
        last = stretch.start + len(stretch) == len(batch)
        end = len(rows) if last else -1
        yield (
            stretch.start,
            ScaledRows(rows[:end], exponents[:end]),
            _sent(stretch.by_input, rows[1:], exponents[1:]),
        )


def _sent(
    by_input: AbstractJacobian | None, rows: Array, exponent: Array
) -> ScaledRows:
    """Return λ_t ∂h_t/∂x_t of a stretch."""
    if by_input is None:
        return ScaledRows(np.zeros((*rows.shape[:2], 0)), exponent)
    return ScaledRows.of(by_input.cotangent(rows[..., None, :])[..., 0, :], exponent)


def _first(rows: ScaledRows, count: int) -> ScaledRows:
    """Return the first entries of rows."""
    return ScaledRows(rows.mantissa[..., :count], rows.exponent)
