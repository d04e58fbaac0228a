"""Thirty-two inputs at which naive float64 breaks a theorem, and enclosures do not.

`tests/cases/known_bad.json` holds inputs and naive values in hexadecimal, and the truth
as a ball.  The naive value of a case is on the wrong side of the truth; where IEEE 754
alone decides that, whatever the BLAS, it is computed here again.
"""

import itertools
import json
import math
import pathlib

import flint
import numpy as np
import pytest
from flint import arb

from gradlab.algebra.balls import BALLS
from gradlab.cells.activations import Sigmoid, Tanh
from gradlab.errors import InputError
from gradlab.linalg.outward import norm_above
from gradlab.linalg.rounding import (
    down_div,
    down_exp,
    down_log,
    down_mul,
    mm,
    up_add,
    up_div,
    up_exp,
    up_log,
    up_log1p,
    up_mul,
    up_sum,
)
from gradlab.verified import (
    Verdict,
    enclosed_eigenvalues,
    enclosed_least_singular_value,
    enclosed_log_abs_det,
    enclosed_log_gain,
    enclosed_norm,
    enclosed_numerical_abscissa,
    enclosed_singular_values,
    enclosed_spectral_radius,
)
from gradlab.verified.conversion import arb_down, arb_up

CORPUS = pathlib.Path(__file__).parents[1] / "cases" / "known_bad.json"
RECORDS = {r["id"]: r for r in json.loads(CORPUS.read_text(encoding="utf-8"))}


def matrix(record):
    return np.array([[float.fromhex(x) for x in row] for row in record["input"]])


def ends(found):
    return found.lower, found.upper


def gelfand(A, k):
    """Return bounds on ‖A^k‖^(1/k)."""
    found = enclosed_log_gain([A] * k)
    return down_exp(down_div(found.lower, k)), up_exp(up_div(found.upper, k))


def kreiss_transient(A):
    """Return bounds on the corner of A^k, k = 10⁶, in balls; ‖A^k‖ is larger yet."""
    with BALLS.precision(256):
        corner = (flint.arb_mat(A.tolist()) ** 10**6)[0, 1]
        return arb_down(corner), arb_up(corner)


def log_of(record):
    low, high = ends(enclosed_log_abs_det(matrix(record)))
    return down_exp(low), up_exp(high)


def compound(A):
    """Return bounds on (1 + h)^T for T = 10⁸: the upper one is what P1 asks for."""
    h, T = A[0, 0], 10**8
    return 1.0, up_exp(up_mul(T, up_log1p(h)))


def golden_above(A):
    words = itertools.product((A[:2], A[2:]), repeat=6)
    products = np.stack([np.linalg.multi_dot(word) for word in words])  # of integers
    return 0.0, up_exp(up_div(up_log(norm_above(products).max()), 6))


def golden_below(A):
    radius = enclosed_spectral_radius(A[:2] @ A[2:])
    low = down_exp(down_div(down_log(radius.lower), 2))
    return low, up_exp(up_div(up_log(radius.upper), 2))


def collatz(A):
    x = np.ones(2)
    for _ in range(60):
        x = A @ x
        x /= x.max()
    C, E = mm(A, x[:, None])
    return 0.0, up_div(up_add(C, E)[:, 0], x).max()


def slope_in_balls(function):
    def found(A):
        with BALLS.precision(400):
            value = getattr(BALLS, function)(BALLS.array(A[0, 0])).item()
            slope = value * (1 - value) if function == "sigmoid" else 1 - value**2
            return arb_down(slope), arb_up(slope)

    return found


def root_at_400_bits(A):
    with BALLS.precision(400):
        root = arb(A[0, 0]).sqrt()
        return arb_down(root), arb_up(root)


VERIFIED = {
    **dict.fromkeys(("S1", "S2", "S3", "S4", "H1"), lambda A: ends(enclosed_norm(A))),
    **dict.fromkeys(
        ("R1", "R2", "R3", "R4", "R5"), lambda A: ends(enclosed_spectral_radius(A))
    ),
    "G1": lambda A: gelfand(A, 1075),
    "G2": lambda A: gelfand(A, 117),
    "K1": kreiss_transient,
    **dict.fromkeys(
        ("K2", "D2", "D3"), lambda A: ends(enclosed_least_singular_value(A))
    ),
    "L1": lambda A: ends(enclosed_numerical_abscissa(A)),
    "P1": compound,
    "P2": lambda A: (1.0, up_sum([1.0, *[2.0**-53] * 1000])),
    **dict.fromkeys(("N1", "N2", "N3"), lambda A: ends(enclosed_norm(A, "fro"))),
    "N4": lambda A: ends(enclosed_norm(A, np.inf)),
    "J1": golden_above,
    "J2": golden_below,
    "W1": collatz,
    "T1": slope_in_balls("tanh"),
    "T2": slope_in_balls("sigmoid"),
    "F1": root_at_400_bits,
}


def numeric(kind):
    return [name for name, record in RECORDS.items() if record["kind"] == kind]


def truth(record):
    with BALLS.precision(200):
        return arb(record["true"])


def test_the_corpus_is_whole_and_every_case_has_a_verified_answer():
    assert len(RECORDS) == 32
    errors = numeric("error")
    assert set(VERIFIED) | {"D1"} | set(errors) == set(RECORDS)


@pytest.mark.parametrize("name", [*numeric("upper"), *numeric("lower")])
def test_the_verified_answer_encloses_the_truth_that_the_naive_one_misses(name):
    record = RECORDS[name]
    exact, naive = truth(record), arb(float.fromhex(record["naive"]))
    low, high = log_of(record) if name == "D1" else VERIFIED[name](matrix(record))
    with BALLS.precision(200):
        # As far as its digits go, the truth is between the two.
        assert not exact < low
        assert not exact > high
        # An upper bound must not be below, a lower one not above.
        assert naive < exact if record["kind"] == "upper" else naive > exact


IEEE = {
    "G2": lambda A: (A[0, 0] ** 117) ** (1 / 117) < A[0, 0],
    "G1": lambda A: A[0, 0] ** 1075 == 0,
    "L1": lambda A: np.linalg.eigvalsh((A + A.T) / 2)[-1] == 0.5,
    "P1": lambda A: 1 + A[0, 0] == 1,
    "P2": lambda A: (
        math.nextafter(sum([2.0**-53] * 1000, 1.0), 2) < 1 + 1000 * 2.0**-53
    ),
    "N1": lambda A: np.sqrt((A**2).sum()) == 0,
    "N2": lambda A: np.sqrt((A**2).sum()) == 0,
    "N3": lambda A: np.sqrt((A.astype(np.float32) ** 2).sum()) > 5.2e-23,
    "N4": lambda A: sum(A[0]) == 1,
    "T1": lambda A: 1 - np.tanh(A[0, 0]) ** 2 == 0,
    "T2": lambda A: (1 / (1 + math.exp(-A[0, 0]))) == 1,
}


@pytest.mark.parametrize("name", IEEE)
def test_what_ieee_754_decides_goes_wrong_everywhere(name):
    assert IEEE[name](matrix(RECORDS[name]))


@pytest.mark.parametrize("name", numeric("error"))
def test_a_nan_or_an_infinity_is_refused_before_lapack_sees_it(name):
    A = matrix(RECORDS[name])
    for function in (
        enclosed_norm,
        enclosed_singular_values,
        enclosed_least_singular_value,
        enclosed_spectral_radius,
        enclosed_eigenvalues,
        enclosed_log_abs_det,
        enclosed_numerical_abscissa,
    ):
        with pytest.raises(InputError, match="`A` must be finite; got"):
            function(A)
    with pytest.raises(InputError, match="`factors` must be finite; got"):
        enclosed_log_gain(A[None])


def test_verdicts_on_defective_matrices():
    for name in ("R1", "R2", "R3", "R4", "R5"):
        found = enclosed_spectral_radius(matrix(RECORDS[name]))
        assert found.below(1.0) is Verdict.PROVED
        assert np.abs(np.linalg.eigvals(matrix(RECORDS[name]))).max() > found.upper
    assert ends(enclosed_spectral_radius(matrix(RECORDS["R5"]))) == (0.0, 0.0)


def test_a_kreiss_constant_needs_points_where_the_resolvent_is_large():
    # K ≥ (|z| − 1)/σ_min(zI − A) for every z; the grid of the record stops at 1.01.
    A = matrix(RECORDS["K1"])
    z = 1 + 2.0**-20
    found = enclosed_least_singular_value(z * np.eye(2) - A)
    kreiss = down_div(z - 1, found.upper)
    transient = kreiss_transient(A)
    assert down_mul(math.e * 2, kreiss) > transient[1]
    assert float.fromhex(RECORDS["K1"]["naive"]) < transient[0]


def test_two_floats_on_the_test_side_are_not_compared():
    # ‖A‖₂ ≤ √(‖A‖₁‖A‖_∞) holds with equality, and float64 has it the other way.
    A = matrix(RECORDS["H1"])
    one, rows = enclosed_norm(A, 1), enclosed_norm(A, np.inf)
    spectral = enclosed_norm(A)
    assert spectral.lower**2 <= one.upper * rows.upper
    assert spectral.at_most(5.0) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("name", "phi"), [("T1", Tanh()), ("T2", Sigmoid())], ids=["tanh", "sigmoid"]
)
def test_the_slopes_of_the_cells_keep_their_digits(name, phi):
    record = RECORDS[name]
    found = phi.slope(matrix(record)[0])[0]
    # A few units in the last place.
    assert abs(arb(float(found)) / truth(record) - 1) < 1e-15
