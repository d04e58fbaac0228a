"""Chains with known exponents: orbits by plain floats, and random products."""

import math

import numpy as np
from scipy.signal import lfilter

from gradlab.cells import Henon, Wrapped
from gradlab.dynamics import Trajectory, run

# [DS01]: in binary floats both maps lose a digit a step and fall on 0.
COLLAPSING = {
    "tent": (lambda h, x: 1 - abs(1 - 2 * h), lambda h, x: np.full((1, 1), 2.0)),
    "doubling": (lambda h, x: 2 * h % 1, lambda h, x: np.full((1, 1), 2.0)),
}


def collapsed(name):
    """A run of such a map from 0.1, which has 56 binary digits."""
    step, jacobian = COLLAPSING[name]
    return run(Wrapped(step, jacobian, n=1), [0.1], np.zeros((400, 0)))


def henon(steps):
    """A trajectory of the Hénon map on its attractor, iterated in plain Python."""
    states = np.empty((steps + 1, 2))
    x, y = 0.1, 0.1
    for _ in range(100):
        x, y = 1 - 1.4 * x * x + y, 0.3 * x
    for t in range(steps + 1):
        states[t] = x, y
        x, y = 1 - 1.4 * x * x + y, 0.3 * x
    return Trajectory(Henon(), states, np.zeros((steps, 0)))


def baker(lefts, *, share, squeezes):
    """A run of the generalised baker map, left where `lefts` says so, axes turned.

    (x, y) ↦ (x/α, a y) for x < α, else ((x − α)/(1 − α), 1 − b + b y).  Forwards floats
    lose x within 60 steps; backwards x shrinks, and the run is the one asked for.
    """
    (a, b), lower = squeezes, np.array([0.0, share])
    widths, sizes = np.array([share, 1 - share]), np.array([a, b])
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])

    def step(h, _):
        x, y = h @ turn
        side = int(x >= share)
        new = (x - lower[side]) / widths[side], sizes[side] * y + side * (1 - b)
        return turn @ new

    def jacobian(h, _):
        side = int((h @ turn)[0] >= share)
        return turn @ np.diag([1 / widths[side], sizes[side]]) @ turn.T

    sides = np.where(lefts, 0, 1)
    points = np.empty((len(sides) + 1, 2))
    points[-1, 0] = points[0, 1] = 0.5
    for t, side in enumerate(sides):
        points[t + 1, 1] = sizes[side] * points[t, 1] + side * (1 - b)
        back = len(sides) - 1 - t
        points[back, 0] = lower[sides[back]] + widths[sides[back]] * points[back + 1, 0]
    cell = Wrapped(step, jacobian, n=2)
    return Trajectory(cell, points @ turn.T, np.zeros((len(sides), 0)))


def fibonacci(steps, rng):
    """Random Fibonacci matrices [[0, 1], [1, ±1]] [RP01]."""
    factors = np.zeros((steps, 2, 2))
    factors[:, 0, 1] = factors[:, 1, 0] = 1.0
    factors[:, 1, 1] = rng.choice([-1.0, 1.0], size=steps)
    return factors


def lloyd(steps, rng, *, energy, width):
    """Transfer matrices [[E − V, −1], [1, 0]], V Cauchy of the given width [RP11]."""
    factors = np.zeros((steps, 2, 2))
    factors[:, 0, 0] = energy - width * rng.standard_cauchy(size=steps)
    factors[:, 0, 1], factors[:, 1, 0] = -1.0, 1.0
    return factors


def lloyd_exponent(energy, width):
    """γ of 4 cosh γ = √((2 + E)² + W²) + √((2 − E)² + W²)."""
    total = math.hypot(2 + energy, width) + math.hypot(2 - energy, width)
    return math.acosh(total / 4)


def rank_one_mixture(steps, rng, *, p):
    """[[1, 1], [0, 1]] with probability 1 − p, else [[1, 1], [1, 1]] [RP13]."""
    factors = np.ones((steps, 2, 2))
    factors[:, 1, 0] = rng.random(steps) < p
    return factors


def isotropic(steps, rng, sizes):
    """R diag(s) R' with independent uniform rotations of the plane [RP14]."""
    c, s = np.cos, np.sin
    a, b = rng.uniform(0, 2 * np.pi, size=(2, steps))
    turn = np.array([[c(a), -s(a)], [s(a), c(a)]]).transpose(2, 0, 1)
    back = np.array([[c(b), -s(b)], [s(b), c(b)]]).transpose(2, 0, 1)
    return turn @ (np.array(sizes)[:, None] * back)


def autoregressive(steps, rng, *, memory):
    """1 × 1 factors exp(a_t) with a_t = memory · a_{t−1} + N(0, 1): exponent 0."""
    noise = rng.standard_normal(steps)
    noise[0] /= math.sqrt(1 - memory**2)  # stationary from the first step on
    a = lfilter([1.0], [1.0, -memory], noise)
    return np.exp(a)[:, None, None]
