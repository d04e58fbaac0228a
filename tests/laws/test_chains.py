"""Laws of a chain J_1 … J_T: one product, J_T ⋯ J_1, from the left and from the right.

Each law is a function of a chain, so that it can be shown to fail on chains that make
the two mistakes published code has made: Jᵀ multiplied in forward time, and a cotangent
sent through the Jacobian of the wrong step.
"""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.dynamics import JacobianChain
from gradlab.linalg import Scaled
from tests.cases.chains import CHAINS

# Two routes round differently at every step: T n eps relative to the product of norms,
# below 1e-13 for the 70 steps and 40 rows of the table's largest chains.
RTOL = 1e-13


@pytest.fixture(params=CHAINS)
def chain(request, rng):
    return CHAINS[request.param](rng)


def close(found, expected, chain):
    size = np.prod([np.linalg.norm(J, 2) for J in chain.factors()])
    np.testing.assert_allclose(found, expected, rtol=0, atol=RTOL * max(size, 1e-300))


def ordered_product(factors):
    return functools.reduce(lambda product, J: J @ product, factors)


def tangent_is_the_ordered_product(chain, rng):
    V = rng.normal(size=(chain.size, 2))
    product = ordered_product(chain.factors()) @ V
    close(chain.tangent(V).to_float(), product, chain)


def adjoint_is_dual_to_tangent(chain, rng):
    U, V = rng.normal(size=(2, chain.size, 3))
    forward = U.T @ chain.tangent(V).to_float()
    backward = chain.adjoint(U).to_float() @ V
    close(backward, forward, chain)


def adjoint_passes_a_cut(chain, rng):
    U = rng.normal(size=(chain.size, 2))
    for s in range(len(chain) + 1):
        later = chain[s:].adjoint(U).to_float()
        close(chain[:s].adjoint(later.T).to_float(), chain.adjoint(U).to_float(), chain)


def backpropagation_is_the_double_sum(chain, rng):
    """λ_t = Σ_{s ≥ t} δ_s J_s ⋯ J_{t+1}, term by term."""
    J = chain.factors()
    T, n = J.shape[:2]
    sources = rng.normal(size=(T, n))
    expected = np.zeros((T + 1, n))
    for t in range(T + 1):
        for s in range(max(t, 1), T + 1):
            product = functools.reduce(lambda P, F: F @ P, J[t:s], np.eye(n))
            expected[t] += sources[s - 1] @ product
    found = chain.backpropagate(sources)
    # A bound of the same form as the sums: every term rounds in its own size.
    size = max(np.prod(np.linalg.norm(J, axis=(1, 2))), np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=RTOL * size)


LAWS = [
    tangent_is_the_ordered_product,
    adjoint_is_dual_to_tangent,
    adjoint_passes_a_cut,
    backpropagation_is_the_double_sum,
]


@pytest.mark.parametrize("law", LAWS)
def test_law(law, chain, rng):
    law(chain, rng)


class Wrong:
    """A right chain whose methods a mutant overwrites one at a time."""

    def __init__(self, right):
        self.right = right

    def __getattr__(self, name):
        return getattr(self.right, name)

    def __len__(self):
        return len(self.right)

    def __getitem__(self, index):
        return type(self)(self.right[index])


class TransposedInForwardTime(Wrong):
    """Uᵀ times J_1 first: Jᵀ is applied in the order of the run, not against it."""

    def adjoint(self, U):
        for J in self.right:
            U = J.T @ U
        return Scaled.of(np.transpose(U))


class OneStepOff(Wrong):
    """λ_t = δ_t + λ_{t+1} J_t: the Jacobian of the step before."""

    def backpropagate(self, sources):
        J = self.right.factors()
        cotangents = np.concatenate([np.zeros((1, self.size)), sources])
        for t in range(len(J) - 1, -1, -1):
            cotangents[t] += cotangents[t + 1] @ J[max(t - 1, 0)]
        return cotangents


MUTANTS = {
    TransposedInForwardTime: [adjoint_is_dual_to_tangent, adjoint_passes_a_cut],
    OneStepOff: [backpropagation_is_the_double_sum],
}


@pytest.mark.parametrize("name", ["dense", "rnn", "lstm", "gru", "wide"])
@pytest.mark.parametrize(
    ("mutant", "law"), [(m, law) for m, laws in MUTANTS.items() for law in laws]
)
def test_the_law_fails_on_the_published_mistake(mutant, law, name, rng):
    with pytest.raises(AssertionError):
        law(mutant(CHAINS[name](rng)), rng)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_mistakes_hide_where_every_step_is_the_same(mutant, rng):
    """Why they went unseen: one J at every step, symmetric for the first of them."""
    J = rng.normal(size=(3, 3))
    same = JacobianChain(np.broadcast_to(J + J.T, (5, 3, 3)))
    for law in LAWS:
        law(mutant(same), rng)


def test_concatenation_of_cuts_is_the_longer_cut(chain, rng):
    V = rng.normal(size=(chain.size, 2))
    T = len(chain)
    for s, t, u in {(0, T // 2, T), (0, T // 3, T - 1), (T // 3, T // 2, T), (0, 0, T)}:
        if not s <= t <= u:
            continue
        joined = chain[s:t].then(chain[t:u])
        assert len(joined) == len(chain[s:u]) == u - s
        # The same factors in the same order, by either route: equal to the bit.
        np.testing.assert_array_equal(joined.factors(), chain[s:u].factors())
        close(joined.tangent(V).to_float(), chain[s:u].tangent(V).to_float(), chain)


def test_slices_are_those_of_the_list_of_factors(chain):
    J = chain.factors()
    for index in (slice(None), slice(1, None), slice(-2, None), slice(0, 1)):
        np.testing.assert_array_equal(chain[index].factors(), J[index])


def test_iteration_yields_the_factors_in_time_order(chain):
    np.testing.assert_array_equal(np.stack(list(chain)), chain.factors())


def test_transpose_is_the_transposed_product_and_its_own_inverse(chain, rng):
    V = rng.normal(size=(chain.size, 2))
    T = chain.transpose()
    close(T.tangent(V).to_float(), chain.adjoint(V).to_float().T, chain)
    close(T.adjoint(V).to_float(), chain.tangent(V).to_float().T, chain)
    np.testing.assert_array_equal(T.transpose().factors(), chain.factors())
    np.testing.assert_array_equal(
        T.factors(), np.swapaxes(chain.factors()[::-1], -1, -2)
    )


def test_log_abs_dets_are_those_of_the_factors(chain):
    expected = np.linalg.slogdet(chain.factors())[1]
    # log|det| from another factorisation: n eps relative in det, absolute in its log.
    np.testing.assert_allclose(chain.log_abs_dets(), expected, atol=1e-11)


def test_log_cotangent_norms_are_the_logs_of_the_norms(chain, rng):
    sources = rng.normal(size=(len(chain), chain.size))
    norms = np.linalg.norm(chain.backpropagate(sources), axis=1)
    # The same recursion scaled by powers of two; only the order of sums may differ.
    logs = chain.log_cotangent_norms(sources)
    np.testing.assert_allclose(logs, np.log(norms), atol=1e-12)


def test_backpropagation_goes_on_across_a_cut(chain, rng):
    sources = rng.normal(size=(len(chain), chain.size))
    whole = chain.backpropagate(sources)
    s = len(chain) // 2
    if not s:
        return
    later = chain[s:].backpropagate(sources[s:])
    earlier = sources[:s].copy()
    earlier[-1] += later[0]
    # Beyond the cut the sums are the same; at it, one is made in another order.
    np.testing.assert_array_equal(later[1:], whole[s + 1 :])
    found = chain[:s].backpropagate(earlier)
    size = np.abs(whole).max()
    np.testing.assert_allclose(found, whole[: s + 1], rtol=0, atol=RTOL * size)


def test_xi_scales_the_jacobian_of_its_own_step(chain, rng):
    """ξ_t λ_t J_t is what the chain of the factors ξ_t J_t would pass on."""
    sources = rng.normal(size=(len(chain), chain.size))
    xi = rng.choice([0.0, 1.0, 2.0, 0.75], size=len(chain))
    scaled = JacobianChain(xi[:, None, None] * chain.factors())
    found, expected = chain.backpropagate(sources, xi=xi), scaled.backpropagate(sources)
    size = max(np.abs(expected).max(), 1.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=RTOL * size)


def test_xi_of_zero_cuts_the_chain_there(chain, rng):
    sources, s = rng.normal(size=(len(chain), chain.size)), len(chain) // 2
    xi = np.ones(len(chain))
    xi[s] = 0.0  # ξ_{s+1}: nothing passes from h_{s+1} to h_s
    found = chain.backpropagate(sources, xi=xi)
    later, earlier = (
        chain[c].backpropagate(sources[c]) for c in (slice(s, None), slice(s))
    )
    np.testing.assert_array_equal(found[s + 1 :], later[1:])
    np.testing.assert_array_equal(found[: s + 1], earlier)


@pytest.mark.parametrize("name", ["dense", "rnn", "lstm", "gru"])
def test_another_time_order_is_another_product(name, rng):
    chain = CHAINS[name](rng)
    V = np.eye(chain.size)
    swapped = chain[1:2].then(chain[0:1]).then(chain[2:])
    there, here = (c.tangent(V).to_float() for c in (swapped, chain))
    # Random matrices do not commute; rounding alone would leave 1e-15.
    assert np.linalg.norm(there - here) > 1e-3 * np.linalg.norm(here)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 5))
def test_every_law_holds_for_random_chains(seed, T, n):
    rng = np.random.default_rng(seed)
    chain = JacobianChain(rng.normal(size=(T, n, n)))
    for law in LAWS:
        law(chain, rng)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100.0))
def test_scaling_every_factor_shifts_the_log_norm(seed, c):
    J = np.random.default_rng(seed).normal(size=(10, 3, 3))
    plain, scaled = (JacobianChain(F).tangent(np.eye(3)).log_norm() for F in (J, c * J))
    # Ten rounded products: 1e-12 relative in the norm even where it nearly cancels.
    assert abs(scaled - plain - 10 * np.log(c)) < 1e-10
