"""Chains where float64 dies, batches, and what a chain refuses."""

import mpmath
import numpy as np
import pytest

from gradlab.cells import LSTM, RNN, Linear
from gradlab.cells.factored import DenseJacobian
from gradlab.dynamics import JacobianChain, run
from gradlab.errors import (
    InputError,
    InputTypeError,
    NonFiniteError,
    RangeError,
    ShapeError,
)
from gradlab.linalg import orthogonal


def exact_log_norms(factors, sources):
    """ln‖λ_t‖ of the sweep in 30 digits with unbounded exponents."""
    with mpmath.workdps(30):
        total = mpmath.matrix(sources[-1].tolist()).T
        logs = [mpmath.log(mpmath.norm(total))]
        for t in range(len(factors) - 1, -1, -1):
            delta = sources[t - 1].tolist() if t else [0.0] * len(factors[0])
            total = mpmath.matrix(delta).T + total * mpmath.matrix(factors[t].tolist())
            logs.append(mpmath.log(mpmath.norm(total)))
    return np.array([float(log) for log in logs[::-1]])


@pytest.mark.parametrize(("gain", "dies"), [(0.1, 0.0), (3.0, np.inf)])
def test_products_where_float64_dies_have_the_closed_form(gain, dies, rng):
    T, n = 5000, 4
    W = orthogonal(n, gain=gain, rng=rng)
    cell = Linear(W, np.zeros((n, 1)))
    chain = run(cell, np.zeros(n), np.zeros((T, 1))).chain
    v = rng.normal(size=(n, 1))
    found = chain.tangent(v)
    expected = T * np.log(gain) + np.log(np.linalg.norm(v))
    # W is orthogonal to eps, so T steps move the log by at most 5000 eps.
    assert abs(found.log_norm() - expected) < 5e-12
    assert np.all(np.abs(found.to_float()) == dies)
    assert abs(chain.adjoint(v).log_norm() - expected) < 5e-12


@pytest.mark.parametrize("gain", [0.1, 3.0])
def test_cotangents_where_float64_dies_agree_with_mpmath(gain, rng):
    T, n = 5000, 2
    factors = gain * rng.normal(size=(T, n, n))
    sources = np.zeros((T, n))
    sources[-1] = rng.normal(size=n)
    sources[T // 2] = 1e-200  # far above what has vanished, far below what exploded
    expected = exact_log_norms(factors, sources)
    assert np.abs(expected).max() > 1000  # beyond e^±745 float64 has no such number
    found = JacobianChain(factors).log_cotangent_norms(sources)
    # Errors of 5000 rounded products add up in the log: below 5000 n eps = 2e-12, times
    # the condition of a step, which random directions keep near 1.
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-10)


def test_batches_are_their_sequences_side_by_side(rng):
    cell = LSTM.random(3, 2, gain=1.0, rng=rng)
    batch = run(cell, rng.normal(size=(4, 6)), rng.normal(size=(9, 4, 2)))
    sources = rng.normal(size=(9, 4, 6))
    states = batch.chain.backpropagate(sources)
    logs = batch.chain.log_cotangent_norms(sources)
    assert batch.chain.batch == (4,)
    for b in range(4):
        chain = batch.chain.sequence(b)
        assert chain.batch == ()
        np.testing.assert_array_equal(
            chain.factors(), batch.sequence(b).chain.factors()
        )
        # One product for the batch or one a sequence: sums in another order.
        alone = chain.backpropagate(sources[:, b])
        np.testing.assert_allclose(states[:, b], alone, rtol=1e-12, atol=1e-14)
        alone = chain.log_cotangent_norms(sources[:, b])
        np.testing.assert_allclose(logs[:, b], alone, atol=1e-13)


def test_a_zero_cotangent_is_minus_infinity_without_a_warning():
    chain = JacobianChain([np.zeros((2, 2)), np.eye(2)])
    logs = chain.log_cotangent_norms(np.array([[0.0, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(logs, [-np.inf, np.log(5), np.log(5)], rtol=1e-15)
    assert chain.tangent(np.eye(2)).log_norm() == -np.inf


def test_overflow_names_its_step():
    chain = JacobianChain(np.full((1000, 1, 1), 3.0))
    sources = np.zeros((1000, 1))
    sources[-1] = 1.0
    # λ_t = 3^(1000 − t), and 3^646 < 1.8e308 < 3^647.
    with pytest.raises(RangeError, match="at step 353") as caught:
        chain.backpropagate(sources)
    assert caught.value.step == 1000 - 647
    assert "gradlab.gradients.profile" in str(caught.value)
    logs = chain.log_cotangent_norms(sources)
    np.testing.assert_allclose(logs, np.arange(1000, -1, -1) * np.log(3), atol=1e-10)


def test_a_cut_stops_an_explosion():
    """ξ = 0 is a cut, not a multiplication of an overflow by zero."""
    chain = JacobianChain(np.full((4, 1, 1), 1e200))
    sources = np.ones((4, 1))
    with pytest.raises(RangeError):
        chain.backpropagate(sources)
    found = chain.backpropagate(sources, xi=[1, 0, 1, 0])
    assert found.ravel().tolist() == [1e200, 1.0, 1e200, 1.0, 1.0]


def test_the_empty_chain_is_the_identity(rng):
    chain = JacobianChain(rng.normal(size=(3, 2, 2)))[1:1]
    assert len(chain) == 0
    np.testing.assert_array_equal(chain.tangent(np.eye(2)).to_float(), np.eye(2))
    np.testing.assert_array_equal(chain.adjoint(np.eye(2)).to_float(), np.eye(2))
    assert chain.backpropagate(np.zeros((0, 2))).tolist() == [[0.0, 0.0]]
    assert len(chain.then(chain)) == 0


def test_the_factors_are_not_copied_per_step(rng):
    """Linear's Jacobian is one matrix however long the chain is."""
    cell = Linear(np.eye(50), np.zeros((50, 1)))
    chain = run(cell, np.zeros(50), np.zeros((200, 1))).chain
    assert chain._pieces[0].matrices.strides[0] == 0


@pytest.mark.parametrize("index", [0, (0, 1), slice(None, None, -1), slice(0, 4, 2)])
def test_a_chain_is_cut_by_plain_slices_only(index, rng):
    chain = JacobianChain(rng.normal(size=(4, 2, 2)))
    with pytest.raises(InputTypeError, match=r"cut as chain\[s:t\]"):
        chain[index]


def test_bad_factors_are_refused():
    with pytest.raises(ShapeError, match=r"must have shape \(T, n, n\); got \(3, 3\)"):
        JacobianChain(np.zeros((3, 3)))
    with pytest.raises(ShapeError, match=r"got \(2, 3\) at step 1 after \(2, 2\)"):
        JacobianChain([np.zeros((2, 2)), np.zeros((2, 3))])
    with pytest.raises(NonFiniteError, match=r"got nan at index \(1, 0, 1\)"):
        JacobianChain([np.eye(2), [[1.0, np.nan], [0.0, 1.0]]])
    with pytest.raises(ShapeError, match=r"got \(4, 2, 3\)"):
        JacobianChain(DenseJacobian(np.zeros((4, 2, 3))))
    with pytest.raises(ShapeError, match=r"got \(2, 2\)"):
        JacobianChain(DenseJacobian(np.zeros((2, 2))))


def test_bad_columns_and_sources_are_refused(rng):
    chain = JacobianChain(rng.normal(size=(4, 2, 2)))
    for product, name in ((chain.tangent, "V"), (chain.adjoint, "U")):
        with pytest.raises(ShapeError, match=rf"`{name}` .* n = 2; got \(3, 1\)"):
            product(np.zeros((3, 1)))
        with pytest.raises(ShapeError, match=rf"`{name}`"):
            product(np.zeros(2))
        with pytest.raises(NonFiniteError, match=rf"`{name}`"):
            product(np.full((2, 1), np.inf))
    for sweep in (chain.backpropagate, chain.log_cotangent_norms):
        with pytest.raises(ShapeError, match=r"with T = 4, n = 2; got \(5, 2\)"):
            sweep(np.zeros((5, 2)))
        with pytest.raises(NonFiniteError, match=r"index \(0, 1\)"):
            sweep([[0.0, np.nan], [0, 0], [0, 0], [0, 0]])
    with pytest.raises(ShapeError, match=r"`xi` .* \(T,\) with T = 4; got \(3,\)"):
        chain.backpropagate(np.zeros((4, 2)), xi=np.ones(3))
    with pytest.raises(NonFiniteError, match="`xi`"):
        chain.backpropagate(np.zeros((4, 2)), xi=[1, np.nan, 1, 1])


def test_chains_that_do_not_fit_are_not_joined(rng):
    chain = JacobianChain(rng.normal(size=(4, 2, 2)))
    with pytest.raises(ShapeError, match=r"\(T, 2, 2\); got \(1, 3, 3\)"):
        chain.then(JacobianChain(np.zeros((1, 3, 3))))
    batch = JacobianChain(DenseJacobian(np.zeros((4, 5, 2, 2))))
    with pytest.raises(ShapeError, match=r"\(T, 2, 2\); got \(4, 5, 2, 2\)"):
        chain.then(batch)
    with pytest.raises(ShapeError, match=r"\(T, 5, 2, 2\); got \(4, 2, 2\)"):
        batch.then(chain)


def test_a_batch_has_no_one_product(rng):
    cell = RNN.random(3, 1, gain=1.0, rng=rng)
    chain = run(cell, np.zeros((2, 3)), np.zeros((4, 2, 1))).chain
    for use in (chain.tangent, chain.adjoint):
        with pytest.raises(InputError, match=r"take one sequence with .sequence\(b\)"):
            use(np.eye(3))
    with pytest.raises(InputError, match=r"holds a batch"):
        list(chain)
    with pytest.raises(InputError, match="single sequence"):
        chain.sequence(0).sequence(0)
    with pytest.raises(InputError, match=r"`b` must be in 0 … 1; got 2\."):
        chain.sequence(2)


def test_an_array_is_seen_through_and_cannot_be_written():
    factors = np.full((200, 2, 2), 0.5)
    chain = JacobianChain(factors)
    for J in chain:
        with pytest.raises(ValueError, match="read-only"):
            J *= 2.0
    factors[0] = np.eye(2)  # its owner may, and the chain follows
    assert next(iter(chain)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    own = chain.factors()  # a copy, as large as it is
    own[:] = 0.0
    assert factors[1].tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert factors.flags.writeable


@pytest.mark.parametrize("kind", [np.float32, ">f8", list])
def test_anything_else_is_copied(kind):
    factors = np.full((3, 2, 2), 0.5)
    given = factors.tolist() if kind is list else factors.astype(kind)
    chain = JacobianChain(given)
    given[0] = [[1.0, 0.0], [0.0, 1.0]]
    assert next(iter(chain)).tolist() == [[0.5, 0.5], [0.5, 0.5]]
