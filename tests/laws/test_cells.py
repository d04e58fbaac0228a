"""Laws of every cell: what it states about its step is true, whole and batched."""

import numpy as np
import pytest

import gradlab.cells
from gradlab.cells import GRU, LSTM, RNN, AbstractCell, ProjectedLSTM
from gradlab.cells.factored import TransposedJacobian
from gradlab.references import Reference, bibliography, cite
from tests.cases.algebras import ALGEBRAS
from tests.cases.cells import CELLS
from tests.oracles import derivatives

ROUTES = {
    "complex step": derivatives.complex_step,
    "sympy": derivatives.symbolic,
    "dual balls": lambda *at: ALGEBRAS["balls"].floats(derivatives.dual_balls(*at)),
}


@pytest.fixture(params=CELLS, name="cell")
def _cell(request, rng):
    return CELLS[request.param](rng)


def point(cell, rng, *lead):
    n, m = cell.sizes
    return rng.normal(size=(*lead, n)), rng.normal(size=(*lead, m))


def assert_states_its_derivatives(cell, h, x, route):
    for name in ("h", "x", *cell.params):
        truth = ROUTES[route](cell, h, x, name)
        # A few roundings of terms of this size, before they may cancel.
        noise = 4e-16 * np.abs(truth).max(initial=1.0)
        np.testing.assert_allclose(
            derivatives.stated(cell, h, x, name),
            truth,
            rtol=1e-13,
            atol=noise,
            err_msg=f"∂h'/∂{name}",
        )


@pytest.mark.parametrize("route", ROUTES)
def test_stated_derivatives_are_the_derivatives_of_the_step(cell, route, rng):
    assert_states_its_derivatives(cell, *point(cell, rng), route)


def test_tangent_and_cotangent_are_dual(cell, rng):
    h, x = point(cell, rng)
    u, v = rng.normal(size=(2, len(h)))
    forward = u @ cell.tangent(h, x, v)
    backward = cell.cotangent(h, x, u).state @ v
    # Two orders of summation of some ten products of order one.
    assert forward == pytest.approx(backward, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("columns", [1, 3, 40])
def test_applying_equals_the_dense_jacobian(cell, columns, rng):
    h, x = point(cell, rng, 5)
    V = rng.normal(size=(5, h.shape[-1], columns))
    for J in (cell.slopes(h, x), TransposedJacobian(cell.slopes(h, x))):
        dense = J.dense()
        assert dense.shape == J.shape
        U = np.swapaxes(V, -1, -2)
        # Sums of at most ten products of order ten, in two orders.
        np.testing.assert_allclose(J.tangent(V), dense @ V, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(J.cotangent(U), U @ dense, rtol=1e-13, atol=1e-13)
    identity = np.eye(h.shape[-1])
    np.testing.assert_allclose(J.tangent(identity), dense, atol=1e-15)
    np.testing.assert_allclose(J.cotangent(identity), dense, atol=1e-15)


def test_gates_are_the_derivatives_of_what_they_let_through(cell, rng):
    """∂c'/∂c = f in an LSTM; with silent weights z is all of a GRU's Jacobian."""
    h, x = point(cell, rng, 4)
    gates = cell.gate_values(h, x)
    for value in gates.values():
        assert value.shape == (4, cell.units)
        assert ((value > 0) & (value < 1)).all()
    if isinstance(cell, LSTM | ProjectedLSTM):
        kept = cell.jacobian(h, x)[:, cell.hidden :, cell.hidden :]
        np.testing.assert_array_equal(np.diagonal(kept, 0, 1, 2), gates["f"])
    if isinstance(cell, GRU):
        silent = GRU(0 * cell.W_hh, cell.W_hx, cell.b_hx, cell.b_hh)
        kept = np.diagonal(silent.jacobian(h, x), 0, 1, 2)
        np.testing.assert_array_equal(kept, silent.gate_values(h, x)["z"])
    assert bool(gates) == isinstance(cell, LSTM | ProjectedLSTM | GRU)


def test_a_batch_is_its_members_one_by_one(cell, rng):
    h, x = point(cell, rng, 2, 3)
    u = rng.normal(size=h.shape)
    V = rng.normal(size=(*h.shape, 2))
    together = _everything(cell, h, x, u, V)
    for index in np.ndindex(2, 3):
        alone = _everything(cell, h[index], x[index], u[index], V[index])
        for name, value in alone.items():
            # One matrix product may be summed in another order than many.
            np.testing.assert_allclose(
                together[name][index], value, rtol=1e-13, atol=1e-14, err_msg=name
            )


def _everything(cell, h, x, u, V):
    state, inputs, params = cell.cotangent(h, x, u)
    return {
        "step": cell.step(h, x),
        "jacobian": cell.jacobian(h, x),
        "input jacobian": cell.input_jacobian(h, x),
        "tangent": cell.tangent(h, x, V),
        "tangent of one": cell.tangent(h, x, V[..., 0]),
        "log det": cell.slopes(h, x).log_abs_det(),
        "state": state,
        "input": inputs,
        **params,
    }


def test_parameter_cotangents_sum_over_time_and_batch(cell, rng):
    h, x = point(cell, rng, 4, 3)
    u = rng.normal(size=h.shape)
    for name, outer in cell.parameter_cotangents(h, x, u).items():
        each = outer.each()
        assert each.shape == (4, 3, *cell.params[name].shape)
        np.testing.assert_allclose(
            outer.total(2), each.sum((0, 1)), rtol=1e-13, atol=1e-14
        )


def test_log_abs_det_is_that_of_the_dense_jacobian(cell, rng):
    J = cell.slopes(*point(cell, rng, 3))
    with np.errstate(divide="ignore"):
        dense = np.linalg.slogdet(J.dense())[1]
    finite = np.isfinite(dense)
    assert (np.isfinite(J.log_abs_det()) == finite).all()
    # ln|det| of well-conditioned 4 × 4 matrices, by two factorisations.
    np.testing.assert_allclose(J.log_abs_det()[finite], dense[finite], atol=1e-12)


def test_a_factored_jacobian_is_indexed_along_its_leading_axes(cell, rng):
    J = cell.slopes(*point(cell, rng, 4))
    np.testing.assert_array_equal(J[1:3].dense(), J.dense()[1:3])
    np.testing.assert_array_equal(J[::-1][0].dense(), J.dense()[-1])
    transposed = TransposedJacobian(J)
    assert transposed[1].shape == J.dense()[1].T.shape
    np.testing.assert_array_equal(transposed[1].dense(), J.dense()[1].T)
    np.testing.assert_array_equal(transposed.log_abs_det(), J.log_abs_det())


@pytest.mark.parametrize("system", ALGEBRAS)
def test_the_step_runs_in_every_number_system(cell, system, rng):
    h, x = point(cell, rng)
    numbers = ALGEBRAS[system]
    algebra = numbers.algebra
    h_next = cell.step(algebra.array(h), algebra.array(x), algebra)
    assert h_next.shape == h.shape
    # The same formula, rounded in another order.
    np.testing.assert_allclose(
        numbers.floats(h_next), cell.step(h, x), rtol=1e-13, atol=1e-15
    )


def test_the_ball_of_a_step_contains_its_high_precision_value(cell, rng):
    balls = ALGEBRAS["balls"].algebra
    h, x = (balls.array(part) for part in point(cell, rng))
    wide = cell.step(h, x, balls)
    with balls.precision(300):
        narrow = cell.step(h, x, balls)
    assert all(w.contains(v) for w, v in zip(wide, narrow, strict=True))


def test_sizes_hidden_and_params_agree(cell, rng):
    n, m = cell.sizes
    assert 1 <= cell.hidden <= n
    assert cell.step(np.zeros(n), np.zeros(m)).shape == (n,)
    assert cell.jacobian(np.zeros(n), np.zeros(m)).shape == (n, n)
    assert cell.input_jacobian(np.zeros(n), np.zeros(m)).shape == (n, m)
    assert isinstance(cell.source, Reference)
    for value in cell.params.values():
        assert value.dtype == float


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
@pytest.mark.parametrize("scale", [1.0, 20.0, 50.0])
def test_jacobians_stay_right_in_relative_terms_when_units_saturate(kind, scale, rng):
    cell = kind.random(1, 1, gain=1.0, rng=rng, init="torch")
    h, x = point(cell, rng)
    x = scale * np.sign(x)
    truth = ROUTES["dual balls"](cell, h, x, "h")
    # A slope e^(−2|a|) turns the rounding of a, some scale · 1e-16, into that much of
    # relative error; three gates' terms may cancel a little more.
    np.testing.assert_allclose(
        cell.jacobian(h, x), truth, rtol=2e-15 * (1 + 10 * scale), atol=0
    )


def test_every_exported_cell_has_a_row_here(rng):
    exported = {
        value
        for name in gradlab.cells.__all__
        if isinstance(value := getattr(gradlab.cells, name), type)
        and issubclass(value, AbstractCell)
    }
    assert {type(make(rng)) for make in CELLS.values()} == exported - {AbstractCell}


def test_every_cell_is_in_the_bibliography(cell):
    assert set(cite(cell)) <= set(bibliography())


# The laws above must be able to fail.


class Misstated(AbstractCell):
    """A cell's step beside another factored Jacobian."""

    source = Reference("none")

    def __init__(self, inner, slopes):
        self.inner, self._slopes = inner, slopes

    sizes = property(lambda self: self.inner.sizes)
    params = property(lambda self: {})

    def step(self, h, x, *algebra):
        return self.inner.step(h, x, *algebra)

    def slopes(self, h, x):
        return self._slopes(h, x)

    def input_slopes(self, h, x):
        return self.inner.input_slopes(h, x)

    def parameter_cotangents(self, h, x, u):
        return {}


def _permuted(cell, order):
    """Return an LSTM or GRU whose gates are stacked in another order."""
    n = cell.hidden
    rows = np.concatenate([np.arange(k * n, (k + 1) * n) for k in order])
    return type(cell)(*(value[rows] for value in cell.params.values()))


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_a_transposed_jacobian_is_caught(kind, route, rng):
    cell = kind.random(2, 1, gain=1.0, rng=rng)
    wrong = Misstated(cell, lambda h, x: TransposedJacobian(cell.slopes(h, x)))
    with pytest.raises(AssertionError, match="∂h'/∂h"):
        assert_states_its_derivatives(wrong, *point(cell, rng), route)


@pytest.mark.parametrize(
    ("kind", "order"), [(LSTM, (0, 1, 3, 2)), (LSTM, (1, 0, 2, 3)), (GRU, (1, 0, 2))]
)
def test_swapped_gates_are_caught(kind, order, rng):
    cell = kind.random(2, 1, gain=1.0, rng=rng)
    wrong = Misstated(cell, _permuted(cell, order).slopes)
    with pytest.raises(AssertionError, match="∂h'/∂h"):
        assert_states_its_derivatives(wrong, *point(cell, rng), "complex step")


def test_the_right_statement_passes_through_the_same_door(rng):
    cell = LSTM.random(2, 1, gain=1.0, rng=rng)
    assert_states_its_derivatives(
        Misstated(cell, cell.slopes), *point(cell, rng), "complex step"
    )
