"""Gate forms put together are the Jacobian; eigenvalues at rest are those stated."""

import numpy as np
import pytest
import sympy

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import fixed_point
from gradlab.errors import InputTypeError
from gradlab.symbolic import gate_form, jacobian, resting_jacobian, resting_proof
from gradlab.symbolic.jacobian import symbolic_cell
from gradlab.symbolic.notation import Sigma
from tests.oracles.zero import vanishes


def preactivations(kind, n, m):
    """Return the gates' preactivations by name, n each, and what abbreviates them."""
    cell = symbolic_cell(kind, n, m)
    h = np.array([sympy.Symbol(f"h_{i + 1}", real=True) for i in range(n)])
    x = np.array([sympy.Symbol(f"x_{i + 1}", real=True) for i in range(m)])
    p = cell.params
    if kind is GRU:
        P, Q = p["W_hx"] @ x + p["b_hx"], p["W_hh"] @ h + p["b_hh"]
        parts = {"a_r": P[:n] + Q[:n], "a_z": (P + Q)[n : 2 * n]}
        return parts | {"p": P[2 * n :], "q": Q[2 * n :]}
    a = p["W_hh"] @ h + p["W_hx"] @ x + p["b_h"]
    return dict(
        zip("a" if kind is RNN else "ifgo", np.split(a, len(a) // n), strict=True)
    )


def assembled(kind, n, m):
    """Return diag(carry) + Σ_k diag(slope_k) W_k, in blocks, for n units."""
    form = gate_form(kind)
    W = symbolic_cell(kind, n, m).params["W_hh"]
    values = preactivations(kind, n, m)
    blocks = len(form.image)
    J = np.full((blocks * n, blocks * n), sympy.Integer(0), dtype=object)
    for unit in range(n):
        at = {sympy.Symbol(k, real=True): v[unit] for k, v in values.items()}
        for s, state in enumerate(form.state):
            at[state] = sympy.Symbol(f"h_{s * n + unit + 1}", real=True)
        # c' and n stand for their formulas, in the image's own preactivations.
        short = {name: formula.subs(at) for name, formula in form.step.items()}
        for r in range(blocks):
            row = r * n + unit
            for s in range(blocks):
                J[row, s * n + unit] += form.carry[r, s].subs(short).subs(at)
            for k in range(len(form.gates)):
                slope = form.slopes[r, k].subs(short).subs(at)
                for j in range(n):
                    J[row, j] += slope * W[k * n + unit, j]
    return J


@pytest.mark.parametrize(
    ("kind", "n", "m"),
    [(RNN, 1, 1), (RNN, 2, 1), (LSTM, 1, 0), (LSTM, 2, 1), (GRU, 1, 0), (GRU, 2, 1)],
)
def test_the_parts_put_together_are_the_jacobian(kind, n, m):
    parts = assembled(kind, n, m)
    whole = np.array(jacobian(kind, n, m).tolist(), dtype=object)
    for part, entry in zip(parts.ravel(), whole.ravel(), strict=True):
        written_out = part.replace(Sigma, lambda a: 1 / (1 + sympy.exp(-a)))
        assert vanishes(entry - written_out)


def test_other_cells_have_no_gates():
    with pytest.raises(InputTypeError, match="must be RNN, LSTM or GRU; got"):
        gate_form(Linear)


@pytest.mark.parametrize("kind", [LSTM, GRU])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_eigenvalues_at_rest_are_proved(kind, n):
    assert resting_proof(kind, n).holds


def test_a_wrong_eigenvalue_at_rest_fails():
    step = resting_proof(GRU, 2)
    W = sympy.Symbol("W_hh_5_1", real=True)
    assert sympy.expand(step.left - step.right.subs(W, 2 * W)) != 0


@pytest.mark.parametrize("forget_bias", [0.0, 2.0])
def test_an_lstm_at_rest_in_floats(forget_bias, rng):
    """h = c = 0 is a fixed point, with n multipliers σ(β) + ω/4 and n zeros."""
    cell = LSTM.random(3, 2, gain=1.5, rng=rng, forget_bias=forget_bias)
    found = fixed_point(cell, np.zeros(2), np.zeros(6))
    assert found.residual == 0.0
    kept = 1 / (1 + np.exp(-forget_bias))
    omega = np.linalg.eigvals(cell.W_hh[6:9])
    expected = np.sort_complex(np.concatenate([np.zeros(3), kept + omega / 4]))
    # Eigenvalues of a 6 × 6 matrix of order one, the zeros of a block of rank 3.
    np.testing.assert_allclose(
        np.sort_complex(found.multipliers.round(12)), expected.round(12), atol=1e-11
    )


def test_a_gru_at_rest_in_floats(rng):
    cell = GRU.random(3, 2, gain=1.5, rng=rng)
    J = resting_jacobian(GRU, 3)
    names = {
        sympy.Symbol(f"W_hh_{i + 1}_{j + 1}", real=True): float(cell.W_hh[i, j])
        for i, j in np.ndindex(9, 3)
    }
    numbers = np.array(J.subs(names).tolist(), dtype=float)
    np.testing.assert_allclose(
        cell.jacobian(np.zeros(3), np.zeros(2)), numbers, rtol=1e-15
    )


def test_rest_is_for_gated_cells():
    with pytest.raises(InputTypeError, match="must be LSTM, or GRU without a forget"):
        resting_jacobian(RNN, 2)
    with pytest.raises(InputTypeError, match="must be LSTM, or GRU without a forget"):
        resting_jacobian(GRU, 2, forget_bias=1)


def test_sigma_is_the_sigmoid():
    a = sympy.Symbol("a", real=True)
    assert Sigma(0) == sympy.Rational(1, 2)
    assert Sigma(-a) == 1 - Sigma(a)
    assert vanishes((Sigma(a).diff(a) - Sigma(a) * Sigma(-a)).rewrite(sympy.exp))
    assert float(Sigma(sympy.Integer(2))) == pytest.approx(1 / (1 + np.exp(-2)))
