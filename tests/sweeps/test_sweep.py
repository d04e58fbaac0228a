"""A sweep's numbers depend on the seed and the point alone, not on who computes it."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.sweeps import grid_points, process_map, sweep
from tests.sweeps.studies import blas_threads, draw, fails

GRID = {"gain": [0.5, 1.0, 2.0], "n": [3, 8]}
ALONE = list(sweep(draw, GRID, seed=7))


def backwards(function, points):
    """Compute the points in the opposite order, and return them in theirs."""
    return [function(point) for point in reversed(list(points))][::-1]


def test_values_are_in_the_grids_order():
    points = grid_points(GRID)
    assert points[:3] == [
        {"gain": 0.5, "n": 3},
        {"gain": 0.5, "n": 8},
        {"gain": 1.0, "n": 3},
    ]
    one_by_one = [
        next(iter(sweep(draw, {k: [v] for k, v in p.items()}, seed=7))) for p in points
    ]
    assert one_by_one == ALONE


def test_any_mapper_gives_the_same_numbers():
    assert list(sweep(draw, GRID, seed=7, mapper=backwards)) == ALONE
    with ThreadPoolExecutor(2) as pool:
        assert list(sweep(draw, GRID, seed=7, mapper=pool.map)) == ALONE


def test_worker_processes_give_the_same_numbers_on_one_blas_thread_each():
    with process_map(2) as mapper:
        assert list(sweep(draw, GRID, seed=7, mapper=mapper)) == ALONE
        pinned = sweep(blas_threads, {"repeat": range(3)}, seed=0, mapper=mapper)
        assert set().union(*pinned) == {1}


def test_an_error_comes_back_from_a_process_with_its_numbers():
    with process_map(1) as mapper, pytest.raises(ShapeError) as caught:
        list(sweep(fails, {"n": [4, 5]}, seed=0, mapper=mapper))
    assert caught.value.got == (4,)


def test_dask_gives_the_same_numbers():
    distributed = pytest.importorskip("distributed")
    dask_map = pytest.importorskip("gradlab.sweeps.dask_map").dask_map
    with distributed.Client(processes=False, dashboard_address=None) as client:
        mapper = dask_map(client)
        assert list(sweep(draw, GRID, seed=7, mapper=mapper)) == ALONE
        with pytest.raises(ShapeError):
            list(sweep(fails, {"n": [4, 5]}, seed=0, mapper=mapper))
    with pytest.raises(InputTypeError) as caught:
        dask_map("tcp://scheduler")
    assert str(caught.value) == "`client` must be a distributed.Client; got str."


def test_a_point_keeps_its_numbers_when_the_grid_grows():
    wider = list(sweep(draw, {"gain": [0.1, 0.5, 1.0, 2.0], "n": [3, 8]}, seed=7))
    assert wider[2:] == ALONE


def test_numbers_that_are_equal_are_one_point():
    for gain in (np.float64(1.0), 1, np.int64(1)):
        assert list(sweep(draw, {"gain": [gain], "n": [3]}, seed=7)) == ALONE[2:3]


def test_other_seeds_and_other_points_have_other_numbers():
    assert list(sweep(draw, GRID, seed=8)) != ALONE
    drawn = list(sweep(lambda repeat, rng: rng.normal(), {"repeat": range(50)}, seed=1))
    assert len(set(drawn)) == 50


def test_points_are_computed_as_they_are_asked_for():
    seen = []
    values = sweep(lambda n, rng: seen.append(n), {"n": [1, 2]}, seed=0)
    assert seen == []
    next(iter(values))
    assert seen == [1]


@pytest.mark.parametrize(
    ("grid", "kind", "message"),
    [
        ({}, InputError, "`grid` must map parameters to their values; got {}."),
        ([1], InputError, "`grid` must map parameters to their values; got [1]."),
        ({"n": []}, InputError, "`n` must have a list of values; got []."),
        ({"n": "ab"}, InputError, "`n` must have a list of values; got 'ab'."),
        ({"n": [math.nan]}, InputError, "`n` must not be NaN in a grid."),
        ({"rng": [1]}, InputError, "`grid` must not hold `rng`: every point is given"),
        (
            {"n": [object()]},
            InputTypeError,
            "`n` must be numbers, strings, bools or None in a grid; got object.",
        ),
    ],
)
def test_a_bad_grid_is_refused_before_the_first_point(grid, kind, message):
    with pytest.raises(kind) as caught:
        sweep(pytest.fail, grid, seed=0)
    assert str(caught.value).startswith(message)


def test_names_bools_and_huge_numbers_are_points_too():
    grid = {"cell": ["lstm", None], "bias": [True], "n": [10**400]}
    drawn = list(sweep(lambda cell, bias, n, rng: rng.normal(), grid, seed=0))
    assert len(set(drawn)) == 2


@pytest.mark.parametrize("seed", [-1, 1.5, None])
def test_a_sweep_needs_a_seed(seed):
    with pytest.raises((InputError, InputTypeError), match="`seed` must be an integer"):
        sweep(draw, GRID, seed=seed)
