"""Fixed points: closed forms, the theory of one unit, verdicts, and honest failures."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gradlab.cells import GRU, LSTM, RNN, Henon, Linear, Logistic, Wrapped
from gradlab.dynamics import (
    FixedPoint,
    FixedPoints,
    FixedPointStop,
    Stability,
    fixed_point,
    fixed_points,
    run,
)
from gradlab.errors import (
    InputError,
    InputTypeError,
    NonFiniteError,
    ShapeError,
)
from gradlab.symbolic import scalar_orbits, solvable_cycles

SIXTEENTHS = st.integers(-96, 96).map(lambda k: k / 16)


def one_unit(w, b, activation="tanh"):
    return RNN([[w]], np.zeros((1, 0)), [b], activation)


def closed(kind, index, **numbers):
    """Return state and multipliers of a solvable fixed point, as floats."""
    cycle = solvable_cycles(kind)[index]
    at = {sympy.Symbol(k, real=True): sympy.Rational(v) for k, v in numbers.items()}
    state = np.array(cycle.states[0].subs(at), dtype=float).ravel()
    multipliers = [complex(m.subs(at)) for m in cycle.multipliers]
    return state, np.array(sorted(multipliers, key=abs, reverse=True))


@pytest.mark.parametrize("r", ["0.5", "2.5", "2.9", "3.2", "4"])
def test_the_logistic_map(r):
    state, multipliers = closed(Logistic, 1, r=r)
    found = fixed_point(Logistic(float(r)), [], state + 0.1)
    # 1 − 1/r and 2 − r, with errors of a few ulps over |1 − μ|.
    np.testing.assert_allclose(found.state, state, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(found.multipliers, multipliers, rtol=1e-13)
    assert found.error < 1e-13
    stable = abs(multipliers[0]) < 1
    assert found.stability is (Stability.STABLE if stable else Stability.UNSTABLE)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize(("a", "b"), [("1.4", "0.3"), ("0.1", "0.3"), ("0.2", "-0.5")])
def test_the_henon_map(index, a, b):
    state, multipliers = closed(Henon, index, a=a, b=b)
    found = fixed_point(Henon(float(a), float(b)), [], state + 0.05)
    np.testing.assert_allclose(found.state, state, rtol=1e-13)
    np.testing.assert_allclose(found.multipliers, multipliers, rtol=1e-12)
    assert np.linalg.norm(found.state - state) <= found.error
    assert found.margin == pytest.approx(1 - abs(multipliers[0]), abs=1e-12)


@given(w=SIXTEENTHS, b=SIXTEENTHS, start=st.floats(-3, 3))
def test_one_unit_ends_in_one_of_the_enclosed_points(w, b, start):
    found = fixed_point(one_unit(w, b), [], [start])
    assert found.converged or found.stop is FixedPointStop.STALLED
    if not found.converged:  # at a local minimum of the residual
        return
    points = [o for o in scalar_orbits(w, b) if len(o.states) == 1]
    states = np.array([float(o.states[0]) for o in points])
    nearest = int(np.abs(states - found.state[0]).argmin())
    assert abs(states[nearest] - found.state[0]) <= found.error
    exact = float(points[nearest].multiplier)
    assert abs(found.multipliers[0] - exact) <= found.margin_error
    if found.stability is not Stability.UNDECIDED:
        assert found.stability is points[nearest].stability


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@given(w=SIXTEENTHS, b=SIXTEENTHS)
def test_searches_find_points_of_one_unit_once_and_no_others(activation, w, b):
    exact = [o for o in scalar_orbits(w, b, activation) if len(o.states) == 1]
    states = np.array([float(o.states[0]) for o in exact])
    found = fixed_points(one_unit(w, b, activation), [], rng=0, starts=5, scale=2.0)
    assert found.hits.sum() + found.failures == 5
    # A basin may be too narrow to be hit: at most all of them.
    nearest = [int(np.abs(states - point.state[0]).argmin()) for point in found.points]
    assert len(nearest) >= 1
    assert len(set(nearest)) == len(nearest)
    for index, point in zip(nearest, found.points, strict=True):
        assert abs(states[index] - point.state[0]) <= point.error


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@given(w=SIXTEENTHS, b=SIXTEENTHS)
def test_a_search_beside_a_point_of_one_unit_finds_it(activation, w, b):
    for orbit in scalar_orbits(w, b, activation):
        if len(orbit.states) > 1 or abs(float(orbit.multiplier) - 1) < 0.05:
            continue
        # |G''| ≤ w² < 37 and |G'| > 0.05: Newton converges from nearer than 1e-3.
        state = float(orbit.states[0])
        found = fixed_point(one_unit(w, b, activation), [], [state + 1e-4])
        assert abs(found.state[0] - state) <= found.error


def test_on_a_fold_the_error_is_the_root_of_the_rounding_and_nothing_is_decided():
    """SB01 at w = 2: h* = −1/√2 with multiplier 1."""
    b = np.sqrt(2) - np.log(1 + np.sqrt(2))
    found = fixed_point(one_unit(2.0, b), [], [-0.6])
    assert found.converged
    assert abs(found.state[0] + np.sqrt(0.5)) <= found.error < 1e-5
    assert abs(found.margin) <= found.margin_error
    assert found.stability is Stability.UNDECIDED


def test_where_there_is_no_fixed_point_the_search_says_so():
    """h' = h + 1 + h² has none; the residual 1 + h² is least at 0."""
    cell = Wrapped(lambda h, x: h + 1 + h**2, lambda h, x: np.diag(1 + 2 * h), n=1)
    found = fixed_point(cell, [], [2.0])
    assert found.stop is FixedPointStop.STALLED
    assert not found.converged
    # A step that would lower it by less than 1e-4 of itself is not taken.
    assert 1.0 <= found.residual <= 1.0 + 1e-4
    assert found.margin_error == np.inf
    assert found.stability is Stability.UNDECIDED


def test_the_steps_are_limited():
    found = fixed_point(one_unit(2.0, 0.0), [], [0.3], max_steps=1)
    assert found.stop is FixedPointStop.STEPS
    assert found.steps == 1


def test_the_damping_helps_where_newton_alone_cycles():
    """h' = h − arctan h: Newton from |h| > 1.39 flies away, the damped one does not."""
    cell = Wrapped(
        lambda h, x: h - np.arctan(h), lambda h, x: np.diag(1 - 1 / (1 + h**2)), n=1
    )
    found = fixed_point(cell, [], [20.0])
    assert found.converged
    assert abs(found.state[0]) < 1e-15


def test_a_singular_equation_is_solved_by_the_least_step():
    """h' = h on the first axis: every point there is fixed, and none is isolated."""
    cell = Linear(np.diag([1.0, 0.5]), np.zeros((2, 1)))
    found = fixed_point(cell, [0.0], [3.0, 1.0])
    np.testing.assert_allclose(found.state, [3.0, 0.0], atol=1e-15)
    assert found.converged
    assert found.error == np.inf
    assert found.stability is Stability.UNDECIDED


def test_a_linear_cell_is_solved_in_one_step(rng):
    cell = Linear.random(20, 3, gain=0.7, rng=rng)
    x = rng.normal(size=3)
    found = fixed_point(cell, x, np.zeros(20))
    exact = np.linalg.solve(np.eye(20) - cell.W_hh, cell.W_hx @ x)
    assert found.steps <= 5  # one, and then the last bits
    assert np.linalg.norm(found.state - exact) <= found.error < 1e-11


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_a_driven_cell_rests_where_runs_end(kind, rng):
    cell = kind.random(6, 2, gain=0.8, rng=rng)
    x = rng.normal(size=2)
    found = fixed_point(cell, x, np.zeros(cell.sizes[0]))
    assert found.stability is Stability.STABLE
    start = found.state + 0.01 * rng.normal(size=found.state.shape)
    last = run(cell, start, np.tile(x, (3000, 1))).states[-1]
    # Both are rounded, and errors grow by 1/margin.
    assert np.linalg.norm(last - found.state) <= found.error + 1e-13 / found.margin
    J = cell.jacobian(found.state, x)
    np.testing.assert_allclose(
        np.sort_complex(found.multipliers), np.sort_complex(np.linalg.eigvals(J))
    )


def test_a_rotation_is_unstable_by_a_pair():
    gain = 1.25
    cell = RNN(gain * np.array([[0.0, -1.0], [1.0, 0.0]]), np.zeros((2, 0)), [0, 0])
    found = fixed_point(cell, [], [0.1, -0.1])
    np.testing.assert_allclose(np.abs(found.multipliers), gain, rtol=1e-14)
    np.testing.assert_allclose(found.multipliers.imag, [gain, -gain], rtol=1e-14)
    assert found.stability is Stability.UNSTABLE


def test_each_point_is_found_once_and_counted():
    found = fixed_points(one_unit(3.0, 0.0), [], rng=1, starts=50)
    assert [p.stability for p in found.points] == [
        Stability.STABLE,
        Stability.STABLE,
        Stability.UNSTABLE,
    ]
    assert found.hits.sum() == 50
    assert found.failures == 0
    assert found.columns()["margin"].tolist() == sorted(
        found.columns()["margin"], reverse=True
    )


def test_searches_are_reproducible_and_the_seed_is_kept():
    first, second = (fixed_points(Henon(), [], rng=5, starts=8) for _ in range(2))
    assert first.hits.tolist() == second.hits.tolist()
    assert first.origin.seed == 5
    assert first.origin.parameters["starts"] == 8


def test_wild_starts_are_failures_and_no_errors():
    found = fixed_points(Henon(), [], rng=0, starts=20, scale=1e200)
    assert found.failures == 20
    assert len(found) == 0


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (FixedPoint, lambda: fixed_point(Henon(), [], [0.5, 0.1])),
        (FixedPoints, lambda: fixed_points(Henon(), [], rng=0, starts=8)),
    ],
)
def test_results_are_saved_and_loaded(kind, make, tmp_path):
    found = make()
    found.save(tmp_path / "found")
    loaded = kind.load(tmp_path / "found")
    assert repr(loaded) == repr(found)
    assert loaded.to_csv() == found.to_csv()


def test_a_stability_is_no_bool():
    with pytest.raises(TypeError, match="a Stability has three values"):
        bool(Stability.STABLE)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: fixed_point("rnn", [], [0.0]),
            InputTypeError,
            "`cell` must be a cell",
        ),
        (
            lambda: fixed_point(Henon(), [1.0], [0.0, 0.0]),
            ShapeError,
            r"`x` must have shape \(m,\) with m = 0; got \(1,\)",
        ),
        (
            lambda: fixed_point(Henon(), [], [0.0]),
            ShapeError,
            r"`guess` must have shape \(n,\) with n = 2; got \(1,\)",
        ),
        (
            lambda: fixed_point(Henon(), [], [np.nan, 0.0]),
            NonFiniteError,
            r"`guess` must be finite; got nan at index \(0,\)",
        ),
        (
            lambda: fixed_point(Henon(), [], [1e200, 0.0]),
            NonFiniteError,
            r"`F\(guess\)` must be finite; got -inf",
        ),
        (
            lambda: fixed_point(Henon(), [], [0.0, 0.0], max_steps=0),
            InputError,
            "`max_steps` must be an integer >= 1; got 0",
        ),
        (
            lambda: fixed_points(Henon(), [], rng=0, starts=2.0),
            InputTypeError,
            "`starts` must be an integer >= 1; got 2.0",
        ),
        (
            lambda: fixed_points(Henon(), [], rng=0, scale=0.0),
            InputError,
            "`scale` must be a finite number > 0; got 0.0",
        ),
        (
            lambda: fixed_points(Henon(), [], rng=None),
            InputTypeError,
            "`rng` must be a numpy Generator or an integer seed",
        ),
    ],
)
def test_bad_arguments_are_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_jacobian_that_is_not_finite_is_named():
    cell = Wrapped(lambda h, x: np.sqrt(h), lambda h, x: np.diag(0.5 / np.sqrt(h)), n=1)
    with (
        np.errstate(divide="ignore"),
        pytest.raises(NonFiniteError, match="`jacobian` must be finite; got inf"),
    ):
        fixed_point(cell, [], [0.0])


def test_the_guess_is_not_changed():
    guess = np.array([0.5, 0.1])
    fixed_point(Henon(), np.zeros(0), guess)
    assert guess.tolist() == [0.5, 0.1]
