"""What float64 cannot tell is said: on coupled triangles, and nowhere else."""

import itertools
import warnings

import numpy as np
import pytest

from gradlab.errors import LostDigitsWarning
from gradlab.linalg import (
    block_log_growths,
    graded_product,
    leading_singular_vectors,
    log_singular_values,
    orthogonal,
    running_log_singular_values,
)
from gradlab.linalg._engines import choose_sweep
from gradlab.linalg._exact_elimination import exact_elimination, weights_in_order
from gradlab.linalg._weighted import weighted_elimination
from gradlab.linalg.reorthonormalise import growths_of_parts
from gradlab.verified import enclosed_log_singular_values
from tests.linalg.families import FAMILIES, gaussian_chain, graded_on_both_sides
from tests.oracles.products import log_growths
from tests.oracles.products import log_singular_values as exact_log_singular_values

KINDS = ["upper", "lower", "shuffled"]
WORTH_A_WORD = 1e-5  # nats per step


def coupled(kind, n, T, c, rng, *, complex_valued=False):
    """0.9 on the diagonal, c times Gaussian numbers on one side of it."""
    entries = rng.standard_normal((T, n, n))
    if complex_valued:
        entries = entries + 1j * rng.standard_normal((T, n, n))
    couplings = np.tril(entries, -1) if kind == "lower" else np.triu(entries, 1)
    chain = 0.9 * np.eye(n) + c * couplings
    order = rng.permutation(n) if kind == "shuffled" else np.arange(n)
    return chain[:, order][:, :, order]


def growths(chain, frame, engine):
    sweep = choose_sweep(engine, chain.shape[1], len(chain))
    start = np.asfortranarray(frame)
    return growths_of_parts([chain], start, sweep, block=7, skip=0)


def grid(sizes, couplings):
    """Return cases (n, T, c, kind, complex or not), the larger ones for the night."""
    kinds = itertools.product(couplings, KINDS, [False, True])
    return [(*size, *rest) for size, rest in itertools.product(sizes, kinds)]


QUICK = grid([(4, 20), (8, 30)], [3, 30, 1000])
NIGHTLY = grid([(4, 5), (12, 60), (24, 20)], [1, 3, 10, 30, 100, 1000])


@pytest.mark.parametrize(
    ("n", "T", "c", "kind", "complex_valued"),
    [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in NIGHTLY)],
)
def test_errors_stay_below_what_is_said(engine, n, T, c, kind, complex_valued):
    rng = np.random.default_rng([n, T, c, len(kind)])
    chain = coupled(kind, n, T, c, rng, complex_valued=complex_valued)
    product = graded_product(chain, engine=engine)
    exact = exact_log_singular_values(chain)
    # Beyond it rounding as everywhere: 1e-9 of each.
    known = 1e-9 * np.maximum(1.0, np.abs(exact))
    errors = np.abs(product.log_singular_values() - exact)
    assert (errors <= product.uncertainty + known).all()
    Q = orthogonal(n, gain=1.0, rng=rng)
    for frame in (Q, Q[:, : n // 2], Q[:, :1], np.eye(n)):
        found, exact = growths(chain, frame, engine), log_growths(chain, frame)
        errors = np.abs(found.sums.sum(axis=0) - exact)
        known = 1e-9 * np.maximum(1.0, np.abs(exact))
        assert (errors <= found.uncertainty + known).all()


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_off_by_nats_where_nothing_is_known(engine, kind):
    chain = coupled(kind, 16, 20, 30, np.random.default_rng(1))
    with pytest.warns(LostDigitsWarning, match="by any number of nats") as warned:
        found = log_singular_values(chain, engine=engine)
    assert warned[0].filename == __file__
    assert warned[0].message.nats == np.inf
    exact = exact_log_singular_values(chain)
    assert np.abs(found - exact).max() > 0.1
    enclosed = enclosed_log_singular_values(chain)
    # The oracle rounds once, at 60 bits below the smallest σ.
    np.testing.assert_allclose(enclosed.lower, exact, rtol=1e-14, atol=1e-9)
    np.testing.assert_allclose(enclosed.upper, exact, rtol=1e-14, atol=1e-9)


def test_every_door_warns():
    rng = np.random.default_rng(2)
    chain = coupled("upper", 10, 20, 30, rng)
    frame = orthogonal(10, gain=1.0, rng=rng)[:, :9]
    for door in (
        lambda: log_singular_values(iter(chain)),
        lambda: running_log_singular_values(chain, [0, 20]),
        lambda: leading_singular_vectors(graded_product(chain), 9),
        lambda: block_log_growths(iter(chain), block=20, frame=frame),
    ):
        with pytest.warns(LostDigitsWarning):
            door()
    chain = coupled("upper", 10, 20, 3, rng)
    some = graded_product(chain[:8])
    assert 0 < some.uncertainty < some.after(chain[8:]).uncertainty < WORTH_A_WORD


# Of a triangle of 100 units ‖|J⁻¹||J|‖ is 1e17, and its products are off by nats.
SILENT = [*itertools.product(FAMILIES, [2, 8, 32, 100])]
SILENT.remove(("upper triangular", 100))


@pytest.mark.parametrize(("name", "n"), SILENT)
def test_nothing_is_said_of_other_chains(name, n):
    # Warnings are errors here.
    chain = FAMILIES[name](n, 60, np.random.default_rng(3))
    assert graded_product(chain).uncertainty <= 60 * WORTH_A_WORD
    log_singular_values(chain)
    block_log_growths(chain, block=20)
    block_log_growths(
        chain, block=20, frame=orthogonal(n, gain=1.0, rng=4)[:, : n // 2]
    )


def test_nothing_is_said_of_long_random_chains():
    rng = np.random.default_rng(4)
    for n, T in ((2, 100_000), (16, 10_000)):
        chain = gaussian_chain(n, T, rng)
        log_singular_values(chain)
        block_log_growths(chain, block=1000)
    graded = graded_on_both_sides(12, 400, 1e-12, rng)
    log_singular_values(graded)
    block_log_growths(graded, block=100)
    apart = rng.permuted(np.logspace(-200, 200, 9)[None].repeat(300, 0), axis=1)
    log_singular_values(apart[:, :, None] * np.eye(9))


@pytest.mark.parametrize("side", ["rows", "columns"])
def test_dead_units_lose_directions_and_not_digits(side):
    rng = np.random.default_rng(5)
    W = rng.standard_normal((24, 24)) / np.sqrt(24)
    alive = (rng.random((400, 24)) < 0.9).astype(float)
    chain = alive[:, :, None] * W if side == "rows" else W * alive[:, None]
    assert np.isneginf(log_singular_values(chain)).any()
    growing = block_log_growths(chain, block=50)
    assert np.isneginf(growing[-1]).any()
    # Of a strong coupling they keep the digits from no one.
    lost = chain[:, :12, :12] * np.triu(np.full((12, 12), 1e3), 1)
    lost = lost[:20] + 0.9 * alive[:20, :12, None] * np.eye(12)
    assert graded_product(lost).uncertainty > 20 * WORTH_A_WORD


def test_blocks_that_a_frame_keeps_apart_are_exact(engine):
    rng = np.random.default_rng(6)
    for c in (1e3, 1e9):
        chain = coupled("upper", 20, 30, c, rng)
        for k in (7, 20):
            found = growths(chain, np.eye(20)[:, :k], engine)
            assert found.uncertainty <= 30 * WORTH_A_WORD
            # Its axes are kept: nothing is rounded but 30 logs.
            exact = np.full(k, 30 * np.log(0.9))
            np.testing.assert_allclose(found.sums.sum(axis=0), exact, rtol=1e-14)


@pytest.mark.parametrize("complex_valued", [False, True], ids=["real", "complex"])
def test_a_pivot_that_cancels_to_zero_is_not_a_zero(engine, complex_valued):
    # 1/3 − fl(1/3) · 1 is 0 for the float 1/3, whose det with them is −2^−54.
    turn = 1j if complex_valued else 1.0
    near = np.eye(20, dtype=type(turn))
    near[-2:, -2:] = turn * np.array([[3.0, 1.0], [1.0, 1.0 / 3.0]])
    with pytest.warns(LostDigitsWarning):
        found = block_log_growths([near], block=1, engine=engine)
    expected = log_growths([near], np.eye(20))
    assert expected.sum() == pytest.approx(-54 * np.log(2.0), rel=1e-14)
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-12)
    product = graded_product([near], engine=engine)
    assert product.rank == 20
    np.testing.assert_allclose(
        product.log_singular_values(), exact_log_singular_values([near]), atol=1e-10
    )


def test_whole_complex_numbers_eliminate_as_floats_do():
    rng = np.random.default_rng(7)
    J, F = (rng.standard_normal((2, 6, m)) for m in (6, 4))
    J, F = J[0] + 1j * J[1], F[0] + 1j * F[1]
    for weights in (np.array([0.0, 3.0, -2.0, 1.0]), weights_in_order(4)):
        exact = exact_elimination(J, F, weights)
        found = weighted_elimination(J @ F, weights, 4)
        for one, other in zip(exact, found, strict=True):
            # Six terms a sum, with pivots of moderate size.
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_a_warning_can_be_silenced():
    chain = coupled("upper", 10, 20, 30, np.random.default_rng(8))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LostDigitsWarning)
        assert log_singular_values(chain).shape == (10,)
