import numpy as np
import pytest

from gradlab.errors import InputError
from gradlab.exponents import finite_time_exponents, lyapunov_spectrum


def qr_windows(factors, window):
    """The QR recursion of the textbook, from the axes, one window at a time."""
    Q = np.eye(factors.shape[1])
    rates = []
    for start in range(0, len(factors) - window + 1, window):
        logs = np.zeros(factors.shape[1])
        for J in factors[start : start + window]:
            Q, R = np.linalg.qr(J @ Q)
            logs += np.log(np.abs(np.diag(R)))
        rates.append(logs / window)
    return np.array(rates)


def test_windows_are_those_of_the_qr_recursion(rng):
    factors = rng.normal(size=(43, 4, 4))
    found = finite_time_exponents(factors, window=10)
    assert found.steps_left == 3
    # 43 well-conditioned steps: rounding only.
    np.testing.assert_allclose(found.exponents, qr_windows(factors, 10), atol=1e-11)


def test_burn_in_turns_the_frame(rng):
    factors = rng.normal(size=(40, 3, 3))
    whole = finite_time_exponents(factors, window=5)
    later = finite_time_exponents(factors, window=5, burn_in=15)
    np.testing.assert_allclose(later.exponents, whole.exponents[3:], atol=1e-11)


def test_windows_average_to_the_exponents(rng):
    factors = rng.normal(size=(60, 3, 3))
    found = finite_time_exponents(factors, window=6)
    spectrum = lyapunov_spectrum(factors)
    np.testing.assert_allclose(found.mean, spectrum.exponents, atol=1e-12)


def test_views(rng):
    # ln of N(0, 1)² entries one by one: growth is known entry by entry.
    logs = np.log(np.abs(rng.normal(size=(30, 1, 1))))
    found = finite_time_exponents(np.exp(logs), window=3)
    sums = logs.reshape(10, 3).mean(axis=1)
    np.testing.assert_allclose(found.exponents[:, 0], sums, atol=1e-14)
    np.testing.assert_allclose(found.spread, sums.std(ddof=1), rtol=1e-12)
    assert found.growing[0] == np.mean(sums > 0)
    assert list(found.columns()) == ["first_step", "exponent_1"]
    assert found.columns()["first_step"].tolist() == [*range(1, 31, 3)]


def test_one_window_has_no_spread(rng):
    assert np.isnan(
        finite_time_exponents(rng.normal(size=(5, 2, 2)), window=5).spread
    ).all()


def test_window_longer_than_the_run_is_refused(rng):
    with pytest.raises(InputError) as caught:
        finite_time_exponents(rng.normal(size=(9, 2, 2)), window=8, burn_in=2)
    message = "`window` must be at most T − burn_in = 7; got 8."
    assert str(caught.value) == message


def test_burn_in_without_an_end_and_runs_without_steps_are_refused(rng):
    with pytest.raises(InputError, match="`burn_in` must be less than T = 9; got 9"):
        finite_time_exponents(rng.normal(size=(9, 2, 2)), window=1, burn_in=9)
    with pytest.raises(InputError, match="a rate needs T >= 1 steps; got T = 0"):
        finite_time_exponents(np.ones((0, 2, 2)), window=1)


def test_too_few_windows_are_said(rng):
    factors = rng.normal(size=(80, 2, 2))
    assert finite_time_exponents(factors, window=10).caveats == ()
    (seven,) = finite_time_exponents(factors[:79], window=10).caveats
    assert seven.startswith("too short: 7 windows do not tell")
    (one,) = finite_time_exponents(factors, window=80).caveats
    assert one.startswith("too short: 1 window does not tell")


def test_singular_jacobian_is_said(rng):
    factors = rng.normal(size=(100, 2, 2))
    factors[47] = [[1.0, 2.0], [2.0, 4.0]]
    found = finite_time_exponents(factors, window=10, burn_in=5)
    assert np.isneginf(found.exponents[4:, 1]).all()
    assert np.isfinite(found.exponents[:, 0]).all()
    (caveat,) = found.caveats
    assert caveat.startswith("1 of 2 exponents are −inf: a Jacobian in steps 46 … 55")
    assert "gone at once" in str(found)


def test_description_has_the_first_ten_exponents(rng):
    found = finite_time_exponents(rng.normal(size=(90, 12, 12)), window=10)
    head, *lines = str(found).splitlines()
    assert head.startswith("12 finite-time exponents in nats per step, over 9 windows")
    assert len(lines) == 10
    assert lines[9].split()[:2] == ["10", f"{found.mean[9]:+.6f},"]
