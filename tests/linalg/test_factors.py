"""Factors as sweeps take them: moved into range, split, or slopes times weights."""

import math

import numpy as np
import pytest

from gradlab.linalg import orthogonal
from gradlab.linalg._engines import choose_sweep
from gradlab.linalg._factors import RowScaled, prepared
from gradlab.linalg.reorthonormalise import growths_of_parts
from tests.linalg.families import columns_graded, graded_on_both_sides
from tests.oracles.products import log_growths


@pytest.mark.parametrize("make", [columns_graded, graded_on_both_sides])
def test_uneven_columns_are_a_factor_of_their_own(make, rng):
    stack = make(5, 3, 1e-8, rng)
    steps = prepared(stack)
    assert (len(steps), steps.shift) == (6, 0.0)
    assert steps.done.tolist() == [0, 1, 1, 2, 2, 3]
    columns, rows = steps.matrices[::2], steps.matrices[1::2]
    # Powers of two: the product of the two is the factor, bit by bit.
    assert np.array_equal(rows @ columns, stack)
    sizes = np.abs(rows / steps.sizes[1::2, :, None]).max(axis=1)
    assert (sizes.min(axis=1) > 2.0**-12).all()


@pytest.mark.parametrize("size", [1e-300, 5e-324, 1e300])
def test_factors_at_the_ends_of_the_range_are_moved_inside(size):
    stack = size * np.array([[[1.0, 1.0], [0.0, 1.0]]])
    steps = prepared(stack)
    assert 1e-280 < steps.sizes.min() <= steps.sizes.max() < 1e307
    moved = np.log(steps.matrices[0, 0, 0]) + steps.shift
    # 5e-324 is a power of two, and its log is right to an ulp of 745.
    assert moved == pytest.approx(math.log(size), rel=1e-15)
    assert np.array_equal(stack, size * np.array([[[1.0, 1.0], [0.0, 1.0]]]))


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1.0, 1e200])
def test_slopes_at_the_ends_of_the_range(engine, size, rng):
    W = rng.normal(size=(4, 4))
    rows = size * rng.uniform(1, 2, size=(30, 4))
    stack = RowScaled.of(rows, W)
    sweep, start = choose_sweep(engine, 4, 30), orthogonal(4, gain=1.0, rng=rng)
    given = growths_of_parts([stack], start, sweep, block=12, skip=0).sums
    # Products of subnormal slopes and weights would lose their digits.
    exact = log_growths(rows[:, :, None] / size * W, start) + 30 * math.log(size)
    # 30 steps of 4 × 4, and sums of up to 2e4: 1e-16 of them twice.
    np.testing.assert_allclose(given.sum(axis=0), exact, rtol=1e-15, atol=1e-12)


def test_saturated_units_are_swept_as_slopes(engine, rng):
    W, rows = 20 * rng.normal(size=(10, 10)), 4 * np.exp(-rng.uniform(0, 60, (40, 10)))
    start = orthogonal(10, gain=1.0, rng=rng)
    sweep = choose_sweep(engine, 10, 40)
    parts = [RowScaled.of(rows[:25], W), RowScaled.of(rows[25:], W)]
    found = growths_of_parts(parts, start, sweep, block=9, skip=0).sums
    exact = log_growths(rows[:, :, None] * W, start)
    # The factors of the exact product are rounded once more than those of the sweep.
    np.testing.assert_allclose(found.sum(axis=0), exact, rtol=0, atol=1e-10)


def test_slopes_of_zero_end_directions(engine, rng):
    W, rows = rng.normal(size=(5, 5)), rng.uniform(size=(20, 5))
    rows[7, [0, 2]] = rows[11, 0] = 0.0  # the last one meets what is gone already
    sweep = choose_sweep(engine, 5, 20)
    parts = [RowScaled.of(rows, W)]
    found = growths_of_parts(parts, np.eye(5), sweep, block=20, skip=0).sums[0]
    formed = growths_of_parts(
        [rows[:, :, None] * W], np.eye(5), sweep, block=20, skip=0
    ).sums[0]
    assert np.isneginf(found).sum() == 2
    # The same numbers in another order of rounding.
    np.testing.assert_allclose(found, formed, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "matrix"),
    [
        (np.ones((3, 2), complex), np.eye(2)),
        (np.ones((3, 2)), np.array([[1.0, 1e-4], [1.0, 2e-4]])),
        (np.ones((3, 2)), np.diag([1.0, 1e-100])),
        (np.ones((3, 2)), np.diag([1.0, 1e100])),
    ],
    ids=["complex slopes", "uneven columns", "small rows", "large rows"],
)
def test_what_is_not_kept_as_slopes_times_weights(rows, matrix):
    assert RowScaled.of(rows, matrix) is None


def test_stretches_of_slopes_times_weights(rng):
    rows, W = rng.uniform(size=(9, 3)), rng.normal(size=(3, 3))
    stack = RowScaled.of(rows, W)
    steps = stack[2:7].prepared()
    assert (len(stack), len(stack[2:7]), len(steps), steps.n) == (9, 5, 5, 3)
    assert (steps.shift, steps.done.tolist()) == (0.0, [1, 2, 3, 4, 5])
    assert np.array_equal(steps[1:3].dense(slice(None)), rows[3:5, :, None] * W)
    assert np.array_equal(steps.sizes, np.abs(rows[2:7, :, None] * W).max(axis=2))
