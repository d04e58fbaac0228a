"""Diagnoses of models whose trouble is known, with remedies that were tried."""

import math

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError
from gradlab.objectives import SquaredError
from gradlab.studies import Diagnosis, GradientVerdict, diagnose

T, N, M = 120, 24, 3


def on_the_last_step(cell, rng, steps=T):
    inputs = rng.normal(size=(steps, 4, M))
    trajectory = run(cell, np.zeros((4, cell.sizes[0])), inputs)
    weights = np.zeros(steps)
    weights[-1] = 1.0
    W_qh = rng.normal(size=(1, cell.hidden))
    targets = np.ones((steps, 4, 1))
    return SquaredError(trajectory, targets, W_qh, weights=weights)


CELLS = {
    "rnn": lambda rng: RNN.random(N, M, gain=1.0, rng=rng, init="torch"),
    "lstm": lambda rng: LSTM.random(N, M, gain=1.0, rng=rng, init="torch"),
    "gru": lambda rng: GRU.random(N, M, gain=1.0, rng=rng, init="torch"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_default_cell_vanishes_for_a_loss_at_the_end_and_a_remedy_helps(name, rng):
    found = diagnose(on_the_last_step(CELLS[name](rng), rng))
    (layer,) = found.layers
    assert found.verdict is layer.verdict is GradientVerdict.VANISHING
    assert found.has_loss
    assert layer.required_lag == T - 1
    assert layer.remedies
    best = layer.remedies[0]
    assert best.helps
    assert best.horizon_after > 5 * best.horizon_before
    assert abs(best.exponent_after) < abs(best.exponent_before) / 5
    text = str(found)
    assert f"{T - 1} steps back" in text
    assert best.words in text


@pytest.mark.parametrize("name", CELLS)
def test_with_a_loss_at_every_step_the_gradients_are_not_the_problem(name, rng):
    objective = on_the_last_step(CELLS[name](rng), rng)
    found = diagnose(
        SquaredError(objective.trajectory, objective.targets, objective.W_qh)
    )
    assert found.verdict is GradientVerdict.NOT_THE_GRADIENTS
    assert found.layers[0].required_lag == 0
    assert not found.layers[0].remedies
    sure = diagnose(
        SquaredError(objective.trajectory, objective.targets, objective.W_qh),
        required_lag=100,
    )
    assert sure.verdict is GradientVerdict.VANISHING


def test_numbers_of_a_halving_recurrence_are_known():
    """a_l = −l ln 2: every number of the diagnosis is in closed form."""
    steps = 60
    trajectory = run(Linear([[0.5]], [[1.0]]), [1.0], np.zeros((steps, 1)))
    weights = np.zeros(steps)
    weights[-1] = 1.0
    goal = [[0.0]] * (steps - 1) + [[1.0]]
    found = diagnose(SquaredError(trajectory, goal, [[1.0]], weights=weights))
    (layer,) = found.layers
    assert layer.left[1] == pytest.approx(-59 * math.log(2), rel=1e-14)
    assert layer.exponent == pytest.approx(-math.log(2), rel=1e-14)
    assert layer.half_life == pytest.approx(1.0, rel=1e-12)
    assert layer.horizon == pytest.approx(math.log(1000) / math.log(2), rel=1e-12)
    assert layer.rounded_at["float32"] == 25  # below 2^-24
    assert layer.rounded_at["bfloat16"] == 9
    assert layer.rounded_at["float16"] == 12
    assert layer.radii == layer.norms == [0.5]
    assert layer.zero_at["float16"] == pytest.approx(
        26
    )  # 2^-25 times 1 is half of 2^-24
    double = next(r for r in layer.remedies if r.name == "gain")
    assert "times 2," in double.words
    assert double.exponent_after == pytest.approx(0.0, abs=1e-14)


def test_chaos_and_explosion_are_told_apart(rng):
    wild = RNN.random(64, M, gain=4.0, rng=rng)
    quiet = np.zeros((200, 4, M))
    found = diagnose(run(wild, rng.normal(size=(4, 64)), quiet))
    assert found.verdict is GradientVerdict.CHAOTIC
    assert not found.has_loss
    growing = diagnose(Linear([[1.2]], [[1.0]]), np.zeros((100, 1)))
    assert growing.verdict is GradientVerdict.EXPLODING
    calmed = next(r for r in found.layers[0].remedies if r.name == "gain")
    assert abs(calmed.exponent_after) < 0.05
    trained = on_the_last_step(wild, rng, steps=200)
    assert diagnose(trained).verdict is GradientVerdict.EXPLODING


def test_an_orthogonal_recurrence_is_healthy(rng):
    still = Linear.random(8, M, gain=1.0, rng=rng, init="orthogonal")
    found = diagnose(still, np.zeros((100, M)))
    assert found.verdict is GradientVerdict.HEALTHY
    assert found.layers[0].horizon == math.inf


def test_a_diagnosis_comes_back_from_disk(rng, tmp_path):
    found = diagnose(on_the_last_step(CELLS["lstm"](rng), rng))
    again = Diagnosis.load(found.save(tmp_path / "found"))
    assert str(again) == str(found)
    assert again.to_csv() == found.to_csv()


def test_the_same_question_gets_the_same_answer(rng):
    cell, inputs = CELLS["gru"](rng), rng.normal(size=(T, 20, M))
    first, second = (diagnose(cell, inputs) for _ in range(2))
    assert first.to_csv() == second.to_csv()
    assert first.layers[0].sequences == 8
    assert diagnose(cell, inputs, mode="exact").layers[0].sequences == 20


def test_sequences_of_one_step_say_nothing_and_do_not_fail(rng):
    found = diagnose(CELLS["lstm"](rng), rng.normal(size=(1, M)))
    assert found.verdict is GradientVerdict.HEALTHY
    assert math.isnan(found.layers[0].exponent)
    assert "nan" not in str(found).lower()


BAD = {
    "no model": ((3,), {}, InputTypeError, "`model` must be a torch model, a cell"),
    "no inputs": (
        (Linear([[1.0]], [[1.0]]),),
        {},
        InputError,
        "`batch` must be the inputs",
    ),
    "mode": (
        (Linear([[1.0]], [[1.0]]), [[1.0]]),
        {"mode": "slow"},
        InputError,
        "`mode` must be one of 'quick', 'exact'",
    ),
    "lag": (
        (Linear([[1.0]], [[1.0]]), [[1.0]]),
        {"required_lag": -1},
        InputError,
        "`required_lag` must be an integer >= 0",
    ),
    "loss": (
        (Linear([[1.0]], [[1.0]]), [[1.0]]),
        {"loss": abs},
        InputError,
        "`loss` is for torch models",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_diagnosed_is_refused(name):
    arguments, options, error, message = BAD[name]
    with pytest.raises(error, match=message):
        diagnose(*arguments, **options)


def test_rounding_errors_of_a_chaotic_network_fill_it_in_so_many_steps(rng):
    loud = RNN.random(64, M, gain=3.0, rng=rng)
    x = rng.normal(size=(400, 1, M))
    found = diagnose(loud, x)
    (layer,) = found.layers
    assert layer.separation_horizon == pytest.approx(
        53 * math.log(2) / layer.exponent, rel=1e-14
    )
    # Two runs that differ by a rounding part by as much as their states are large.
    apart = (
        run(loud, np.full((1, 64), 2.0**-53), x).states
        - run(loud, np.zeros((1, 64)), x).states
    )
    parted = np.flatnonzero(np.linalg.norm(apart[:, 0], axis=-1) > 1)[0]
    assert parted == pytest.approx(layer.separation_horizon, rel=0.5)
    assert "butterfly: a rounding error of float64 grows" in str(found)


@pytest.mark.parametrize("name", CELLS)
def test_where_small_changes_die_there_is_no_butterfly(name, rng):
    found = diagnose(CELLS[name](rng), rng.normal(size=(T, 2, M)))
    assert found.layers[0].separation_horizon == math.inf
    assert "butterfly" not in str(found)


def test_kreiss_stands_beside_radius_and_norm_where_all_is_wanted(rng):
    """K ≤ sup ‖W^t‖, and 1 where W is normal."""
    jordan, x = 0.9 * np.eye(2) + [[0, 1], [0, 0]], np.zeros((60, 1, 1))
    cells = [Linear(W, np.ones((2, 1))) for W in (jordan, 0.9 * np.eye(2))]
    (bent,), (straight,) = (diagnose(c, x, mode="exact").layers for c in cells)
    powers = [np.linalg.norm(np.linalg.matrix_power(jordan, t), 2) for t in range(60)]
    assert 2.0 < bent.kreiss <= max(powers)
    assert straight.kreiss == 1.0
    assert math.isnan(diagnose(cells[0], x).layers[0].kreiss)
    gated = diagnose(CELLS["lstm"](rng), rng.normal(size=(T, 2, M)), mode="exact")
    assert math.isnan(gated.layers[0].kreiss)
    assert "Kreiss constant" in str(diagnose(cells[0], x, mode="exact"))
