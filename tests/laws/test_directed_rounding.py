"""Every directed operation of the certified code points outward, place by place.

Each is overdone by a thousandth, alone; the enclosure then only widens.  In this way a
single `down_` for an `up_` shows, although it is worth 1e-16 beside some n² u of slack.
What accounts for a rounding is itself worth 1e-16, and its own roundings are nothing;
so the law is tried once more where a step is a hundredth and the least number too.
"""

import importlib
import linecache
import pkgutil

import numpy as np
import pytest

import gradlab.bounds
import gradlab.verified
from gradlab import verified
from gradlab.bounds import (
    TwinCeiling,
    cauchy_power,
    kreiss_ceiling,
    pseudospectral_growth,
)
from gradlab.cells import GRU, LSTM, RNN
from gradlab.dynamics import run
from gradlab.errors import AssumptionError, InputError
from gradlab.linalg import rounding
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic
from gradlab.testing import powers_of
from gradlab.verified import Enclosure, definite, eigen, singular
from gradlab.verified.resolvent import resolvent_norms_on_circle
from tests.cases.bounds import BOUNDS
from tests.cases.run_theorems import RUN_THEOREMS
from tests.oracles.exaggeration import exaggerated

AMOUNT = 1e-3
# Where the fast path was spoilt, balls take over, and are narrower than it by 1e-9.
NARROWER = 1e-6

# Sums that are rounded up, but taken as near: the step that they may take is added to
# an error.  Directions in the middle of two others need no error: any will do.
NEAR = {"_middles", "_shifted", "_up_sum"}
NEAR_LINES = {
    "A = np.where(np.eye(len(J)) > 0, up_sub(J, 1.0), J)",
    "rows, n = up_mul(found.matrix, d[:, None]), len(d)",
    "scaled = up_div(rows, d)",
    "r = up_ldexp(radius, -exponent)",
    "x, y = up_mul(r, roots[0]), up_mul(r, roots[2])",
}
# Its lower end is that of upper bounds on the norms of blocks.
ONE_END = {"lstm_ceiling"}


def discs(A):
    radii = eigen._discs_in_float64(A, FLOAT64).radii
    return Enclosure.between(-radii, radii)


_RNG = np.random.default_rng(7)
MATRICES = {
    "real": _RNG.normal(size=(3, 3)),
    "complex": _RNG.normal(size=(3, 3)) + 1j * _RNG.normal(size=(3, 3)),
    # Its numerical range is to the left of 0: shifts have to be undone exactly.
    "negative": np.array([[-1.0 + 0.5j]]),
    "triangular": np.array([[0.5, 1.0, 0.0], [0.0, 0.5, 1.0], [0.0, 0.0, 0.25]]),
}
ENCLOSED = {
    "resolvents on a circle": lambda A: Enclosure.between(
        np.zeros(8), resolvent_norms_on_circle(A, 3.0, 8)
    ),
    "row sum": lambda A: verified.enclosed_norm(A, np.inf),
    "frobenius": lambda A: verified.enclosed_norm(A, "fro"),
    "singular": verified.enclosed_singular_values,
    "least singular": verified.enclosed_least_singular_value,
    "determinant": lambda A: verified.enclosed_log_abs_det(A.real),
    "gain": lambda A: verified.enclosed_log_gain([A, A.T, A]),
    "gain in balls": lambda A: verified.enclosed_log_gain([A, A.T, A], atol=1e-15),
    "log singular": lambda A: verified.enclosed_log_singular_values([A, A.T, A]),
    "power gain": lambda A: verified.enclosed_log_power_gain(A, 7),
    "power gain in balls": lambda A: verified.enclosed_log_power_gain(A, 7, atol=1e-15),
    "radius": verified.enclosed_spectral_radius,
    "discs": discs,
    "abscissa": verified.enclosed_numerical_abscissa,
    "numerical radius": lambda A: verified.enclosed_numerical_radius(A, rtol=1.0),
    "resolvent": lambda A: verified.enclosed_resolvent_norm(A, 3 + 1j),
    "resolvent, real": lambda A: verified.enclosed_resolvent_norm(A, -3.0),
}

# With a unit of 2⁻¹³ error bounds are 1e-3 and not 1e-16 of a value, and what is made
# of two of them shows too; balls, which would hide them, are not asked.
COARSE = {"arithmetic": Arithmetic(unit=2.0**-13)}
ENCLOSED |= {
    f"{name}, coarse": value
    for name, value in {
        "resolvents on a circle": lambda A: Enclosure.between(
            np.zeros(8), resolvent_norms_on_circle(A, 9.0, 8, **COARSE)
        ),
        "singular": lambda A: Enclosure.between(
            *singular.singular_values_between(A, **COARSE)
        ),
        "least singular": lambda A: verified.enclosed_least_singular_value(
            A, rtol=9.0, **COARSE
        ),
        "gain": lambda A: verified.enclosed_log_gain(
            [A, A.T, A, A, A.T], atol=9.0, **COARSE
        ),
        "power gain": lambda A: verified.enclosed_log_power_gain(
            A, 5, atol=9.0, **COARSE
        ),
        "radius": lambda A: verified.enclosed_spectral_radius(A, rtol=9.0, **COARSE),
        "abscissa": lambda A: verified.enclosed_numerical_abscissa(A, **COARSE),
        "numerical radius": lambda A: verified.enclosed_numerical_radius(
            A, rtol=1.0, **COARSE
        ),
        "resolvent": lambda A: verified.enclosed_resolvent_norm(A, 9 + 1j, **COARSE),
    }.items()
}

BOUNDED = {name: (case.bound, case.witness) for name, case in BOUNDS.items()}
BOUNDED |= {name: (case.theorem, case.witness) for name, case in RUN_THEOREMS.items()}


def _plain_runs():
    """Yield runs of no special kind: witnesses may have nothing curved, or turned."""
    rng = np.random.default_rng(8)
    W = rng.normal(size=(3, 3))
    for activation in ("tanh", "sigmoid"):
        cell = RNN.random(3, 1, gain=1.5, rng=5, activation=activation)
        yield run(cell, rng.normal(size=3), rng.normal(size=(3, 1)))
    yield powers_of(W / 2, 3)
    yield powers_of(np.diag([0.5, -2.0]), 3)
    yield powers_of(1.25 * np.array([[0.6, -0.8], [0.8, 0.6]]), 3)
    yield powers_of(0.75 * np.eye(3) + 0.5 * np.eye(3, k=1), 4)
    yield powers_of(np.array([[0.0, 1.0], [1.0, 0.0]]), 3)
    yield run(LSTM.random(2, 1, gain=1.0, rng=6), np.zeros(4), np.ones((3, 1)))
    yield run(GRU.random(2, 1, gain=1.0, rng=7), np.zeros(2), np.ones((3, 1)))


PLAIN_RUNS = list(_plain_runs())


def ends(found, *, both=True):
    lower, upper = (np.asarray(end, dtype=float) for end in (found.lower, found.upper))
    return (lower if both else -np.inf), upper


def inward(usual, value):
    """Return whether an end lies farther in than before, or the ends have crossed."""
    try:
        lower, upper = value()
    except InputError:
        return True
    low, high = usual
    return bool((lower > low + room(low)).any() or (upper < high - room(high)).any())


def room(end):
    return NARROWER * (1 + np.where(np.isfinite(end), np.abs(end), 0.0))


def places_that_point_inward(package, monkeypatch, value):
    with exaggerated(package, monkeypatch) as found:
        usual = value()
        places, found.amount = dict(found.places), AMOUNT
        wrong = []
        for found.chosen, (name, line) in places.items():
            code = found.chosen[0]
            text = linecache.getline(code.co_filename, line).strip()
            near = code.co_name in NEAR or text in NEAR_LINES
            if not near and inward(usual, value):
                wrong.append(f"{code.co_filename}:{line} {code.co_name}: {name}")
        return len(places), wrong


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_round_outward_everywhere(name, monkeypatch):
    bound, witness = BOUNDED[name]
    trajectory, both = witness(), name not in ONE_END
    _, wrong = places_that_point_inward(
        gradlab.bounds,
        monkeypatch,
        lambda: ends(bound.enclosed_bound(trajectory), both=both),
    )
    assert not wrong


def rounds_outward(name, trajectories, monkeypatch):
    """Check a bound where its hypotheses hold; return of how many runs they do."""
    bound, _ = BOUNDED[name]
    tried = 0
    for trajectory in trajectories:
        try:
            bound.enclosed_bound(trajectory)
        except AssumptionError:
            continue
        _, wrong = places_that_point_inward(
            gradlab.bounds,
            monkeypatch,
            lambda one=trajectory: ends(
                bound.enclosed_bound(one), both=name not in ONE_END
            ),
        )
        assert not wrong
        tried += 1
    return tried


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_of_plain_runs_round_outward_everywhere(name, monkeypatch):
    tried = rounds_outward(name, PLAIN_RUNS, monkeypatch)
    assert tried or name == "forget_floor"  # blind gates are not plain


@pytest.mark.parametrize("z", [1.5 + 0.5j, -0.25 + 1.25j, 2.0 + 0.0j])
def test_growth_at_any_point_rounds_outward_everywhere(z, monkeypatch):
    # L is near 1, so that r^T/L counts, and |z| is rounded where z is complex.
    W = np.array([[0.5, 2.0], [0.0, 0.25]])
    for T in (1, 4):
        places, wrong = places_that_point_inward(
            gradlab.bounds,
            monkeypatch,
            lambda T=T: (pseudospectral_growth._at(W, T, z), np.inf),
        )
        assert places > 8
        assert not wrong


@pytest.mark.parametrize("separation", [0.5, 8.0])
def test_twins_that_are_far_apart_round_outward_everywhere(separation, monkeypatch):
    bound = TwinCeiling(separation=separation)
    for trajectory in PLAIN_RUNS[:2]:
        places, wrong = places_that_point_inward(
            gradlab.bounds,
            monkeypatch,
            lambda one=trajectory: ends(bound.enclosed_bound(one)),
        )
        assert places > 8
        assert not wrong


@pytest.mark.parametrize("T", [3, 1 << 14])
def test_circles_round_outward_everywhere(T, monkeypatch):
    # From 2¹⁴ steps on the maximum over the circle stands for its mean.
    W = np.array([[0.5, 0.25], [0.0, 0.25]])
    for above in (cauchy_power._above, kreiss_ceiling._above):
        _, wrong = places_that_point_inward(
            gradlab.bounds, monkeypatch, lambda above=above: (-np.inf, above(W, T))
        )
        assert not wrong


@pytest.mark.parametrize("least", [-5e-4, 5e-4])
def test_no_matrix_becomes_definite_by_rounding_outward(least, monkeypatch):
    M = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, least]])
    places, wrong = places_that_point_inward(
        gradlab.verified,
        monkeypatch,
        lambda: (-np.inf, float(not definite._is_clearly_definite(M, FLOAT64))),
    )
    assert places >= 3
    assert not wrong


@pytest.mark.parametrize("name", ENCLOSED)
@pytest.mark.parametrize("matrix", MATRICES)
def test_enclosures_round_outward_everywhere(name, matrix, monkeypatch):
    A = MATRICES[matrix]
    places, wrong = places_that_point_inward(
        gradlab.verified, monkeypatch, lambda: ends(ENCLOSED[name](A))
    )
    assert places
    assert not wrong


def up_excess(y):
    """Return a hundredth of a number, and a hundredth, for the step that it took."""
    return 2.0**-7 * (1 + np.abs(y))


@pytest.fixture
def large_steps(monkeypatch):
    """Let files that name u, η or the step of a sum take them for some hundredths."""
    large = {"UNIT": 2.0**-7, "ETA": 2.0**-7, "up_excess": up_excess}
    for package in (gradlab.bounds, gradlab.verified):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            for name in large.keys() & vars(module).keys():
                monkeypatch.setattr(module, name, large[name])


LARGE = ["slope_norm", "scaled_norm", "entrywise_radius", "orthogonal_ceiling"]
LARGE += ["logarithmic_norm", "diagonal_recurrence", "twin_ceiling", *ONE_END]
LARGE += ["gru_ceiling"]


@pytest.mark.usefixtures("large_steps")
@pytest.mark.parametrize("name", LARGE)
def test_bounds_account_for_their_own_rounding_outward(name, monkeypatch):
    _, witness = BOUNDED[name]
    assert rounds_outward(name, [witness(), *PLAIN_RUNS], monkeypatch)


@pytest.mark.usefixtures("large_steps")
@pytest.mark.parametrize(
    "name",
    [
        "resolvents on a circle",
        "resolvent",
        "resolvent, real",
        "abscissa",
        "numerical radius",
        "discs",
        "singular, coarse",
        "gain, coarse",
        "power gain, coarse",
        "radius, coarse",
    ],
)
@pytest.mark.parametrize("matrix", MATRICES)
def test_enclosures_account_for_their_own_rounding_outward(name, matrix, monkeypatch):
    _, wrong = places_that_point_inward(
        gradlab.verified, monkeypatch, lambda: ends(ENCLOSED[name](MATRICES[matrix]))
    )
    assert not wrong


@pytest.mark.parametrize("turned", ["up_add", "down_sub", "up_mul", "down_div"])
def test_a_place_that_rounds_inward_is_found(turned, monkeypatch):
    way, _, operation = turned.partition("_")
    other = getattr(rounding, f"{'down' if way == 'up' else 'up'}_{operation}")
    monkeypatch.setattr(singular, turned, other)
    _, wrong = places_that_point_inward(
        gradlab.verified,
        monkeypatch,
        lambda: ends(verified.enclosed_singular_values(MATRICES["real"])),
    )
    assert wrong
