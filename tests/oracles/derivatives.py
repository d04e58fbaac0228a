"""Three routes to ∂h'/∂z, z any of h, x and the parameters, none by stated Jacobians.

    complex step     Im F(z + iε e_j) / ε in complex128;
    SymPy            differentiate the formula, then evaluate it at the point;
    dual balls       forward-mode differentiation of the step in Arb balls.

Each returns an array (n, *z.shape).
"""

import copy
import functools

import mpmath as mp
import numpy as np
import sympy
from flint import arb

from gradlab.algebra.balls import BALLS
from gradlab.algebra.floats import FLOATS
from gradlab.algebra.symbols import SYMBOLS

__all__ = ["complex_step", "dual_balls", "moved", "stated", "symbolic"]

_BITS = 400  # 1 − tanh² loses 2|a|/ln 2 bits to cancellation: right to |a| = 100


def moved(cell, h, x, name, value):
    """Return (cell, h, x) with the argument or parameter `name` replaced."""
    if name in ("h", "x"):
        return (cell, value, x) if name == "h" else (cell, h, value)
    other = copy.copy(cell)
    object.__setattr__(other, name, value)  # past the door, which wants float64
    return other, h, x


def argument(cell, h, x, name):
    """Return the present value of the argument or parameter `name`."""
    return {"h": h, "x": x, **cell.params}[name]


def stated(cell, h, x, name):
    """Return what the cell itself says (n, *z.shape), parameters row by row."""
    if name == "h":
        return cell.jacobian(h, x)
    if name == "x":
        return cell.input_jacobian(h, x)
    return np.array([cell.cotangent(h, x, e).params[name] for e in np.eye(len(h))])


def complex_step(cell, h, x, name, epsilon=2.0**-100):
    """Return Im F(z + iε e_j) / ε."""
    z = argument(cell, h, x, name)
    columns = []
    for j in range(z.size):
        point = z.astype(complex)
        point.flat[j] += 1j * epsilon
        other, h_, x_ = moved(cell, h, x, name, point)
        columns.append(other.step(h_, x_, FLOATS).imag / epsilon)
    return np.reshape(np.transpose(columns), (len(h), *z.shape))


def symbolic(cell, h, x, name):
    """Return the SymPy derivative of the formula, evaluated to 30 digits."""
    z = argument(cell, h, x, name)
    names = np.array(
        [sympy.Symbol(f"z_{j}", real=True) for j in range(z.size)], dtype=object
    )
    other, h_, x_ = moved(
        cell, SYMBOLS.array(h), SYMBOLS.array(x), name, names.reshape(z.shape)
    )
    formulas = [sympy.sympify(entry) for entry in other.step(h_, x_, SYMBOLS)]
    rows = [[formula.diff(symbol) for symbol in names] for formula in formulas]
    evaluate = sympy.lambdify([list(names)], rows, "mpmath", cse=True)
    with mp.workdps(30):
        values = evaluate([mp.mpf(str(value)) for value in z.flat])
        flat = [float(value) for row in values for value in row]
    return np.reshape(flat, (len(formulas), *z.shape))


def dual_balls(cell, h, x, name):
    """Return the derivative as balls, by dual numbers over Arb at 400 bits."""
    with BALLS.precision(_BITS):
        z = argument(cell, h, x, name)
        unit = np.eye(z.size, dtype=int)
        seeds = [
            Dual(arb(float(v)), BALLS.array(e))
            for v, e in zip(z.flat, unit, strict=True)
        ]
        seeded = np.array(seeds, dtype=object).reshape(z.shape)
        other, h_, x_ = moved(cell, DUALS.array(h), DUALS.array(x), name, seeded)
        steps = [_as_dual(entry) for entry in other.step(h_, x_, DUALS)]
        rows = [np.broadcast_to(entry.slope, (z.size,)) for entry in steps]
        balls = np.array(rows, dtype=object)
        assert all(ball.rad() < 1e-30 for ball in balls.flat), "too few bits"
        return np.reshape(balls, (len(rows), *z.shape))


def _by_entry(operation):
    """Leave arrays to NumPy, which comes back entry by entry."""

    @functools.wraps(operation)
    def operated(self, other):
        if isinstance(other, np.ndarray):
            return NotImplemented
        return operation(self, other)

    return operated


class Dual:
    """value + slope·ε, ε² = 0; the slope is an array of balls, one per direction."""

    def __init__(self, value, slope):
        self.value, self.slope = value, slope

    @_by_entry
    def __add__(self, other):
        other = _as_dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __neg__(self):
        return Dual(-self.value, -self.slope)

    @_by_entry
    def __sub__(self, other):
        return self + (-_as_dual(other))

    @_by_entry
    def __rsub__(self, other):
        return _as_dual(other) - self

    @_by_entry
    def __mul__(self, other):
        other = _as_dual(other)
        slope = self.slope * other.value + other.slope * self.value
        return Dual(self.value * other.value, slope)

    def __truediv__(self, number):
        return self * (1 / arb(number))

    def __pow__(self, power):
        return Dual(self.value**power, self.slope * (power * self.value ** (power - 1)))

    __radd__, __rmul__ = __add__, __mul__


def _as_dual(value):
    return value if isinstance(value, Dual) else Dual(arb(value), np.array([arb(0)]))


class Duals:
    """The algebra of dual balls: f(a + εs) = f(a) + ε f'(a) s, f' from the textbook."""

    name = "duals"

    def array(self, value):
        entries = np.asarray(value, dtype=object)
        return np.asarray(
            np.frompyfunc(
                lambda v: v if isinstance(v, Dual) else _as_dual(float(v)), 1, 1
            )(entries),
            dtype=object,
        )

    def concatenate(self, parts):
        return np.concatenate(parts, axis=-1)

    def exp(self, a):
        return _lift(arb.exp, arb.exp, a)

    def log(self, a):
        return _lift(arb.log, lambda z: 1 / z, a)

    def tanh(self, a):
        return _lift(arb.tanh, lambda z: 1 - z.tanh() ** 2, a)

    def sigmoid(self, a):
        return _lift(_sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z), a)

    def erf(self, a):
        return _lift(arb.erf, lambda z: 2 * (-z * z).exp() / arb.pi().sqrt(), a)

    def normal_cdf(self, a):
        return _lift(
            lambda z: (1 + (z / arb(2).sqrt()).erf()) / 2,
            lambda z: (-z * z / 2).exp() / (2 * arb.pi()).sqrt(),
            a,
        )

    def softplus(self, a):
        return _lift(lambda z: (1 + z.exp()).log(), _sigmoid, a)

    def positive(self, a):
        return self.where_positive(a, a, self.array(np.zeros(np.shape(a))))

    def where_positive(self, a, yes, no):
        def choose(z, u, v):
            assert z.value > 0 or z.value <= 0, "the point sits on a kink"
            return u if z.value > 0 else v

        return np.asarray(np.frompyfunc(choose, 3, 1)(a, yes, no), dtype=object)


def _lift(function, derivative, a):
    def image(z):
        return Dual(function(z.value), z.slope * derivative(z.value))

    return np.asarray(np.frompyfunc(image, 1, 1)(a), dtype=object)


def _sigmoid(z):
    return 1 / (1 + (-z).exp())


DUALS = Duals()
