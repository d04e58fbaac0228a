"""Intervals, dimensions and entropies: values in closed form, errors that cover."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradlab.errors import InputError, InputTypeError, NonFiniteError
from gradlab.exponents import (
    Estimate,
    ExponentIntervals,
    kaplan_yorke_dimension,
    lyapunov_spectrum,
)
from tests.exponents import systems

# Intervals ---------------------------------------------------------------------------


def intervals(memory, *, steps, blocks, seeds):
    """Yield the spectrum of an autoregression, whose exponent is 0, for each seed."""
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        factors = systems.autoregressive(steps, rng, memory=memory)
        yield lyapunov_spectrum(factors, blocks=blocks)


def coverage(spectra, level):
    """Return how often intervals hold 0, widened as they are and not widened."""
    found = []
    for spectrum in spectra:
        interval = spectrum.interval(level)
        half = (interval.upper[0] - interval.lower[0]) / 2
        found.append(
            (
                abs(spectrum.top) <= half,
                abs(spectrum.top) <= half / interval.widening[0],
            )
        )
    return np.mean(found, axis=0)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_intervals_of_independent_blocks_cover_as_they_say(level):
    widened, plain = coverage(intervals(0.0, steps=320, blocks=32, seeds=200), level)
    # 200 draws scatter by 0.035 and 0.015; widening by chance adds a few hundredths.
    assert abs(plain - level) < 4 * math.sqrt(level * (1 - level) / 200)
    assert plain <= widened < level + 0.1


def test_intervals_of_correlated_blocks_cover_because_they_are_widened():
    # Blocks of 10 steps, correlations of 20: r = 0.5 between blocks.
    widened, plain = coverage(intervals(0.95, steps=640, blocks=64, seeds=120), 0.95)
    assert plain < 0.75
    assert widened > 0.88


def test_widening_is_that_of_an_autoregression_of_blocks():
    # One step a block: r = 0.5, √(1.5/0.5) = √3, and a third of the degrees are left.
    (spectrum,) = intervals(0.5, steps=3000, blocks=3000, seeds=1)
    interval = spectrum.interval()
    assert interval.widening[0] == pytest.approx(math.sqrt(3), rel=0.08)
    assert interval.degrees[0] == pytest.approx(1000, rel=0.16)


def test_intervals_of_what_is_known_exactly():
    found = lyapunov_spectrum([np.diag([2.0, 0.0])] * 64)
    interval = found.interval(0.99)
    assert isinstance(interval, ExponentIntervals)
    assert (
        interval.lower.tolist() == interval.upper.tolist() == [math.log(2), -math.inf]
    )
    assert interval.widening.tolist() == [1.0, 1.0]
    assert interval.level == 0.99
    assert list(interval.columns()) == ["lower", "upper", "degrees", "widening"]


def test_students_t_is_used(rng):
    found = lyapunov_spectrum(np.exp(rng.normal(size=(3000, 1, 1))), blocks=3)
    interval = found.interval(0.95)
    half = interval.upper[0] - found.top
    # t of 2 degrees is 4.303 (tables); blocks may be widened on top of it.
    if interval.widening[0] == 1.0:
        assert half == pytest.approx(4.302652729696 * found.stderr[0], rel=1e-10)
    assert half >= 4.3 * found.stderr[0]


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 2.0, math.nan])
def test_levels_outside_0_and_1_are_refused(level):
    spectrum = lyapunov_spectrum([[[2.0]]] * 64)
    with pytest.raises(InputError, match="`level` must be"):
        spectrum.interval(level)


# Kaplan–Yorke dimension --------------------------------------------------------------

# [DS12] of the references: closed forms.
DIMENSIONS = {
    "Kaplan-Yorke map": ([math.log(2), math.log(0.2)], 1.43067655807339305067),
    "baker, c = 1/3": ([math.log(2), -math.log(3)], 1.63092975357145743709952711434),
    "solenoid": ([math.log(2), -math.log(4), -math.log(4)], 1.5),
    "generalised baker": (
        [0.610864302054893463025670963197, -1.12423488604213865800869684821],
        1.54336003057638348408414153853,
    ),
    "Lorenz": ([0.90554, 0.0, -14.57219], 2 + 0.90554 / 14.57219),
    "contraction": ([-0.1, -2.0], 0.0),
    "one direction dies": ([0.5, -math.inf], 1.0),
    "volumes grow": ([0.5, -0.2], 2.0),
}


@pytest.mark.parametrize("name", DIMENSIONS)
def test_dimensions_in_closed_form(name):
    exponents, exact = DIMENSIONS[name]
    assert kaplan_yorke_dimension(exponents) == pytest.approx(exact, abs=1e-12)
    backwards = kaplan_yorke_dimension(exponents[::-1])
    assert backwards == pytest.approx(exact, abs=1e-12)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6))
@example([5e-324, -1e-323])
@example([1.0, -1.0000000000000002])
def test_dimension_is_the_zero_of_the_summed_spectrum(exponents):
    D = kaplan_yorke_dimension(exponents)
    row = np.sort(exponents)[::-1]
    sums = np.concatenate([[0.0], np.cumsum(row)])
    if 0 < D < len(row):
        # Piecewise linear interpolation of the sums is 0 there.
        assert abs(np.interp(D, np.arange(len(sums)), sums)) < 1e-9
    elif D == 0:
        assert row[0] <= 0
    else:  # D rounds to n where the sum is within an ulp of 0
        assert sums[-1] >= -1e-15 * np.abs(row).sum()


def test_too_few_exponents_do_not_tell():
    with pytest.raises(InputError, match="add up to more than 0, so the dimension is"):
        kaplan_yorke_dimension([0.5, -0.2], complete=False)
    assert kaplan_yorke_dimension([0.5, -1.0], complete=False) == 1.5


def test_what_is_not_a_spectrum_is_refused():
    with pytest.raises(NonFiniteError):
        kaplan_yorke_dimension([0.1, math.nan])
    with pytest.raises(NonFiniteError):
        kaplan_yorke_dimension([math.inf])
    with pytest.raises(InputTypeError):
        kaplan_yorke_dimension(["0.1"])


# Errors of what follows --------------------------------------------------------------


def test_henon():
    spectrum = lyapunov_spectrum(systems.henon(100_000), burn_in=100)
    dimension, entropy = spectrum.kaplan_yorke, spectrum.entropy_rate
    assert abs(dimension.value - 1.258271) < 3.5 * dimension.stderr
    assert dimension.stderr < 1e-3
    assert (entropy.value, entropy.stderr) == (spectrum.top, spectrum.stderr[0])
    text = str(spectrum)
    assert "Kaplan–Yorke dimension  1.25" in text
    assert "entropy rate, at most   0.4" in text


def test_standard_errors_cover():
    # ln((a + b)/2) and ln(2ab/(a + b)) are strongly correlated; two such blocks have
    # two positive exponents and a dimension between 2 and 3.
    entropy_exact = math.log(1.6) + math.log(1.3)
    exact = 2 - entropy_exact / math.log(1.2 / 3.2)
    z = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        factors = np.zeros((640, 4, 4))
        factors[:, :2, :2] = systems.isotropic(640, rng, (3.0, 0.2))
        factors[:, 2:, 2:] = systems.isotropic(640, rng, (2.5, 0.1))
        spectrum = lyapunov_spectrum(factors, burn_in=20)
        dimension, entropy = spectrum.kaplan_yorke, spectrum.entropy_rate
        z.append(
            (
                (dimension.value - exact) / dimension.stderr,
                (entropy.value - entropy_exact) / entropy.stderr,
            )
        )
    # Student's t with 31 degrees of freedom has variance 1.07 ± 0.12 in 150 draws.
    np.testing.assert_allclose(np.var(z, axis=0), 1.07, atol=0.5)
    assert np.all(np.abs(np.mean(z, axis=0)) < 4 * np.sqrt(1.07 / 150))


def test_what_cannot_change_has_no_error(rng):
    factors = np.exp(rng.normal(size=(640, 1, 1)) - 3) * np.eye(2)
    contraction = lyapunov_spectrum(factors)
    assert contraction.kaplan_yorke.value == 0.0
    assert contraction.kaplan_yorke.stderr == 0.0
    assert contraction.entropy_rate.value == 0.0
    assert "Kaplan" not in str(contraction)


def test_few_exponents_do_not_tell_but_say_so(rng):
    factors = 3 * rng.normal(size=(640, 4, 4))
    spectrum = lyapunov_spectrum(factors, k=2)
    with pytest.raises(InputError, match="take a larger `k`"):
        _ = spectrum.kaplan_yorke
    with pytest.raises(InputError, match="are positive, so there may be more"):
        _ = spectrum.entropy_rate
    assert "Kaplan" not in str(spectrum)


def test_estimates_are_results(tmp_path):
    found = lyapunov_spectrum(systems.henon(3200)).kaplan_yorke
    back = Estimate.load(found.save(tmp_path / "dimension"))
    assert (back.value, back.stderr) == (found.value, found.stderr)
    lower, upper = found.interval(0.9)
    assert lower < found.value < upper
    assert "Kaplan" in found.cite()
