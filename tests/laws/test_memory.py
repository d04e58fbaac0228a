"""What memory cannot hold is refused with a sentence, before anything is allocated."""

import functools
import re

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Henon, Linear, ProjectedLSTM, Wrapped
from gradlab.datasets import influence_balancing
from gradlab.dynamics import JacobianChain, run
from gradlab.errors import InputError
from gradlab.exponents import (
    covariant_lyapunov_vectors,
    finite_time_exponents,
    lyapunov_spectrum,
    lyapunov_until,
)
from gradlab.gradients import (
    Forward,
    RandomTruncation,
    RandomWindow,
    RenewalTruncation,
    Segmented,
    Truncated,
    constant_keep,
    lag_decomposition,
    lag_norms,
    lag_probes,
    moments,
    optimal_keep,
    segment_bias,
)
from gradlab.linalg import (
    complex_newman_exponents,
    gaussian,
    graded_product,
    joint_spectral_radius,
    leading_singular_vectors,
    log_singular_values,
    newman_exponents,
    numerical_range,
    orthogonal,
    periodic_eigenvalues,
    truncated_orthogonal_exponents,
)
from gradlab.objectives import SquaredError
from gradlab.remedies import initial_cell
from gradlab.studies import CharacterModel, audit_initialisation

MANY, LARGE = (
    10**13,
    10**7,
)  # numbers of which 8 bytes each, or 8 bytes squared, are none
STACK = np.broadcast_to(1.0, (2, LARGE, LARGE))


def geometric(lags):
    return 0.9**lags


# Arguments that take no memory themselves: counts, and arrays that are broadcast.
HUGE = {
    "graded_product": ("n", lambda: graded_product(STACK)),
    "graded_product, a stream": ("n", lambda: graded_product(iter(STACK))),
    "log_singular_values": ("n", lambda: log_singular_values(STACK)),
    "leading_singular_vectors": ("n", lambda: leading_singular_vectors(STACK, 1)),
    "periodic_eigenvalues": ("n", lambda: periodic_eigenvalues(STACK)),
    "joint_spectral_radius": ("n", lambda: joint_spectral_radius(STACK)),
    "JacobianChain": ("n", lambda: JacobianChain(STACK)),
    "lyapunov_spectrum": ("n", lambda: lyapunov_spectrum(STACK)),
    "finite_time_exponents": ("n", lambda: finite_time_exponents(STACK, window=1)),
    "covariant_lyapunov_vectors": (
        "n",
        lambda: covariant_lyapunov_vectors(STACK, burn_in=0, tail=0),
    ),
    "lyapunov_until": (
        "k",
        lambda: lyapunov_until(
            Wrapped(lambda h, x: h, n=LARGE), STACK[0, 0], stderr=0.1
        ),
    ),
    "gaussian": ("n", lambda: gaussian(LARGE, gain=1.0, rng=0)),
    "orthogonal": ("n", lambda: orthogonal(LARGE, gain=1.0, rng=0)),
    "RNN.random": ("n", lambda: RNN.random(LARGE, 1, gain=1.0, rng=0)),
    "LSTM.random": ("n", lambda: LSTM.random(LARGE, 1, gain=1.0, rng=0)),
    "GRU.random": ("n", lambda: GRU.random(1, MANY, gain=1.0, rng=0)),
    "Linear.random": ("n", lambda: Linear.random(LARGE, 1, gain=1.0, rng=0)),
    "ProjectedLSTM.random": (
        "n",
        lambda: ProjectedLSTM.random(LARGE, 1, projected=1, gain=1.0, rng=0),
    ),
    "initial_cell": ("n", lambda: initial_cell("lstm", LARGE, 1, init="torch", rng=0)),
    "jacobian": (
        "n",
        lambda: Wrapped(lambda h, x: h, n=LARGE).jacobian(STACK[0, 0], np.zeros(0)),
    ),
    "run": ("T", lambda: run(Henon(), [0.0, 0.0], np.zeros((MANY, 0)))),
    "run, a batch": (
        "T",
        lambda: run(Henon(), np.zeros((2, 2)), np.zeros((MANY, 2, 0))),
    ),
    "numerical_range": ("points", lambda: numerical_range(np.eye(2), points=MANY)),
    "newman_exponents": ("n", lambda: newman_exponents(MANY, variance=1.0)),
    "complex_newman_exponents": (
        "n",
        lambda: complex_newman_exponents(MANY, variance=1.0),
    ),
    "truncated_orthogonal_exponents": (
        "n",
        lambda: truncated_orthogonal_exponents(MANY, of=MANY),
    ),
    "influence_balancing": ("n", lambda: influence_balancing(LARGE)),
    "inputs": ("T", lambda: influence_balancing().inputs(MANY)),
    "constant_keep": ("T", lambda: constant_keep(MANY, 2.0)),
    "Truncated.lags": ("T", lambda: Truncated(1).lags(LARGE)),
    "Truncated.expected_steps": ("T", lambda: Truncated(1).expected_steps(MANY)),
    "Segmented.lags": ("T", lambda: Segmented(1).lags(LARGE)),
    "Segmented.segments": ("T", lambda: Segmented(1).segments(MANY)),
    "probabilities": ("T", lambda: RandomTruncation(0.5).probabilities(MANY)),
    "weights": ("T", lambda: RandomTruncation(0.5).weights(STACK[0, 0, : 10**6])),
    "weights of a letter": (
        "T",
        lambda: RandomTruncation(0.5, nested=False).weights(STACK[0, 0, : 10**6]),
    ),
    "RandomWindow.survival": ("T", lambda: RandomWindow(geometric).survival(MANY)),
    "RenewalTruncation.survival": (
        "T",
        lambda: RenewalTruncation(geometric).survival(MANY),
    ),
    "audit_initialisation": (
        "steps",
        lambda: audit_initialisation("rnn", hidden=2, steps=MANY, rng=0),
    ),
    "CharacterModel.start": (
        "sequences",
        lambda: CharacterModel.random("rnn", 2, 3, rng=0).start(MANY),
    ),
}
SAID = r"`{}` = [0-9,]+ needs [0-9,.]+ GiB of memory; this machine has [0-9,.]+ GiB\."


@pytest.mark.parametrize("door", HUGE)
def test_what_no_machine_holds_is_refused(door):
    name, call = HUGE[door]
    with pytest.raises(InputError, match=SAID.format(name)):
        call()


@functools.cache
def objective():
    trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], np.ones((90, 1)))
    return SquaredError(trajectory, np.zeros((90, 1)), [[1.0]])


@functools.cache
def wide():
    return run(Linear(np.eye(20) / 2, np.zeros((20, 1))), np.zeros(20), np.ones((5, 1)))


def still(T):
    return JacobianChain(np.ones((T, 1, 1)))


# Work on what is there already: 1,000 bytes are 125 numbers, and T is larger.
SMALL = {
    "factors": ("T", lambda: still(200).factors()),
    "lyapunov_spectrum": ("blocks", lambda: lyapunov_spectrum(still(200), blocks=99)),
    "finite_time_exponents": (
        "window",
        lambda: finite_time_exponents(still(200), window=2),
    ),
    "covariant vectors": (
        "every",
        lambda: covariant_lyapunov_vectors(still(200), burn_in=1, tail=1),
    ),
    "segment_bias": ("T", lambda: segment_bias(objective())),
    "lag_decomposition": ("T", lambda: lag_decomposition(objective(), gram=True)),
    "optimal_keep": ("T", lambda: optimal_keep(objective(), 3.0)),
    "moments of renewals": (
        "T",
        lambda: moments(RenewalTruncation(geometric), objective()),
    ),
    "lag_norms": ("B", lambda: lag_norms(wide())),
    "lag_probes": (
        "probes",
        lambda: lag_probes(objective().trajectory, probes=2, rng=0),
    ),
}


@pytest.mark.parametrize("door", SMALL)
def test_what_this_machine_does_not_hold_is_refused(door, monkeypatch):
    objective(), wide()
    name, call = SMALL[door]
    with monkeypatch.context() as patched:
        patched.setattr("gradlab._checks._physical_memory", lambda: 1000.0)
        with pytest.raises(InputError, match=SAID.format(name)):
            call()
    call()  # and with all of its memory it is done


def test_sensitivities_of_all_parameters_are_asked_for(monkeypatch):
    # P = 2 n² = 200 and n P = 2,000 numbers, twice: 32,000 bytes.
    cell = Linear.random(10, 10, gain=0.5, rng=0)
    loss = SquaredError(
        run(cell, np.zeros(10), np.ones((3, 10))), np.zeros((3, 10)), np.eye(10)
    )
    for there, refused in ((31_999.0, True), (32_000.0, False)):
        monkeypatch.setattr("gradlab._checks._physical_memory", lambda b=there: b)
        if refused:
            with pytest.raises(InputError, match=SAID.format("n")):
                Forward().gradient(loss)
        else:
            Forward().gradient(loss)


def test_broadcast_stacks_of_small_factors_are_streamed():
    # 4 · 10⁶ equal factors would take 120 MiB; all there is are four numbers.
    shear = np.broadcast_to([[1.0, 0.5], [0.0, 1.0]], (4 * 10**6, 2, 2))
    chain = JacobianChain(shear)
    assert len(chain) == 4 * 10**6


def test_needed_and_available_are_both_said(monkeypatch):
    monkeypatch.setattr("gradlab._checks._physical_memory", lambda: 16.0 * 2**30)
    with pytest.raises(InputError) as caught:
        gaussian(50_000, gain=1.0, rng=0)
    # The draw and its scaled copy, 8 · 50,000² bytes each; an int32 would have wrapped.
    assert re.fullmatch(
        r"`n` = 50,000 needs 37\.3 GiB of memory; this machine has 16\.0 GiB\.",
        str(caught.value),
    )
