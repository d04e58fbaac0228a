"""Known log singular values, at lengths and ranges where the plain product has died."""

import itertools
import math

import numpy as np
import pytest
import scipy.linalg

from gradlab.errors import InputError
from gradlab.linalg import (
    graded_product,
    log_singular_values,
    running_log_singular_values,
)
from tests.linalg.families import orthogonal_chain

LN2 = math.log(2.0)


def test_powers_of_a_matrix():
    values = log_singular_values([[[1, 2], [3, 4]]] * 100)
    np.testing.assert_allclose(
        values, [168.14019105473, -98.8254729987353], rtol=0, atol=1e-10
    )


@pytest.mark.parametrize("K", [1, 10, 1000, 10**6])
def test_powers_of_a_shear(K):
    shear = np.broadcast_to([[1.0, 0.0], [1.0, 1.0]], (K, 2, 2))
    top = math.asinh(K / 2)
    # K roundings of one unit each, all the same way, are K eps = 2e-10 at most.
    np.testing.assert_allclose(
        log_singular_values(shear), [top, -top], rtol=0, atol=1e-12 + K * 2.2e-16
    )


@pytest.mark.parametrize(
    ("K", "half"),
    [
        (1, [2.9038404340776763277, 1.3721419876698961707, 0.35735006406815995775]),
        (10, [11.633122650198631584, 6.8870759625335154848, 2.2926092174482453199]),
        (1000, [34.538789394799686758, 20.723262837054409456, 6.9077542789806372487]),
    ],
)
def test_powers_of_pascals_triangle(K, half):
    L = scipy.linalg.pascal(6, kind="lower").astype(float)
    expected = [*half, *(-value for value in half[::-1])]
    np.testing.assert_allclose(
        log_singular_values([L] * K), expected, rtol=0, atol=1e-10
    )


@pytest.mark.parametrize(
    ("n", "K", "expected"),
    [
        (3, 20, [38.703235751423323214, 30.743571387905522619, 23.442747765503584995]),
        (
            4,
            50,
            [
                104.32345153454282236,
                88.610128389593167934,
                82.107864435544364499,
                48.494831333612334808,  # the plain product says 66.23, diag R 49.80
            ],
        ),
    ],
)
def test_a_product_of_integers(n, K, expected):
    chain = [
        [
            [
                (7 * k + 3 * i + 5 * j + i * j + k * i) % 11 - 5 + 6 * (i == j)
                for j in range(n)
            ]
            for i in range(n)
        ]
        for k in range(K)
    ]
    np.testing.assert_allclose(log_singular_values(chain), expected, rtol=0, atol=1e-9)


def test_telescoping_rotations():
    def reflection(k):
        v = np.array([(i + 1) * (k + 2) % 7 + 1.0 for i in range(8)])
        return np.eye(8) - 2 * np.outer(v, v) / (v @ v)

    D = np.diag(2.0 ** -np.arange(8))
    chain = [reflection(k + 1) @ D @ reflection(k).T for k in range(200)]
    # Rounding the factors to double alone moves the logs by 3e-12.
    np.testing.assert_allclose(
        log_singular_values(chain), -200 * LN2 * np.arange(8), rtol=0, atol=1e-9
    )


def test_a_three_unit_tanh_network():
    W = np.array([[0.6, -1.2, 0.3], [1.2, 0.6, -0.6], [-0.3, 0.9, 1.5]])
    b, h = np.array([0.1, -0.2, 0.05]), np.array([0.1, 0.2, -0.3])
    chain = []
    for _ in range(10):
        h = np.tanh(W @ h + b)
        chain.append((1 - h**2)[:, None] * W)
    expected = [1.9938003514691341134, -0.095636591683668051995, -5.3855271340368295709]
    np.testing.assert_allclose(log_singular_values(chain), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("gain", [1.5, 0.5])
def test_a_million_random_factors(gain):
    # The plain product leaves float64 after 1,600 factors (gain 1.5) or 1,100 (0.5).
    chain = gain * np.random.default_rng(0).standard_normal((10**6, 2, 2))
    total = math.fsum(np.log(np.abs(np.linalg.det(chain))))
    product = graded_product(chain)
    values = product.log_singular_values()
    assert np.isfinite(values).all()
    assert values.sum() == pytest.approx(total, rel=1e-9)
    assert product.log_abs_det == pytest.approx(total, rel=1e-12)
    assert values[0] - values[1] > 1e5 * math.log(10)


def test_a_million_factors_from_an_iterator():
    factors = itertools.repeat(np.array([[0.5, 0.25], [0.0, 0.5]]), 200_000)
    # [[1, 1/2], [0, 1]]^T has singular values e^{±asinh(T/4)}.
    top = math.asinh(200_000 / 4)
    expected = 200_000 * math.log(0.5) + np.array([top, -top])
    np.testing.assert_allclose(
        log_singular_values(factors), expected, rtol=1e-14, atol=1e-9
    )


def test_scalars_over_and_over():
    T = 10**5
    values = log_singular_values(np.full((T, 1, 1), 1e-3))
    assert values[0] == pytest.approx(T * math.log(1e-3), rel=1e-15)


def test_rotations_keep_every_length():
    T = 1000
    values = log_singular_values(orthogonal_chain(5, T, np.random.default_rng(1)))
    # Independent roundings of about n eps per factor.
    assert np.abs(values).max() < 1e-12 * math.sqrt(T)


def test_no_factor_no_size():
    assert log_singular_values(np.zeros((0, 3, 3))).tolist() == [0.0, 0.0, 0.0]
    identity = graded_product(np.zeros((0, 3, 3)))
    assert identity.log_norm == identity.log_abs_det == 0.0
    assert identity.rank == 3
    assert np.array_equal(identity.scaled().to_float(), np.eye(3))
    nothing = graded_product(np.zeros((5, 0, 0)))
    assert nothing.log_norm == nothing.log_abs_det == 0.0
    assert nothing.log_singular_values().shape == (0,)


@pytest.mark.parametrize("n", [64, 256])
def test_large_matrices(n, rng):
    chain = rng.standard_normal((6, n, n)) / np.sqrt(n)
    product = graded_product(chain)
    total = np.linalg.slogdet(chain)[1].sum()
    assert product.log_abs_det == pytest.approx(total, rel=1e-10)
    P = np.linalg.multi_dot(chain[::-1])
    top = np.log(np.linalg.svd(P, compute_uv=False)[: n // 4])
    # The upper quarter of the spectrum survives in float64, to about 1e-12.
    np.testing.assert_allclose(
        product.log_singular_values()[: n // 4], top, rtol=0, atol=1e-9
    )


def test_a_factor_with_two_nearly_parallel_rows():
    a = 1e8
    # det = 1 exactly; LU in float64 sees 0, and so does the condition number.
    values = log_singular_values([[[a, a + 1], [a - 1, a]]])
    assert values[0] == pytest.approx(math.log(2 * a), rel=1e-15)
    assert values.sum() == pytest.approx(0.0, abs=1e-13)


def test_checkpoints_beyond_the_end_are_refused():
    with pytest.raises(InputError, match="`at` must be at most T = 3; got 4"):
        running_log_singular_values([np.eye(2)] * 3, [1, 4])
