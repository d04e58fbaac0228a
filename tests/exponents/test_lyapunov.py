import math

import numpy as np
import pytest

from gradlab.cells import LSTM, RNN, Linear, Logistic
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError
from gradlab.exponents import LyapunovSpectrum, lyapunov_spectrum, lyapunov_until
from gradlab.linalg import block_log_growths, newman_exponents
from gradlab.meanfield import mean_field_exponent
from tests.exponents import systems

GOLDEN = 0.9624236501192069  # ln((3 + √5)/2)


def within(spectrum, exact, errors):
    """Whether the exponents are within so many standard errors of the exact ones."""
    return np.all(np.abs(spectrum.exponents - exact) <= errors * spectrum.stderr)


# Deterministic systems --------------------------------------------------------------


def test_cat_map():
    # 60 steps of burn-in leave e^(−4·60·0.96) of the start; the rest is rounding.
    spectrum = lyapunov_spectrum([[[2, 1], [1, 1]]] * 1000, burn_in=60)
    np.testing.assert_allclose(spectrum.exponents, [GOLDEN, -GOLDEN], atol=1e-12)
    assert spectrum.stderr.max() < 1e-14
    assert abs(spectrum.sum_rule) < 1e-14
    assert spectrum.caveats == ()


def test_diagonal_chain_is_exact_and_sorted(rng):
    logs = rng.normal(loc=[0.0, 2.0, -3.0, 1.0], size=(500, 4))
    factors = np.exp(logs)[:, :, None] * np.eye(4)
    exact = np.sort(logs.mean(axis=0))[::-1]
    # Sums of 500 logs of size 3: a few ulp.
    np.testing.assert_allclose(lyapunov_spectrum(factors).exponents, exact, atol=1e-13)


def test_triangular_chain_shows_its_diagonal(rng):
    logs = rng.normal(size=(400, 3)) / 5 + [1.0, 0.0, -1.0]
    factors = np.triu(rng.normal(size=(400, 3, 3)), 1)
    factors += np.exp(logs)[:, :, None] * np.eye(3)
    exact = logs.mean(axis=0)
    # An upper triangular chain keeps the frame of the axes: no transient.
    np.testing.assert_allclose(lyapunov_spectrum(factors).exponents, exact, atol=1e-12)


@pytest.mark.parametrize(
    ("share", "squeezes"), [(0.5, (1 / 3, 1 / 3)), (0.25, (0.6, 0.1))]
)
def test_baker(share, squeezes, rng):
    # Of the steps that count as many are on the left as the natural measure says.
    T, burn_in = 2000, 40
    lefts = rng.permuted(np.arange(T) < share * T)
    trajectory = systems.baker(
        [*lefts[:burn_in], *lefts], share=share, squeezes=squeezes
    )
    after = trajectory.cell.step(trajectory.states[:-1], trajectory.inputs)
    # It is a run of the map: positions of size 1 round, and x is stretched fourfold.
    np.testing.assert_allclose(after, trajectory.states[1:], rtol=0, atol=1e-14)
    spectrum = lyapunov_spectrum(trajectory, burn_in=burn_in)
    rest = 1 - share
    exact = [
        -share * math.log(share) - rest * math.log(rest),
        share * math.log(squeezes[0]) + rest * math.log(squeezes[1]),
    ]
    # The burn-in leaves e^(−2·40·1.7) of the start, and rounding of T logs the rest.
    np.testing.assert_allclose(spectrum.exponents, exact, rtol=0, atol=1e-12)


def test_permutations_keep_everything(rng):
    factors = np.eye(8)[rng.permuted(np.tile(np.arange(8), (1000, 1)), axis=1)]
    spectrum = lyapunov_spectrum(factors)
    assert spectrum.exponents.tolist() == spectrum.stderr.tolist() == [0.0] * 8


def test_a_million_logs_add_up():
    T = 10**6
    spectrum = lyapunov_spectrum(np.full((T, 1, 1), 0.1))
    # One by one they would lose 1.3e-6 of the sum −2.3e6.  What is rounded is ln 0.1
    # itself, the sum and the rate: an ulp.
    assert spectrum.top == pytest.approx(math.log(0.1), rel=2.3e-16, abs=0)


def test_the_last_digit_of_many_different_logs(engine, rng):
    sizes = rng.integers(1, 10, (20_000, 2))
    factors = np.eye(2) * sizes[:, None]
    found = block_log_growths(factors, block=20_000, engine=engine)[0]
    # math.log takes integers of any length; the two products have 14,000 digits.
    exact = [math.log(math.prod(column)) for column in sizes.T.tolist()]
    # Errors of the 20,000 logs, half an ulp of 2 each, average out; then two roundings.
    np.testing.assert_allclose(found, exact, rtol=2.3e-16, atol=0)


def test_henon():
    spectrum = lyapunov_spectrum(systems.henon(200_000), burn_in=100)
    assert within(spectrum, [0.419224, -1.623197], 3)
    # |det J_t| = 0.3 at every step; the sums round at 1e-16 of their size.
    assert abs(spectrum.exponents.sum() - math.log(0.3)) < 1e-12
    assert abs(spectrum.sum_rule) < 1e-12
    assert spectrum.caveats == ()


@pytest.mark.slow
def test_henon_to_a_standard_error_of_2e_4():
    spectrum = lyapunov_spectrum(systems.henon(4_000_000), k=1, burn_in=100, blocks=64)
    assert spectrum.stderr[0] <= 2e-4
    assert within(spectrum, [0.419224], 3)


# [DS02]: closed forms, r = 3.5 and 3.83 by 40-digit cycles.
CYCLES = {
    2.5: -math.log(2),
    3.2: 0.5 * math.log(abs(4 + 2 * 3.2 - 3.2**2)),
    3.5: -0.87250734577942503792,
    3.83: -0.369673728149063773094,
}


@pytest.mark.parametrize("r", CYCLES)
def test_logistic_cycles(r):
    # A multiple of every period, after 2,000 steps of approach at e^(−0.37) a step.
    trajectory = run(Logistic(r), [0.3], np.zeros((2000 + 1200, 0)))
    spectrum = lyapunov_spectrum(trajectory, burn_in=2000, blocks=20)
    assert abs(spectrum.top - CYCLES[r]) < 1e-9
    assert spectrum.caveats == ()  # a stable cycle is allowed to repeat


def test_logistic_at_4():
    trajectory = run(Logistic(4.0), [0.1234], np.zeros((50_000, 0)))
    spectrum = lyapunov_spectrum(trajectory)
    # ln|J| along the orbit is a coboundary: the spread of block sums stays bounded,
    # so blocks overrate the error; it must still cover.
    assert within(spectrum, [math.log(2)], 4)
    assert abs(spectrum.top - math.log(2)) < 1e-3


@pytest.mark.parametrize("r", [2.0, 4.0])
def test_critical_point_is_said(r):
    trajectory = run(Logistic(r), [0.5], np.zeros((64, 0)))
    spectrum = lyapunov_spectrum(trajectory)
    assert spectrum.top == -math.inf
    assert spectrum.stderr[0] == 0.0
    assert spectrum.sum_rule == 0.0
    assert "singular" in spectrum.caveats[0]
    assert "gone at once" in str(spectrum)


# Random products ---------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 5])
def test_newman(n, rng):
    spectrum = lyapunov_spectrum(rng.normal(size=(40_000, n, n)), burn_in=100)
    assert within(spectrum, newman_exponents(n, variance=1.0), 3)


def test_viswanath(rng):
    spectrum = lyapunov_spectrum(systems.fibonacci(200_000, rng), burn_in=100)
    exact = 0.12397559880335121079
    assert within(spectrum, [exact, -exact], 3)


@pytest.mark.parametrize(("energy", "width"), [(0, 1), (1, 1), (0.5, 0.1), (3, 1)])
def test_heavy_tails(energy, width, rng):
    factors = systems.lloyd(100_000, rng, energy=energy, width=width)
    spectrum = lyapunov_spectrum(factors, burn_in=100)
    exact = systems.lloyd_exponent(energy, width)
    assert within(spectrum, [exact, -exact], 4)
    assert abs(spectrum.exponents.sum()) < 1e-12  # det = 1; single logs reach 10


@pytest.mark.parametrize("p", [0.5, 0.1])
def test_rank_one_factors_leave_the_first_exponent(p, rng):
    factors = systems.rank_one_mixture(20_000, rng, p=p)
    spectrum = lyapunov_spectrum(factors, burn_in=100)
    k = np.arange(10_000)
    exact = p**2 * ((1 - p) ** k * np.log(k + 2)).sum()
    assert abs(spectrum.top - exact) <= 4 * spectrum.stderr[0]
    assert spectrum.exponents[1] == -math.inf
    assert spectrum.stderr[1] == 0.0
    assert "1 of 2 exponents are −inf" in spectrum.caveats[0]


@pytest.mark.parametrize("sizes", [(2.0, 0.5), (3.0, 1.0)])
def test_isotropic(sizes, rng):
    spectrum = lyapunov_spectrum(systems.isotropic(50_000, rng, sizes), burn_in=100)
    a, b = sizes
    exact = [math.log((a + b) / 2), math.log(2 * a * b / (a + b))]
    assert within(spectrum, exact, 4)


# Random networks ---------------------------------------------------------------------


def test_random_tanh_network_is_near_mean_field():
    # n = 500: one network scatters by about 0.003, its run of 4,000 steps by 0.001, and
    # it lies some 0.004 low, O(1/n); the mean-field value is that of n → ∞.
    rng = np.random.default_rng(3)
    cell = RNN.random(500, 0, gain=2.0, rng=rng)
    trajectory = run(cell, rng.normal(size=500), np.zeros((4200, 0)))
    spectrum = lyapunov_spectrum(trajectory, k=1, burn_in=200)
    mean_field = mean_field_exponent("tanh", gain=2.0).exponent
    assert abs(spectrum.top - mean_field) < 0.01
    assert math.isnan(spectrum.sum_rule)


def test_few_directions_of_many_are_those_of_the_full_sweep(rng, monkeypatch):
    cell = LSTM.random(40, 3, gain=3.0, rng=rng)
    trajectory = run(cell, np.zeros(80), rng.normal(size=(203, 3)))
    thin = lyapunov_spectrum(trajectory, k=5, burn_in=13)
    monkeypatch.setattr("gradlab.exponents._thin._SMALLEST", 10**9)
    full = lyapunov_spectrum(trajectory, k=5, burn_in=13)
    # The same recursion, two roundings.
    np.testing.assert_allclose(
        thin.block_exponents, full.block_exponents, rtol=0, atol=1e-11
    )


def test_few_directions_of_a_dying_network_are_minus_infinity(rng):
    # From step 20 on only 3 of 64 units respond.
    factors = rng.normal(size=(60, 64, 64))
    factors[20, 3:] = 0.0
    found = lyapunov_spectrum(factors, k=5).exponents
    assert np.isfinite(found[:3]).all()
    assert found[3:].tolist() == [-math.inf, -math.inf]


# Errors ------------------------------------------------------------------------------


def test_standard_errors_cover_independent_products():
    exact = newman_exponents(2, variance=1.0)
    z = []
    for seed in range(200):
        factors = np.random.default_rng(seed).normal(size=(500, 2, 2))
        spectrum = lyapunov_spectrum(factors, burn_in=20)
        z.append((spectrum.exponents - exact) / spectrum.stderr)
    # Student's t with 31 degrees of freedom has variance 1.07; 200 draws of it scatter
    # by 0.11, so four of those scatters.
    np.testing.assert_allclose(np.var(z, axis=0), 1.07, atol=0.45)
    assert np.all(np.abs(np.mean(z, axis=0)) < 4 * np.sqrt(1.07 / 200))


def test_standard_errors_cover_correlated_growth():
    z = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        # Correlations halve with every step; blocks have 50.
        spectrum = lyapunov_spectrum(systems.autoregressive(1600, rng, memory=0.5))
        z.append(spectrum.top / spectrum.stderr[0])
    # Blocks of 50 steps miss about 3 % of the variance: 1.10 where it was 1.07.
    assert abs(np.var(z) - 1.10) < 0.45


def test_correlated_blocks_are_said():
    factors = systems.autoregressive(4000, np.random.default_rng(0), memory=0.999)
    assert any("correlated" in note for note in lyapunov_spectrum(factors).caveats)


def test_forgotten_burn_in_is_said(rng):
    # The frame of the axes is the wrong flag: 400 steps at e^(−2·0.05) leave it.
    a = np.exp(0.05)
    turn = np.array([[1.0, 1e-6], [1e-6, 1.0]])
    factor = turn @ np.diag([1 / a, a]) @ np.linalg.inv(turn)
    factors = np.broadcast_to(factor, (10_000, 2, 2))
    assert any("`burn_in`" in note for note in lyapunov_spectrum(factors).caveats)
    assert lyapunov_spectrum(factors, burn_in=1000).caveats == ()


def test_short_run_is_said(rng):
    (caveat,) = lyapunov_spectrum(rng.normal(size=(40, 2, 2))).caveats
    assert caveat.startswith("too short: 40 steps in 20 blocks")


def test_one_step():
    spectrum = lyapunov_spectrum([[[2.0, 0.0], [0.0, 0.5]]])
    np.testing.assert_allclose(spectrum.exponents, [math.log(2), -math.log(2)])
    assert np.isnan(spectrum.stderr).all()
    assert np.isnan(spectrum.split_half).all()


# Doors and views ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"burn_in": 5}, "`burn_in` must be less than T = 5; got 5."),
        ({"burn_in": -1}, "`burn_in` must be an integer >= 0; got -1."),
        ({"k": 0}, "`k` must be an integer >= 1; got 0."),
        ({"k": 3}, "`k` must be in 1 … n = 2; got 3."),
        ({"blocks": 0}, "`blocks` must be an integer >= 1; got 0."),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, message):
    with pytest.raises(InputError) as caught:
        lyapunov_spectrum(np.ones((5, 2, 2)), **arguments)
    assert str(caught.value) == message


def test_floats_are_no_counts():
    with pytest.raises(InputTypeError, match="`burn_in` must be an integer"):
        lyapunov_spectrum(np.ones((5, 2, 2)), burn_in=1.0)


def test_nothing_has_no_rate():
    with pytest.raises(InputError, match="a rate needs T >= 1 steps; got T = 0"):
        lyapunov_spectrum(np.ones((0, 2, 2)))
    with pytest.raises(InputError, match="exponents need n >= 1"):
        lyapunov_spectrum(np.ones((3, 0, 0)))


def test_batch_is_refused(rng):
    cell = RNN.random(3, 1, gain=1.0, rng=rng)
    batch = run(cell, np.zeros((2, 3)), rng.normal(size=(5, 2, 1)))
    with pytest.raises(InputError, match=r"take it by `.sequence\(b\)`"):
        lyapunov_spectrum(batch)
    assert len(lyapunov_spectrum(batch.sequence(1)).exponents) == 3


def test_views(rng):
    factors = rng.normal(size=(700, 3, 3))
    spectrum = lyapunov_spectrum(factors, burn_in=7)
    np.testing.assert_allclose(spectrum.convergence[-1], spectrum.exponents, rtol=1e-13)
    weights = spectrum.block_steps / spectrum.steps
    np.testing.assert_allclose(
        weights @ spectrum.block_exponents, spectrum.exponents, rtol=1e-13
    )
    assert spectrum.block_steps.sum() == spectrum.steps == 693
    assert spectrum.top == spectrum.exponents[0]
    assert list(spectrum.columns()) == ["index", "exponent", "stderr"]
    cut = int(spectrum.block_steps[:16].sum())
    late = lyapunov_spectrum(factors, burn_in=7 + cut)
    early = (spectrum.exponents * 693 - late.exponents * (693 - cut)) / cut
    np.testing.assert_allclose(spectrum.split_half, late.exponents - early, atol=1e-12)


def test_words(rng):
    text = str(lyapunov_spectrum(rng.normal(size=(400, 12, 12))))
    head, *lines = text.splitlines()
    assert head.startswith("12 of 12 Lyapunov exponents in nats per step, 400 steps")
    assert len([line for line in lines if line.startswith("λ_")]) == 11
    assert lines[10].startswith("λ_12")
    assert "doubles every" in lines[0]


def test_saved_and_loaded(tmp_path, rng):
    spectrum = lyapunov_spectrum(rng.normal(size=(20, 2, 2)), k=1)
    back = LyapunovSpectrum.load(spectrum.save(tmp_path / "spectrum"))
    assert back.caveats == spectrum.caveats
    assert math.isnan(back.sum_rule)
    np.testing.assert_array_equal(back.exponents, spectrum.exponents)
    assert "benettin1980lyapunov" in spectrum.cite()


@pytest.mark.parametrize("coupling", [1.0, 10.0, 1e3])
@pytest.mark.parametrize("sizes", [(1,) * 24, (1, 3, 5, 2, 9)], ids=["single", "more"])
def test_triangular_chains_have_the_exponents_of_their_blocks(engine, coupling, sizes):
    # At a coupling of 10 an LU that starts elsewhere is wrong by nats.
    rng = np.random.default_rng(3)
    T, n, ends = 40, sum(sizes), np.cumsum(sizes)
    J = coupling * rng.standard_normal((T, n, n))
    alone = []
    for size, end in zip(sizes, ends, strict=True):
        own = slice(end - size, end)
        J[:, own, :end] = 0.0
        J[:, own, own] = rng.standard_normal((T, size, size)) + 2 * np.eye(size)
        alone.append(block_log_growths(J[:, own, own], block=T)[0])
    exact = np.sort(np.concatenate(alone) / T)[::-1]
    # Axes in any order, but for those of one block.
    shuffled = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    order = np.empty(n, int)
    for block, end in enumerate(ends):
        order[shuffled == block] = np.arange(end - sizes[block], end)
    for chain in (J, J[:, order][:, :, order]):
        found = lyapunov_spectrum(chain, blocks=2, engine=engine).exponents
        # 40 factors of at most 9 units, with conditions of some hundreds.
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12)


def test_a_run_until_an_error_finds_the_blocks_too():
    # h' = A h with A lower triangular: the exponents are ln of its diagonal.
    rng = np.random.default_rng(4)
    diagonal = np.exp(rng.uniform(-1, 1, 20))
    A = np.diag(diagonal) + 10 * np.tril(rng.standard_normal((20, 20)), -1)
    cell = Linear(A / 2, np.zeros((20, 0)))
    found = lyapunov_until(cell, np.zeros(20), None, stderr=1e-9)
    exact = np.sort(np.log(diagonal / 2))[::-1]
    np.testing.assert_allclose(found.exponents, exact, rtol=0, atol=1e-12)
