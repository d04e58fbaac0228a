"""Definiteness is decided exactly: by minors in rationals, and at the last bit."""

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import ctx, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.linalg.arithmetic import Arithmetic
from gradlab.testing import matrices
from gradlab.verified import Verdict, definite, definite_verdict, lyapunov_verdict
from gradlab.verified.definite import sector_verdict
from tests.oracles.exact_norms import exact, is_semidefinite

squares = st.integers(1, 4).flatmap(matrices)


def is_definite(M):
    """Decide M ≻ 0 in rationals: ⪰ 0 and not singular."""
    return is_semidefinite(M) and M.det() != 0


@given(squares, st.sampled_from([-1.0, 0.0, 2.0**-40, 1.0]))
def test_verdicts_are_those_of_rational_minors(A, shift):
    size = np.abs(A).max() or 1.0
    if not 1e-100 < size < 1e100:
        return
    A = A / size
    M = A.T @ A
    M = (M + M.T) / 2 + shift * np.eye(len(M))
    truth = is_definite(exact(M))
    verdict = definite_verdict(M)
    if verdict is Verdict.UNDECIDED:  # balls never see that a pivot is exactly zero
        assert exact(M).det() == 0
    else:
        assert (verdict is Verdict.PROVED) == truth


def test_a_singular_matrix_is_not_definite_to_the_last_bit():
    edge = np.array([[1.0, 0.5], [0.5, 0.25]])
    assert definite_verdict(edge) is not Verdict.PROVED
    edge[1, 1] = np.nextafter(0.25, 1.0)
    assert definite_verdict(edge) is Verdict.PROVED
    edge[1, 1] = np.nextafter(0.25, 0.0)
    assert definite_verdict(edge) is Verdict.REFUTED
    assert definite_verdict([[0.0]]) is Verdict.REFUTED


def test_signs_beside_the_diagonal_count():
    # λ = 1 + 2a, 1 − a and 1 − a.
    for a, verdict in (
        (-0.6, Verdict.REFUTED),
        (0.6, Verdict.PROVED),
        (-0.4, Verdict.PROVED),
        (1.1, Verdict.REFUTED),
    ):
        M = np.where(np.eye(3) > 0, 1.0, a)
        assert definite_verdict(M) is verdict


def test_small_pivots_take_the_precision_that_they_take():
    # Hilbert's matrix as stored: n = 8 is still definite, with pivots of 1e-10.
    H = 1.0 / (np.arange(8)[:, None] + np.arange(8) + 1)
    assert is_definite(exact(H))
    assert definite_verdict(H) is Verdict.PROVED


@given(squares, st.sampled_from([0.25, 0.5, 1.0, 2.0, 8.0]))
def test_lyapunov_verdicts_are_those_of_rationals(A, rate):
    size = np.abs(A).max() or 1.0
    if not 1e-100 < size < 1e100:
        return
    A = A / size
    P = A.T @ A
    P = (P + P.T) / 2 + np.eye(len(A))
    form, factor = exact(P), exact(A)
    square = Fraction(rate) ** 2
    gap = _times(form, square) - factor.transpose() * form * factor
    truth = is_definite(form) and is_definite(gap)
    verdict = lyapunov_verdict(A, P, rate)
    if verdict is not Verdict.UNDECIDED:
        assert (verdict is Verdict.PROVED) == truth
    else:
        assert gap.det() == 0 or form.det() == 0


def sector_matrix(W, slopes, P, multipliers, rate):
    """Return [[r²P + lh WᵀΛW, −(l + h)/2 WᵀΛ], [−(l + h)/2 ΛW, Λ − P]] in rationals."""
    n = len(W)
    low, high = (exact([[slope]])[0, 0] for slope in slopes)
    form, factor, scale = exact(P), exact(W), exact(np.diag(multipliers))
    first = _times(form, rate) * exact(rate * np.eye(n))
    first += factor.transpose() * scale * factor * (low * high)
    beside = scale * factor * (-(low + high) / 2)
    whole = fmpq_mat(2 * n, 2 * n)
    for i, j in np.ndindex(n, n):
        whole[i, j], whole[n + i, n + j] = first[i, j], scale[i, j] - form[i, j]
        whole[n + i, j] = whole[j, n + i] = beside[i, j]
    return whole


@pytest.mark.parametrize(
    "slopes", [(0.0, 1.0), (-0.5, 2.0), (0.25, 0.5), (0.5, 0.5), (-3.0, -2.0)]
)
@pytest.mark.parametrize("rate", [0.5, 0.9, 1.5])
def test_sector_verdicts_are_those_of_rationals(slopes, rate):
    rng = np.random.default_rng(3)
    met = set()
    for n in (1, 2, 3):
        for share in (0.1, 0.3, 1.0):
            W = share * rng.normal(size=(n, n)) / max(map(abs, slopes))
            P = np.eye(n) + 0.1 * np.ones((n, n))
            for multiplier in (1.5, 4.0):
                multipliers = multiplier + rng.random(n)
                sector = W, slopes, P, multipliers, rate
                truth = is_definite(sector_matrix(*sector)) and is_definite(exact(P))
                verdict = sector_verdict(*sector)
                assert (verdict is Verdict.PROVED) == truth
                met.add(verdict)
    assert met == {Verdict.PROVED, Verdict.REFUTED}


def _times(M, number):
    flint_number = exact([[float(number)]])[0, 0]
    return M * flint_number


def test_a_certificate_fails_at_the_rate_that_it_was_made_for():
    # AᵀA = I/4: at rate ½ nothing is left over, a little above it is.
    turn = np.array([[0.0, -0.5], [0.5, 0.0]])
    assert lyapunov_verdict(turn, np.eye(2), 0.5) is not Verdict.PROVED
    above = math.nextafter(0.5, 1.0)
    assert lyapunov_verdict(turn, np.eye(2), above) is Verdict.PROVED
    assert lyapunov_verdict(turn, -np.eye(2), above) is Verdict.REFUTED


def test_what_is_not_symmetric_is_refused():
    with pytest.raises(InputError, match=r"`M` must be symmetric to the last bit\.$"):
        definite_verdict([[1.0, 0.5], [0.25, 1.0]])
    with pytest.raises(InputError, match=r"`P` must be symmetric to the last bit\.$"):
        lyapunov_verdict(np.eye(2), [[1.0, 0.5], [0.25, 1.0]], 0.5)
    with pytest.raises(InputError, match="`rate` must be a finite number > 0"):
        lyapunov_verdict(np.eye(2), np.eye(2), 0.0)


@pytest.mark.parametrize("multipliers", [[0.0, 4.0], [4.0, 0.0], [0.0, 0.0]])
def test_multipliers_may_be_zero_and_not_below(multipliers):
    # A unit without one leaves −P_ii on the diagonal.
    sector = 0.5 * np.eye(2), (0.0, 1.0), np.eye(2)
    assert sector_verdict(*sector, [4.0, 4.0], 0.75) is Verdict.PROVED
    assert sector_verdict(*sector, multipliers, 0.75) is Verdict.REFUTED
    below = np.nextafter(multipliers, -1.0)
    with pytest.raises(InputError, match=r"`multipliers` must not be negative\.$"):
        sector_verdict(*sector, below, 0.75)


def test_what_float64_rounds_is_refused():
    rounded, one = [[2**53 + 1]], [[1.0]]
    message = "must be made of numbers that float64 holds exactly; got 9007199254740993"
    with pytest.raises(InputError, match=f"`M` {message}"):
        definite_verdict(rounded)
    with pytest.raises(InputError, match=f"`A` {message}"):
        lyapunov_verdict(rounded, one, 2.0**53)
    with pytest.raises(InputError, match=f"`W` {message}"):
        sector_verdict(rounded, (0.0, 1.0), one, [2.0], 2.0**53)


def test_one_of_two_forms_that_is_not_known_leaves_both_unproved():
    # 0.1² as floats has 106 bits: 0.1² − 0.1² is 0 in 128 bits, and a ball in 64.
    one, rate = [[1.0]], 0.1
    assert lyapunov_verdict([[rate]], one, rate, most_bits=64) is Verdict.UNDECIDED
    assert lyapunov_verdict([[rate]], one, rate) is not Verdict.PROVED
    sector = [[rate]], (0.0, 1.0), one, [2.0], rate
    assert sector_verdict(*sector, most_bits=64) is Verdict.UNDECIDED
    assert sector_verdict(*sector) is not Verdict.PROVED


def test_wrong_products_leave_it_to_balls():
    # Norms come out as three quarters: ‖cI − M‖ = 1.2 would be below c = 1.1.
    wrong = Arithmetic(matmul=lambda X, Y: 0.75 * np.matmul(X, Y))
    M = [[1.0, 1.2, 0.0], [1.2, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert definite._is_clearly_definite(np.array(M), wrong)
    assert definite_verdict(M, arithmetic=wrong) is Verdict.REFUTED


def test_what_is_clearly_definite_takes_no_balls(monkeypatch):
    monkeypatch.setattr(definite, "definite_sign", lambda _: 0)
    assert definite_verdict([[1.0, 0.5], [0.5, 1.0]]) is Verdict.PROVED


@pytest.mark.parametrize(
    ("sign", "most", "decide"),
    [
        ("definite_sign", 4096, lambda: definite_verdict(np.eye(2) - 0.5)),
        ("lyapunov_sign", 4096, lambda: lyapunov_verdict([[0.5]], [[1.0]], 0.5)),
        (
            "sector_sign",
            1024,
            lambda: sector_verdict([[0.5]], (0, 1), [[1.0]], [2.0], 0.5),
        ),
    ],
)
def test_bits_are_doubled_up_to_the_limit_unless_it_is_said(
    sign, most, decide, monkeypatch
):
    met = []
    monkeypatch.setattr(definite, sign, lambda *_: met.append(ctx.prec) or 0)
    assert decide() is Verdict.UNDECIDED
    assert met == [64 << k for k in range(len(met))]
    assert met[-1] == most


# det M = (1 + a)(1 − a + a²) − 1 = ±a³ with a = 2⁻²⁶: 64 bits leave it open.
SMALL = 2.0**-26
CLOSE = {
    Verdict.PROVED: np.array([[1 + SMALL, 1.0], [1.0, 1 - SMALL + SMALL**2]]),
    Verdict.REFUTED: np.array([[1 - SMALL, 1.0], [1.0, 1 + SMALL + SMALL**2]]),
}
DECIDED = {
    "definite": lambda M, **most: definite_verdict(M, **most),
    "lyapunov": lambda M, **most: lyapunov_verdict(np.zeros((2, 2)), M, 0.5, **most),
    "sector": lambda M, **most: sector_verdict(
        np.zeros((2, 2)), (0.0, 1.0), M, [4.0, 4.0], 0.5, **most
    ),
}


@pytest.mark.parametrize("verdict", CLOSE, ids=lambda verdict: verdict.name)
@pytest.mark.parametrize("name", DECIDED)
def test_what_64_bits_leave_open_is_decided_by_128(name, verdict):
    decide, M = DECIDED[name], CLOSE[verdict]
    assert is_definite(exact(M)) == (verdict is Verdict.PROVED)
    assert decide(M, most_bits=64) is Verdict.UNDECIDED
    assert decide(M, most_bits=127) is Verdict.UNDECIDED
    assert decide(M, most_bits=128) is verdict
    assert decide(M) is verdict
