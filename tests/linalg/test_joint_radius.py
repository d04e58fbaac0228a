"""Joint spectral radii: published ones, closed forms, and what exact products show."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.linalg import JointRadius, JointStop, joint_spectral_radius
from tests.oracles.exact_norms import exact_product, norm_at_most, radius_ball

PHI = (1 + 5**0.5) / 2


def theys(alpha):
    """Return the family of Blondel, Theys and Vladimirov."""
    return np.array([[[1, 1], [0, 1]], [[alpha, 0], [alpha, alpha]]], dtype=float)


def late(n):
    """Return a pair whose best word, n letters 0 and one 1, has ρ = e^(1/n)."""
    c = math.exp(1 + 1 / n) / n
    return np.array([[[1, 1], [0, 1]], [[0, 0], [c, 0]]])


PARRILO = [
    [[0, 1, 7, 4], [1, 6, -2, -3], [-1, -1, -2, -6], [3, 0, 9, 1]],
    [[-3, 3, 0, -2], [-2, 1, 4, 9], [4, -3, 1, 1], [1, -5, -1, -2]],
    [[1, 4, 5, 10], [0, 5, 1, -4], [0, -1, 4, 6], [-1, 5, 0, 1]],
]
GRIPENBERG = np.array([[[3, 0], [1, 3]], [[3, -3], [0, -1]]]) / 5
CICONE = [[[0, 1, 1], [1, 0, 0], [0, -1, 0]], [[0, 1, 0], [-1, 0, 1], [-1, 0, 0]]]
# Value, and the letters of a word that has it.
KNOWN = {
    "golden pair": ([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], PHI, (0, 1)),
    "golden pair in three dimensions": (CICONE, PHI, (0, 1)),
    "Theys, 0.8": (theys(0.8), math.sqrt(0.8) * PHI, (0, 1)),
    "Theys, 0.6": (theys(0.6), 1.308276677385709, (0, 0, 1)),
    "Theys, 0.75": (theys(0.75), 1.409751580649759, (0, 0, 1, 0, 1)),
    "Gripenberg": (GRIPENBERG, 0.6596789089552834833, (*(0,) * 12, 1)),
    "one after two": (
        [[[-1, -1], [-4, 0]], [[3, 3], [-2, 1]]],
        math.sqrt((13 + math.sqrt(313)) / 2),
        (0, 1),
    ),
    "Parrilo and Jadbabaie": (PARRILO, 8.9149641437161563494, (0, 2)),
    "no ellipsoid": ([[[1, 0], [1, 0]], [[0, 1], [0, -1]]], 1.0, (0,)),
    "late, 2": (late(2), math.exp(1 / 2), (0, 0, 1)),
    "late, 5": (late(5), math.exp(1 / 5), (*(0,) * 5, 1)),
    "late, 10": (late(10), math.exp(1 / 10), (*(0,) * 10, 1)),
    "nilpotent pair": ([[[0, 2], [0, 0]], [[0, 0], [8, 0]]], 4.0, (0, 1)),
}


def is_cyclic_shift(word, other):
    return any(other[k:] + other[:k] == word for k in range(len(other)))


@pytest.mark.parametrize("name", KNOWN)
def test_published_values_and_words(name):
    matrices, value, word = KNOWN[name]
    found = joint_spectral_radius(matrices)
    # The values are right to 1e-15, and entries such as 0.6 are floats.
    assert found.lower * (1 - 2e-15) <= value <= found.upper * (1 + 2e-15)
    # Polytopes that close, and norms that are attained, leave rounding only.
    assert found.upper <= found.lower * (1 + 1e-12)
    assert found.stop in (JointStop.POLYTOPE, JointStop.TOLERANCE)
    if name != "no ellipsoid":  # where both letters have it
        assert is_cyclic_shift(found.product, word)


def test_a_radius_that_no_product_attains():
    # Hare, Morris, Sidorov and Theys: α* and the radius, published to 50 digits.
    found = joint_spectral_radius(theys(0.749326546330367558))
    assert found.lower <= 1.4092472220583487407 * (1 + 1e-15)
    assert found.upper >= 1.4092472220583487407 * (1 - 1e-15)
    assert found.upper <= found.lower * (1 + 1e-11)
    # Sturmian words: as many 0s as Fibonacci numbers say.
    zeros, ones = found.product.count(0), found.product.count(1)
    assert (zeros, ones) in {(5, 3), (8, 5), (13, 8), (21, 13), (34, 21)}


def test_the_hoelder_exponent_of_the_wavelet_of_length_six():
    # c(z) = (1 + z)³ q(z) in closed form; the pair is (T_e)_ij = q_(2i − j + e).
    s = math.sqrt(5 + 2 * math.sqrt(10))
    c = (1 + math.sqrt(10)) / 16, (5 + math.sqrt(10)) / 16
    q0, q2 = c[0] + s / 16, c[0] - s / 16
    q1 = c[1] + 3 * s / 16 - 3 * q0
    found = joint_spectral_radius([[[q0, 0], [q2, q1]], [[q1, q0], [0, q2]]])
    low, high = -math.log2(found.upper), -math.log2(found.lower)
    # Cancellation in q1 and q2 leaves some 10 u of it.
    assert low - 1e-14 <= 1.087833926271245806 <= high + 1e-14
    assert high - low < 1e-12


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_exact_products_stay_below_and_norms_above(rng, length):
    for n in (2, 3):
        A = rng.integers(-3, 4, size=(2, n, n)).astype(float)
        found = joint_spectral_radius(A)
        words = list(itertools.product(range(2), repeat=length))
        radii = [radius_ball(exact_float(A, word)) for word in words]
        assert all(not radius > arb(found.upper) ** length for radius in radii)
        # Some word of this length has a norm of at least lower^length.
        low = Fraction(found.lower) ** length * (1 - Fraction(1, 10**9))
        norms = [norm_at_most(exact_product(A[list(w)]), low) for w in words]
        assert found.lower == 0 or not all(norms)


def exact_float(A, word):
    """Return a product of small integer matrices: it is exact in float64."""
    product = np.eye(A.shape[-1])
    for letter in word:
        product = A[letter] @ product
    return product


def test_the_word_has_the_lower_bound(rng):
    for n in (2, 3, 4):
        A = rng.integers(-3, 4, size=(3, n, n)).astype(float)
        found = joint_spectral_radius(A, rtol=1e-3)
        product = exact_product(A[list(found.product)])
        # radius_ball takes floats; these integers are below 2⁵³.
        entries = [[float(x.p) for x in row] for row in product.tolist()]
        length = len(found.product)
        ball = radius_ball(np.array(entries))
        assert not ball < arb(found.lower) ** length
        assert float(ball.mid()) ** (1 / length) <= found.lower * (1 + 1e-9)


@pytest.mark.parametrize("rtol", [0.5, 1e-2, 1e-4])
def test_a_wide_bracket_is_as_narrow_as_asked(rng, rtol):
    A = rng.normal(size=(2, 4, 4))
    found = joint_spectral_radius(A, rtol=rtol)
    close = joint_spectral_radius(A)
    assert found.upper <= found.lower * (1 + rtol) * (1 + 1e-15)
    assert found.lower <= close.upper
    assert close.lower <= found.upper


def test_few_products_give_a_wide_bracket_that_says_so(rng):
    A = rng.normal(size=(3, 12, 12))
    found = joint_spectral_radius(A, max_products=100)
    more = joint_spectral_radius(A, max_products=2_000)
    assert found.stop is JointStop.PRODUCTS
    assert found.evaluations <= 100 + 4 * 3
    assert found.lower <= more.upper
    assert more.lower <= found.upper


def test_a_tolerance_below_rounding_is_not_claimed(rng):
    A = rng.normal(size=(2, 3, 3))
    found = joint_spectral_radius(A, rtol=1e-18, max_products=3_000)
    assert found.stop is not JointStop.TOLERANCE
    assert found.upper <= found.lower * (1 + 1e-9)


def test_complex_sets_have_the_radius_of_their_real_twins(rng):
    turn = np.exp(0.7j)
    real = np.array([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], dtype=float)
    found = joint_spectral_radius(turn * real, rtol=1e-4)
    # e^{iθ} rounds by 2⁻⁵³ or so, twice.
    assert found.lower <= PHI * (1 + 1e-15)
    assert PHI * (1 - 1e-15) <= found.upper <= found.lower * (1 + 1e-4)
    found = joint_spectral_radius([[[1j]], [[-2j]]])
    assert found.lower <= 2 <= found.upper <= found.lower * (1 + 1e-14)


EXACT = {
    "one number": ([[[-3.0]]], 3.0),
    "numbers": ([[[2.0]], [[-5.0]], [[0.0]]], 5.0),
    "zero": (np.zeros((3, 4, 4)), 0.0),
    "triangular": ([[[1, 9], [0, -2]], [[-3, 7], [0, 1]]], 3.0),
    "one nilpotent matrix in disguise": ([[[3, -9], [1, -3]]], 0.0),
    "tiniest": ([[[5e-324]], [[0.0]]], 5e-324),
    "lower triangular, zero diagonal": (np.tri(6, k=-1)[None] * 7, 0.0),
    "integers": (np.array([[[2]], [[1]]], dtype=np.int8), 2.0),
    "truths": (np.array([[[True]]]), 1.0),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact_values(name):
    matrices, value = EXACT[name]
    found = joint_spectral_radius(matrices)
    assert found.lower == found.upper == value
    assert found.stop is JointStop.EXACT


def test_vanishing_sets_in_a_common_disguise(rng):
    # V N V⁻¹ with a whole V of determinant 1 and strictly triangular whole N.
    V = np.array([[1, 2, 0], [0, 1, 3], [0, 0, 1]]) @ np.array(
        [[1, 0, 0], [4, 1, 0], [0, 5, 1]]
    )
    inverse = np.rint(np.linalg.inv(V))
    assert (V @ inverse == np.eye(3)).all()
    N = np.triu(rng.integers(-4, 5, size=(3, 3, 3)), 1)
    found = joint_spectral_radius(V @ N @ inverse)
    assert found.lower == found.upper == 0.0


@pytest.mark.parametrize("power", [-1060, -600, 600, 1010])
def test_sizes_at_the_ends_of_the_range(power):
    matrices = np.ldexp([[[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]], power)
    found = joint_spectral_radius(matrices)
    golden = math.ldexp(PHI, power)
    assert found.lower <= golden <= found.upper
    # Subnormal numbers are 2⁻¹⁰⁷⁴ apart.
    assert found.upper - found.lower <= 1e-14 * golden + 2 * 5e-324


def test_badly_scaled_entries_are_balanced():
    # The golden pair with D = diag(2⁵⁰⁰, 2⁻⁵⁰⁰).
    matrices = [[[1.0, 2.0**1000], [0.0, 1.0]], [[1.0, 0.0], [2.0**-1000, 1.0]]]
    found = joint_spectral_radius(matrices)
    assert found.lower <= PHI <= found.upper <= found.lower * (1 + 1e-14)


def test_the_largest_numbers_there_are():
    found = joint_spectral_radius(np.full((2, 3, 3), 1.7e308))
    assert found.lower > 1.7e308
    assert found.upper == math.inf  # 5.1e308
    found = joint_spectral_radius([[[1.7e308, 1.0], [1.0, -1.7e308]]])
    assert found.lower <= 1.7e308 <= found.upper


REFUSED = {
    "NaN": ([[[math.nan]]], {}, NonFiniteError, r"nan at index \(0, 0, 0\)"),
    "a matrix": (np.eye(2), {}, ShapeError, r"`matrices` must have shape"),
    "not square": (np.ones((2, 2, 3)), {}, ShapeError, r"got \(2, 2, 3\)"),
    "no matrix": (np.ones((0, 2, 2)), {}, InputError, r"m >= 1 .* \(0, 2, 2\)"),
    "no row": (np.ones((2, 0, 0)), {}, InputError, r"n >= 1; got shape \(2, 0, 0\)"),
    "strings": ([[["1"]]], {}, InputTypeError, "`matrices` must be"),
    "none": (None, {}, InputTypeError, "`matrices` must be"),
    "rtol 0": ([[[1.0]]], {"rtol": 0.0}, InputError, "`rtol` must be"),
    "rtol NaN": ([[[1.0]]], {"rtol": math.nan}, InputError, "`rtol` must be"),
    "rtol text": ([[[1.0]]], {"rtol": "x"}, InputTypeError, "`rtol` must be"),
    "no products": ([[[1.0]]], {"max_products": 0}, InputError, "`max_products`"),
    "half": ([[[1.0]]], {"max_products": 1.5}, InputTypeError, "`max_products`"),
    "beyond memory": (
        np.ones((1, 2, 2)),
        {"max_products": 10**15},
        InputError,
        "GiB of memory",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(name):
    matrices, keywords, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        joint_spectral_radius(matrices, **keywords)


def test_the_callers_matrices_stay_as_they_are_in_any_layout(rng):
    A = rng.normal(size=(2, 3, 3))
    kept = A.copy()
    A.flags.writeable = False
    plain = joint_spectral_radius(A)
    assert (kept == A).all()
    for other in (np.asfortranarray(A), A[::-1], A.astype(">f8"), list(A)):
        found = joint_spectral_radius(other)
        assert found.lower <= plain.upper
        assert plain.lower <= found.upper


def test_the_result_says_what_it_rests_on():
    found = joint_spectral_radius(KNOWN["Gripenberg"][0])
    assert isinstance(found, JointRadius)
    assert found.norm == "polytope of 15 vertices"
    assert found.origin.parameters["rtol"] == 1e-6
    assert "gripenberg1996computing" in found.cite()
