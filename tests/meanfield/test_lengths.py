import math

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.meanfield import length_fixed_point, length_map


@given(st.floats(0.1, 5), st.floats(0.01, 50), st.floats(0, 2))
def test_erf_map_is_the_arcsine(gain, q, s):
    # [MF05] (Williams 1997): q' = g² (2/π) asin(2q/(1 + 2q)) + σ².
    exact = gain**2 * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + s
    found = length_map("erf", q, gain=gain, input_variance=s)
    assert found == pytest.approx(exact, rel=2e-14)  # asin loses a digit near 1


@given(st.floats(0.1, 5), st.floats(0.01, 50), st.floats(-1, 1))
def test_piecewise_linear_maps(gain, q, s):
    assert length_map("relu", q, gain=gain) == pytest.approx(gain**2 * q / 2, rel=1e-14)
    assert length_map("identity", q, gain=gain) == pytest.approx(gain**2 * q, rel=1e-14)


@given(st.floats(0.05, 4))
def test_erf_critical_line(q):
    # [MF05]: on the critical line the slope of gradients is 1 at this q*.
    weight = math.pi / 4 * math.sqrt(1 + 4 * q)
    bias = q - 0.5 * math.sqrt(1 + 4 * q) * math.asin(2 * q / (1 + 2 * q))
    fixed = length_fixed_point("erf", gain=math.sqrt(weight), input_variance=bias)
    # V' is bounded away from 1 here, so q* rounds as V does, a few times over.
    assert fixed.variance == pytest.approx(q, rel=1e-12)
    assert abs(fixed.variance - q) <= fixed.error + 1e-14 / (1 - fixed.slope)


# [RNN03], digits by mpmath.
TANH = {
    1.1: 0.112749885865493511,
    1.5: 0.79335404260677771,
    2.0: 2.12147356820317853,
    4.0: 12.5006010100956555,
    5.0: 20.6993668441826971,
    10.0: 91.7051311952887035,
    20.0: 383.724832486666618,
}


@pytest.mark.parametrize("gain", TANH)
def test_tanh_fixed_points(gain):
    fixed = length_fixed_point("tanh", gain=gain)
    assert fixed.variance == pytest.approx(TANH[gain], rel=1e-14)
    assert fixed.error < 1e-14 * gain**2


def test_tanh_at_gain_3_against_mpmath():
    with mp.workdps(25):

        def excess(q):
            s = mp.sqrt(q)
            cuts = [0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12]
            half = mp.quad(lambda z: mp.tanh(s * z) ** 2 * mp.npdf(z), cuts)
            return 18 * half - q

        exact = float(mp.findroot(excess, 6.3))
    assert length_fixed_point("tanh", gain=3.0).variance == pytest.approx(
        exact, rel=1e-14
    )


# [MF03]: q* and the depth scale at σ_b = 0.3, printed to 15 and 10 digits.
POOLE = {
    1.3: (0.607046791909527, 1.337667643),
    2.5: (4.07912387528332, 0.6883414572),
    4.0: (12.6041494978473, 0.4902947451),
}


@pytest.mark.parametrize("gain", POOLE)
def test_settings_of_poole(gain):
    fixed = length_fixed_point("tanh", gain=gain, input_variance=0.09)
    q, depth = POOLE[gain]
    assert fixed.variance == pytest.approx(q, rel=1e-12)
    assert fixed.depth_scale == pytest.approx(depth, rel=1e-9)


@pytest.mark.parametrize("gain", [0.2, 0.9, 0.999])
def test_states_die_out_at_small_gain(gain):
    fixed = length_fixed_point("tanh", gain=gain)
    assert (fixed.variance, fixed.error) == (0.0, 0.0)
    assert fixed.slope == pytest.approx(gain**2, rel=1e-14)


def test_edge_of_chaos_has_no_sharp_variance():
    # V(q) − q = −2q² here, hidden by rounding from q = 1e-16 on.
    assert length_fixed_point("tanh", gain=1.0).variance < 1e-14


def test_states_grow_without_bound():
    fixed = length_fixed_point("relu", gain=2.0)
    assert fixed.variance == math.inf
    assert fixed.slope == pytest.approx(2.0)
    assert fixed.depth_scale == math.inf


def test_a_linear_network_at_gain_1_keeps_its_start():
    fixed = length_fixed_point("identity", gain=1.0, start=2.5)
    assert fixed.variance == 2.5


def test_input_feeds_a_linear_network():
    # q* = σ²/(1 − g²).
    fixed = length_fixed_point("identity", gain=0.5, input_variance=3.0)
    assert fixed.variance == pytest.approx(4.0, rel=1e-14)
    assert fixed.depth_scale == pytest.approx(1 / math.log(4), rel=1e-13)


def test_a_constant_network_forgets_at_once():
    # φ = σ at a vanishing gain: V' → 0.
    fixed = length_fixed_point("sigmoid", gain=1e-200)
    assert fixed.depth_scale == 0.0


@pytest.mark.parametrize(
    "arguments",
    [{"gain": 0.0}, {"gain": 1.0, "input_variance": -1.0}, {"gain": 1.0, "start": 0.0}],
)
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(InputError, match="must be a finite number"):
        length_fixed_point("tanh", **arguments)
