"""Which code runs a sweep: the choice is documented, and can be made by hand."""

import importlib.util
import sys

import numpy as np
import pytest

from gradlab.errors import MissingExtraError
from gradlab.linalg import _engines, graded_product, log_singular_values
from gradlab.linalg._engines import choose_sweep
from gradlab.linalg._factors import prepared
from gradlab.linalg._sweep import sweep


def test_auto_is_lapack_where_numba_cannot_pay(monkeypatch):
    monkeypatch.setattr(_engines, "_numba_is_there", lambda: True)
    # 0.3 and 0.4 s are saved, and half a second is spent.
    assert choose_sweep("auto", 2, 10**5) is sweep
    assert choose_sweep("auto", 100, 10**4) is sweep
    assert choose_sweep("auto", 100, None) is sweep


def test_auto_is_lapack_without_numba(monkeypatch):
    monkeypatch.setattr(_engines, "_numba_is_there", lambda: False)
    assert choose_sweep("auto", 2, 10**7) is sweep


@pytest.mark.parametrize(("n", "steps"), [(2, 10**6), (100, 10**5)])
def test_auto_compiles_where_it_pays(n, steps):
    pytest.importorskip("numba")
    assert choose_sweep("auto", n, steps) is not sweep


def test_numba_by_hand_needs_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'gradlab\[jit\]'"):
        log_singular_values([np.eye(2)], engine="numba")


def test_numba_is_found_where_it_is_installed():
    assert _engines._numba_is_there() == (importlib.util.find_spec("numba") is not None)


# Sizes of the small loops, of panels that are not full, of registers, of blocks.
SIZES = [(1, 1), (4, 3), (5, 5), (5, 2), (8, 8), (13, 13), (13, 6), (43, 9), (90, 90)]


@pytest.mark.parametrize(("n", "r"), [*SIZES, (121, 121), (130, 9)])
def test_one_step_is_one_pivoted_lu(engine, n, r, rng):
    run = choose_sweep(engine, n, 3)
    stack, frame = rng.standard_normal((3, n, n)), rng.standard_normal((n, r))
    end, growth, diagonal, rows = run(
        prepared(stack), np.asfortranarray(frame), np.eye(r, order="F")
    )
    P = stack[2] @ stack[1] @ stack[0] @ frame
    # Three products and eliminations of well-conditioned matrices.
    np.testing.assert_allclose(end @ growth, P, rtol=0, atol=1e-12 * np.abs(P).max())
    np.testing.assert_allclose(np.prod(diagonal, axis=0), np.diag(growth), rtol=1e-12)
    assert np.abs(end).max() == 1.0
    assert np.array_equal(np.triu(growth), growth)
    assert (end[rows[2], np.arange(r)] == 1.0).all()


@pytest.mark.parametrize("n", [3, 7, 20, 121])
@pytest.mark.parametrize("column", [0, -2])
def test_a_column_of_zeros_has_the_pivot_zero(engine, n, column, rng):
    stack = rng.standard_normal((2, n, n))
    stack[0][:, column] = 0.0
    end, growth, diagonal, rows = choose_sweep(engine, n, 2)(
        prepared(stack), np.eye(n, order="F"), np.eye(n, order="F")
    )
    assert np.array_equal(diagonal[0] == 0.0, np.arange(n) == column % n)
    assert sorted(rows[0]) == sorted(rows[1]) == list(range(n))
    P = stack[1] @ stack[0]
    np.testing.assert_allclose(end @ growth, P, rtol=0, atol=1e-12 * np.abs(P).max())


def test_the_engine_can_be_chosen(engine):
    product = graded_product([[[1.0, 2.0], [3.0, 4.0]]] * 100, engine=engine)
    np.testing.assert_allclose(
        product.log_singular_values(), [168.14019105473, -98.8254729987353], atol=1e-10
    )
