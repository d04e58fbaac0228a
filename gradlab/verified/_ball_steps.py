"""Steps of h' = φ(W_hh h + W_hx x + b_h) in balls: what a stored run lacks of them."""

from collections.abc import Callable

from flint import arb, arb_mat

from gradlab.algebra.balls import BALLS
from gradlab.typing import Matrix
from gradlab.verified.conversion import arb_up, ball_matrix

__all__ = ["step_defects"]

_BITS = 128


def step_defects(
    name: str, weights: Matrix, arguments: Matrix, states: Matrix, slopes: Matrix
) -> tuple[list[float], list[float]]:
    """Return float64s ≥ ‖φ(a_t) − h_t‖₂ and ≥ max|φ'(a_t) − s_t| for t = 1 … T.

    a_t is column t of weights (n, k) times arguments (k, T), h_t and s_t are those of
    states and slopes (n, T); φ is "tanh", "sigmoid" or "identity".
    """
    pair = _PAIRS[name]
    with BALLS.precision(_BITS):
        a = ball_matrix(weights) * ball_matrix(arguments)
        h, s = ball_matrix(states), ball_matrix(slopes)
        columns = [_column(pair, a, h, s, t) for t in range(h.ncols())]
    return [gap for gap, _ in columns], [slope for _, slope in columns]


def _column(
    pair: Callable[[arb], tuple[arb, arb]], a: arb_mat, h: arb_mat, s: arb_mat, t: int
) -> tuple[float, float]:
    square, largest = arb(0), arb(0)
    for i in range(h.nrows()):
        value, slope = pair(a[i, t])
        square += (value - h[i, t]) ** 2
        largest = largest.max(abs(slope - s[i, t]))
    return arb_up(square.sqrt()), arb_up(largest)


def _tanh(a: arb) -> tuple[arb, arb]:
    value = a.tanh()
    return value, 1 - value**2


def _sigmoid(a: arb) -> tuple[arb, arb]:
    value = 1 / (1 + (-a).exp())
    return value, value * (1 - value)


def _identity(a: arb) -> tuple[arb, arb]:
    return a, arb(1)


_PAIRS = {"tanh": _tanh, "sigmoid": _sigmoid, "identity": _identity}
