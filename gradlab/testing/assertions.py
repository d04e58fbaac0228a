"""Assertions for other people's tests: a_l ≥ ln(level) at lag l, and bounds that hold.

Each raises AssertionError with the numbers, and nothing else where it holds.
"""

import math
from collections.abc import Callable
from typing import Any

from gradlab._checks import require_count, require_number
from gradlab._words import describe_gain, describe_rate
from gradlab.bounds.base import AbstractBound
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import InputError
from gradlab.gradients.horizon import HORIZON_LEVEL
from gradlab.linalg.graded import graded_product
from gradlab.studies.diagnosis.door import diagnose
from gradlab.studies.diagnosis.result import LayerDiagnosis
from gradlab.studies.diagnosis.words import steps_back
from gradlab.testing.exact import gain_at_least, gain_at_most
from gradlab.typing import Seed

__all__ = [
    "assert_bound_holds",
    "assert_gradient_reaches",
    "assert_gradient_stays_below",
]


def assert_gradient_reaches(
    model: Any,
    inputs: Any,
    *,
    lag: int,
    level: float = HORIZON_LEVEL,
    loss: Callable[..., Any] | None = None,
    forward: Callable[[Any, Any], Any] | None = None,
    h0: Any = None,
    rng: Seed = 0,
) -> None:
    """Assert that `level` of a gradient is left `lag` steps back.

    That is, ‖∂L/∂h_{t−lag}‖ ≥ level · ‖∂L/∂h_t‖ in the median of the sequences, L the
    last loss and t its step, for every layer that reads the inputs: what a layer above
    loses, one below may still carry.

    Parameters
    ----------
    model, inputs, loss, forward, h0, rng
        As `gradlab.studies.diagnose` takes them, `inputs` as its batch: a torch model,
        a cell, a step function, a run or an objective.  Without a loss, random rows at
        the last step stand in for one.
    lag : int
        In steps, 1 or more and fewer than the sequences have.
    level : float
        What has to be left, above 0; a thousandth unless told.

    Raises
    ------
    AssertionError
        If less is left; it says how much, and how far a thousandth reaches.
    InputError, InputTypeError, MissingExtraError
        As `diagnose`, or if no sequence is longer than `lag`.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> halving = Linear([[0.5]], [[1.0]])
    >>> inputs = [[0.0]] * 100
    >>> assert_gradient_reaches(halving, inputs, lag=9)
    >>> assert_gradient_reaches(halving, inputs, lag=20)
    Traceback (most recent call last):
    ...
    AssertionError: Linear: ×10⁻⁶ of the gradient is left 20 steps back, and 0.001
    is asked for; a thousandth is left 10.0 steps back.
    """
    __tracebackhide__ = True
    back = require_count("lag", lag)
    asked = require_number("level", level, above=0.0)
    found = diagnose(
        model,
        inputs,
        loss=loss,
        forward=forward,
        h0=h0,
        required_lag=back,
        rng=rng,
    )
    for layer in _reading(found.layers):
        _require_lag(layer, back)
        left = float(layer.left[1])
        if not left >= math.log(asked):
            far = steps_back(layer.horizon, layer.steps)
            message = (
                f"{layer.name}: {describe_gain(left)} of the gradient is left {back:,} "
                f"steps back, and {asked:g} is asked for; a thousandth is left {far}."
            )
            raise AssertionError(message)


def assert_gradient_stays_below(
    model: Any,
    inputs: Any,
    *,
    factor: float = 1 / HORIZON_LEVEL,
    loss: Callable[..., Any] | None = None,
    forward: Callable[[Any, Any], Any] | None = None,
    h0: Any = None,
    rng: Seed = 0,
) -> None:
    """Assert that no gradient grows by more than `factor` on its way back.

    Parameters
    ----------
    model, inputs, loss, forward, h0, rng
        As `assert_gradient_reaches`.
    factor : float
        By how much it may grow at any lag, in the median of the sequences; a
        thousandfold unless told.

    Raises
    ------
    AssertionError
        If it grows by more at some lag in some layer; it says where, and how fast.
    InputError, InputTypeError, MissingExtraError
        As `diagnose`.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> assert_gradient_stays_below(Linear([[2.0]], [[1.0]]), [[0.0]] * 9)
    >>> assert_gradient_stays_below(Linear([[2.0]], [[1.0]]), [[0.0]] * 99)
    Traceback (most recent call last):
    ...
    AssertionError: Linear: the gradient grows by more than 1000 within 10 steps back,
    and to ×3·10²⁹ of its size; ×2 per step: doubles every 1 step (0.693 nats).
    """
    __tracebackhide__ = True
    most = require_number("factor", factor, above=0.0)
    found = diagnose(model, inputs, loss=loss, forward=forward, h0=h0, rng=rng)
    for layer in found.layers:
        middle = layer.profile[:, 1]
        beyond = (middle > math.log(most)).nonzero()[0]
        if len(beyond):
            peak = describe_gain(float(middle.max()))
            message = (
                f"{layer.name}: the gradient grows by more than {most:g} within "
                f"{beyond[0]:,} steps back, and to {peak} of its size; "
                f"{describe_rate(layer.exponent)}."
            )
            raise AssertionError(message)


def assert_bound_holds(bound: AbstractBound, trajectory: Trajectory) -> None:
    """Assert that the gain ‖J_T ⋯ J_1‖₂ of a run keeps to a bound: decided exactly.

    The decision is taken in whole numbers (`gain_at_most`), so that a bound that is a
    unit in the last place too low fails.  A bound from below must be below the gain;
    equal to it is accepted.

    Parameters
    ----------
    bound : AbstractBound
        One of `gradlab.bounds`, or your own.
    trajectory : Trajectory
        A single run; n ≤ 8 or so, or it takes long.

    Raises
    ------
    AssertionError
        If it does not hold; it says by how much.
    AssumptionError
        If the run breaks a hypothesis of the theorem.

    Examples
    --------
    >>> from gradlab.bounds import NormProduct
    >>> from gradlab.testing import switched, wrong_bounds
    >>> run = switched([[[1.0, 2.0], [0.0, 1.0]]] * 5)
    >>> assert_bound_holds(NormProduct(), run)
    >>> assert_bound_holds(wrong_bounds()["radius for norm"], run)
    Traceback (most recent call last):
    ...
    AssertionError: thm:planted: ln‖J_T ⋯ J_1‖₂ must be at most 5e-09, and is
    2.312438341, over 5 steps.
    """
    __tracebackhide__ = True
    value = bound.log_bound(trajectory)
    factors = trajectory.chain.factors()
    above = bound.direction == "above"
    if math.isnan(value) or not (
        gain_at_most(factors, value) if above else gain_at_least(factors, value)
    ):
        gain = graded_product(factors).log_norm
        message = (
            f"{bound.label}: ln‖J_T ⋯ J_1‖₂ must be at {'most' if above else 'least'} "
            f"{value:.10g}, and is {gain:.10g}, over {len(trajectory):,} steps."
        )
        raise AssertionError(message)


def _reading(layers: tuple[LayerDiagnosis, ...]) -> list[LayerDiagnosis]:
    return [layer for layer in layers if layer.reads_inputs]


def _require_lag(layer: LayerDiagnosis, lag: int) -> None:
    longest = len(layer.profile) - 1
    if lag > longest:
        message = f"`lag` must be at most {longest}, the steps before the last loss; "
        message += f"got {lag}."
        raise InputError(message)
