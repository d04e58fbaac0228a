"""Steady states of families: those that theory knows, each once, with its stability."""

import numpy as np
import pytest

from gradlab.cells import RNN, Henon, Linear, Logistic
from gradlab.dynamics import Stability
from gradlab.errors import InputError, InputTypeError
from gradlab.studies import SteadyStates, steady_states
from gradlab.symbolic import scalar_orbits

SIGNS = {Stability.STABLE: 1, Stability.UNSTABLE: -1, Stability.UNDECIDED: 0}


def one_unit(w):
    return RNN([[w]], np.zeros((1, 0)), [0.25])


def test_one_unit_has_the_states_of_its_theory():
    weights = [-3.0, -1.5, -0.5, 0.5, 1.2, 2.0, 3.5]
    found = steady_states(one_unit, weights, [], rng=3, starts=24)
    for w in weights:
        here = found.parameter == w
        exact = [
            (float(state), len(orbit.states), SIGNS[orbit.stability])
            for orbit in scalar_orbits(w, 0.25)
            for state in orbit.states
        ]
        rows = zip(
            found.states[here, 0],
            found.period[here],
            found.stability[here],
            strict=True,
        )
        # Newton's method ends within its stated error, some 1e-14.
        for got, wanted in zip(sorted(rows), sorted(exact), strict=True):
            assert got[0] == pytest.approx(wanted[0], abs=1e-13)
            assert got[1:] == wanted[1:]


def test_henon_has_two_fixed_points_and_a_cycle():
    found = steady_states(lambda a: Henon(a, 0.3), [1.4], [], rng=0, starts=24)
    assert found.period.tolist() == [1, 1, 2, 2]
    assert (found.stability == -1).all()
    first, second = found.states[2:, 0]
    assert first + second == pytest.approx(0.7 / 1.4, abs=1e-12)  # (1 − b)/a


def test_it_is_a_table_and_comes_back(tmp_path):
    found = steady_states(Logistic, [2.0, 3.3], [], rng=0)
    found.save(tmp_path / "states")
    assert SteadyStates.load(tmp_path / "states").to_csv() == found.to_csv()
    assert found.to_csv().splitlines()[0] == "parameter,period,stability,margin,h_1"
    assert found.origin.seed == 0


def test_a_family_without_steady_states_says_so():
    with pytest.raises(InputError, match="no steady state was found at any"):
        steady_states(lambda p: Linear([[1.0]], [[1.0]]), [0.0], [1.0], rng=0)


def test_no_seed_is_no_default():
    with pytest.raises(InputTypeError, match="`rng` must be"):
        steady_states(Logistic, [2.0], [], rng=None)
