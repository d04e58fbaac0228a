"""Laws of every function of one matrix: bases, adjoints, units, doors, layouts."""

import fractions
import hashlib
import math

import numpy as np
import pytest
import scipy.sparse

from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.linalg import _doors, numerical_range
from tests.cases.one_matrix import FUNCTIONS
from tests.linalg.known import cyclic_shift, grcar, jordan, scaled_gaussian

EPS = 0.25
DOORS = {name: row.bracket for name, row in FUNCTIONS.items()}
DOORS["numerical_range"] = lambda A, eps: numerical_range(A, 8)

MATRICES = {
    "gaussian": lambda rng: scaled_gaussian(6, 0.9, rng),
    "complex": lambda rng: scaled_gaussian(5, 0.8, rng, complex_entries=True),
    "two equal eigenvalues": lambda rng: jordan(2, 0.9),
    "grcar": lambda rng: grcar(8) / 2.2,
    "triangular": lambda rng: np.triu(rng.standard_normal((5, 5))) / 3,
    "normal": lambda rng: 0.7 * cyclic_shift(5),
    "stable": lambda rng: scaled_gaussian(4, 1.0, rng) - 1.5 * np.eye(4),
}


def agree(one, other, slack):
    """Whether two brackets of one number meet, up to a relative slack.

    The matrices are near 1 in size, and rounding is 1e-14 for them.
    """
    if math.isinf(one[1]) or math.isinf(other[1]):
        return one[1] == other[1]
    allowed = slack * max(abs(one[0]), abs(other[0])) + 1e-14
    return max(one[0], other[0]) <= min(one[1], other[1]) + allowed


def basis(n, rng, *, complex_entries):
    B = rng.standard_normal((n, n))
    if complex_entries:
        B = B + 1j * rng.standard_normal((n, n))
    return np.linalg.qr(B)[0]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("complex_entries", [False, True])
def test_unitary_bases_do_not_matter(name, matrix, complex_entries, rng):
    A = MATRICES[matrix](rng)
    Q = basis(len(A), rng, complex_entries=complex_entries)
    one = FUNCTIONS[name].bracket(A, EPS)
    other = FUNCTIONS[name].bracket(Q @ A @ Q.conj().T, EPS)
    # QAQ* is rounded by 1e-15, of which a double eigenvalue makes the root, 3e-8.
    defective = matrix == "two equal eigenvalues"
    assert agree(one, other, max(FUNCTIONS[name].slack, 1e-7 * defective))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("matrix", MATRICES)
def test_the_adjoint_has_the_same(name, matrix, rng):
    A = MATRICES[matrix](rng)
    if name == "pseudospectrum" and np.iscomplexobj(A):
        A = A.real  # σ(z; A*) = σ(z̄; A)
    one = FUNCTIONS[name].bracket(A, EPS)
    other = FUNCTIONS[name].bracket(A.conj().T, EPS)
    assert agree(one, other, FUNCTIONS[name].slack)


@pytest.mark.parametrize("name", [k for k, row in FUNCTIONS.items() if row.scales])
@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("power", [-1000, -3, 1, 40, 900])
def test_units_are_powers_of_two(name, matrix, power, rng):
    A = MATRICES[matrix](rng)
    one = FUNCTIONS[name].bracket(A, EPS)
    scaled = np.ldexp(A.real, power) + (
        1j * np.ldexp(A.imag, power) if np.iscomplexobj(A) else 0.0
    )
    other = FUNCTIONS[name].bracket(scaled, math.ldexp(EPS, power))
    # Entries of 2⁻¹⁰⁰⁰ and 1e-3 lose digits below 2⁻¹⁰⁷⁴, none of which matter here;
    # the logarithms of a grid carry the exponent.
    for a, b in zip(one, other, strict=True):
        assert b == pytest.approx(math.ldexp(a, power), rel=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_direct_sum_has_the_larger(name, rng):
    A, B = scaled_gaussian(3, 0.9, rng), scaled_gaussian(2, 0.5, rng)
    if "half" in name:
        A, B = A - np.eye(3), B - np.eye(2)
    both = np.block([[A, np.zeros((3, 2))], [np.zeros((2, 3)), B]])
    parts = [FUNCTIONS[name].bracket(part, EPS) for part in (A, B)]
    whole = FUNCTIONS[name].bracket(both, EPS)
    choose = {"henrici_departure": math.hypot, "pseudospectrum": min}.get(name, max)
    expected = tuple(choose(a, b) for a, b in zip(*parts, strict=True))
    assert agree(whole, expected, FUNCTIONS[name].slack)


class Tensor:
    """What a tensor of a deep-learning library looks like from here."""

    def detach(self):
        return self


REFUSED = {
    "NaN": ([[1.0, math.nan], [0.0, 1.0]], NonFiniteError, r"nan at index \(0, 1\)"),
    "infinity": (
        [[1.0, 0.0], [-math.inf, 1]],
        NonFiniteError,
        r"-inf at index \(1, 0\)",
    ),
    "NaN above": (
        np.triu(np.full((3, 3), math.nan), 1),
        NonFiniteError,
        "must be finite",
    ),
    "empty": (np.zeros((0, 0)), InputError, r"`A` needs n >= 1; got shape \(0, 0\)"),
    "scalar": (3.0, ShapeError, r"`A` must have shape \(n, n\); got \(\)"),
    "vector": (np.ones(4), ShapeError, r"got \(4,\)"),
    "stack": (np.ones((2, 2, 2)), ShapeError, r"got \(2, 2, 2\)"),
    "four axes": (np.ones((2, 2, 2, 2)), ShapeError, r"got \(2, 2, 2, 2\)"),
    # 10¹⁴ entries that take 8 bytes: an int32 of their number would have wrapped.
    "huge": (
        np.broadcast_to(1.0, (10**7, 10**7)),
        InputError,
        r"`n` = 10,000,000 needs 1,490,116.1 GiB of memory; this machine has",
    ),
    "not square": (np.ones((2, 3)), ShapeError, r"got \(2, 3\)"),
    "None": (None, InputTypeError, "`A` must be"),
    "strings": ([["1.0"]], InputTypeError, "an array of numbers"),
    "dates": (
        np.array([["2020-01-01"]], dtype="datetime64[D]"),
        InputTypeError,
        "an array of numbers",
    ),
    "masked": (np.ma.masked_array(np.eye(2), mask=True), InputTypeError, "a mask"),
    "sparse": (scipy.sparse.eye_array(3), InputTypeError, r"\.toarray\(\)"),
    "tensor": (Tensor(), InputTypeError, r"\.detach\(\)"),
    "long double": (np.eye(2, dtype=np.longdouble), InputTypeError, "float64"),
    "ragged": ([[1.0, 2.0], [3.0]], InputError, "`A` must be"),
}


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("bad", REFUSED)
def test_what_is_no_matrix_is_refused_with_a_sentence(name, bad):
    value, error, message = REFUSED[bad]
    with pytest.raises(error, match=message):
        DOORS[name](value, EPS)


BASE = np.array([[0, 1, 0], [-1, 0, 2], [0, 0, 1]])
ACCEPTED = {
    "lists": BASE.tolist(),
    "int8": BASE.astype(np.int8),
    "float16": BASE.astype(np.float16),
    "complex": BASE.astype(complex),
    "Fractions": [[fractions.Fraction(int(x)) for x in row] for row in BASE],
    "big endian": BASE.astype(">f8"),
    "Fortran order": np.asfortranarray(BASE.astype(float)),
    "negative strides": BASE.astype(float)[::-1, ::-1][::-1, ::-1],
    "unaligned": np.frombuffer(b"\0" + BASE.astype(float).tobytes(), offset=1).reshape(
        3, 3
    ),
    "slices": np.repeat(np.repeat(BASE, 2, axis=0), 3, axis=1)[::2, ::3],
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", ACCEPTED)
def test_every_kind_of_array_gives_the_same(name, kind):
    expected = FUNCTIONS[name].bracket(BASE.astype(float), EPS)
    found = FUNCTIONS[name].bracket(ACCEPTED[kind], EPS)
    # The eigenvalue ±i of A is on the circle: complex arithmetic rounds otherwise.
    assert agree(found, expected, FUNCTIONS[name].slack)


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_input_is_never_changed(name, order, rng):
    A = np.array(scaled_gaussian(4, 0.9, rng), order=order)
    before = hashlib.sha256(A.tobytes()).hexdigest()
    A.setflags(write=False)
    DOORS[name](A, EPS)
    assert hashlib.sha256(A.tobytes()).hexdigest() == before


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_done_to_the_input_meanwhile_is_not_seen(name, rng, monkeypatch):
    A = scaled_gaussian(4, 0.9, rng)
    expected = FUNCTIONS[name].bracket(A.copy(), EPS)
    checked = _doors.require_array

    def then_spoilt(*arguments, **options):
        found = checked(*arguments, **options)
        A[:] = math.nan  # as another thread might
        return found

    monkeypatch.setattr(_doors, "require_array", then_spoilt)
    assert FUNCTIONS[name].bracket(A, EPS) == expected
    assert np.isnan(A).all()
