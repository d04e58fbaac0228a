"""Each row of bad numbers gets one message, and good numbers pass unchanged."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from numpy.lib.stride_tricks import as_strided

from gradlab._checks import (
    describe_rng,
    require_array,
    require_count,
    require_finite,
    require_number,
    require_one_of,
    require_parameter,
    require_rng,
    require_stack,
)
from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError

EYE = np.eye(2)


def with_entry(value, index=(0, 1)):
    array = np.eye(2)
    array[index] = value
    return array


class Tensor:
    def detach(self):
        return self


class Frame:
    """What a table of a data library looks like from here."""

    def __array__(self, dtype=None, copy=None):
        return np.array([[1.0, 2.0], [3.0, 4.0]], dtype)


class Raises:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("this tensor lives elsewhere")


MATRICES = [
    (with_entry(np.nan), NonFiniteError, "be finite; got nan at index (0, 1)."),
    (with_entry(np.inf, (1, 0)), NonFiniteError, "be finite; got inf at index (1, 0)."),
    (with_entry(-np.inf), NonFiniteError, "be finite; got -inf at index (0, 1)."),
    (3.0, ShapeError, "have shape (n, n); got ()."),
    ([1.0, 2.0], ShapeError, "have shape (n, n); got (2,)."),
    (np.zeros((2, 3)), ShapeError, "have shape (n, n); got (2, 3)."),
    (np.zeros((1, 1, 2, 2)), ShapeError, "have shape (n, n); got (1, 1, 2, 2)."),
    (
        [[1.0, None], [0.0, 1.0]],
        InputTypeError,
        "be an array of numbers; got NoneType at index (0, 1).",
    ),
    (
        [["1.0"]],
        InputTypeError,
        "be an array of numbers no wider than float64; got dtype <U3.",
    ),
    (
        np.array([["2020-01-01"]], dtype="datetime64[D]"),
        InputTypeError,
        "be an array of numbers no wider than float64; got dtype datetime64[D].",
    ),
    (EYE * 1j, InputTypeError, "be real; got dtype complex128."),
    (
        EYE.astype(np.clongdouble),
        InputTypeError,
        f"be an array of numbers no wider than float64; got dtype "
        f"{np.dtype(np.clongdouble)}.",
    ),
    (
        np.ma.masked_array(EYE, mask=EYE > 0),
        InputTypeError,
        "be an array without a mask; got a masked array.",
    ),
    (
        [[1.0, 2.0], np.ma.masked_array([3.0, 4.0], mask=[True, False])],
        InputTypeError,
        "be an array without a mask; got a masked array.",
    ),
    (
        [[1.0, np.ma.masked], [3.0, 4.0]],
        InputTypeError,
        "be an array without a mask; got a masked array.",
    ),
    (
        scipy.sparse.csr_array(EYE),
        InputTypeError,
        "be dense (use .toarray()); got a sparse array.",
    ),
    (
        Tensor(),
        InputTypeError,
        "be a numpy array (use .detach().cpu().numpy()); got a tensor.",
    ),
    (
        Raises(),
        InputError,
        "be a regular array of numbers; this tensor lives elsewhere",
    ),
    (
        [[10**400]],
        InputError,
        "be an array of numbers in the range of float64; got a larger one.",
    ),
]


@pytest.mark.parametrize(("value", "kind", "message"), MATRICES)
def test_a_bad_matrix_is_named(value, kind, message):
    with pytest.raises(kind) as caught:
        require_array("A", value, "(n, n)")
    assert type(caught.value) is kind
    assert str(caught.value) == f"`A` must {message}"


def test_a_ragged_list_is_not_an_array():
    with pytest.raises(InputError, match=r"^`A` must be a regular array of numbers; "):
        require_array("A", [[1.0, 2.0], [3.0]], "(n, n)")


@pytest.mark.parametrize(
    "value",
    [
        np.asfortranarray(np.arange(9.0).reshape(3, 3)),
        np.arange(9.0).reshape(3, 3)[::-1, ::-1],
        as_strided(np.array([1.0]), (3, 3), (0, 0)),
        np.frombuffer(b"\0" + np.arange(9.0).tobytes(), dtype="f8", offset=1).reshape(
            3, 3
        ),
        np.arange(9.0).reshape(3, 3).astype(">f8"),
        np.matrix([[1.0, 2.0], [3.0, 4.0]]),
        [[1, 2], [3, 4]],
        np.array([[True, False], [True, True]]),
        np.array([[1, 2], [3, 250]], dtype=np.uint8),
        np.array([[np.iinfo(np.int64).min]]),
        np.eye(2, dtype=np.float16) * 300,
        np.array([[Fraction(1, 2), 3], [4, 5]], dtype=object),
        [[2**64, 1], [0, -(2**64)]],  # an array of objects
        Frame(),
        np.full((3, 3), 5e-324),
        np.full((3, 3), 1e-310),
        np.full((2, 2), 1e308),
        np.zeros((0, 0)),
    ],
)
def test_every_layout_and_number_type_becomes_the_same_float64(value):
    checked = require_array("A", value, "(n, n)")
    assert type(checked) is np.ndarray
    assert checked.dtype == np.float64
    np.testing.assert_array_equal(checked, np.array(value, dtype=float))


def test_a_list_that_holds_itself_is_not_an_array():
    endless = [1.0]
    endless.append(endless)
    with pytest.raises(InputError, match=r"^`A` must be a regular array of numbers; "):
        require_array("A", endless, "(n, n)")


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ([[1, 2**53 + 1]], "9007199254740993 at index (0, 1)"),
        (np.array([[np.iinfo(np.int64).max]]), "9223372036854775807 at index (0, 0)"),
        (np.array([[2**64 - 1]], np.uint64), "18446744073709551615 at index (0, 0)"),
        ([[2**64 + 1]], "18446744073709551617 at index (0, 0)"),
        (
            np.array([[np.int64(2**53 + 1)]], dtype=object),
            "9007199254740993 at index (0, 0)",
        ),
        ([[0.5], [Fraction(1, 3)]], "Fraction(1, 3) at index (1, 0)"),
    ],
)
def test_numbers_that_a_proof_would_round_are_refused(value, got):
    rounded = require_array("A", value, "(m, n)")
    assert (rounded == np.array(value, dtype=float)).all()
    with pytest.raises(InputError) as caught:
        require_array("A", value, "(m, n)", exact=True)
    assert str(caught.value) == (
        f"`A` must be made of numbers that float64 holds exactly; got {got}."
    )


@pytest.mark.parametrize(
    "value",
    [
        [[2**53 + 2, -(2**64)]],
        np.array([[np.iinfo(np.int64).min, 2**53]]),
        [[Fraction(3, 8), 0.1]],
        np.array([[np.int64(7), np.float64(0.1)]], dtype=object),
        np.float32([[0.1, 3e-23]]),
    ],
)
def test_numbers_that_float64_holds_are_taken_by_a_proof(value):
    found = require_array("A", value, "(m, n)", exact=True)
    pairs = zip(found.flat, np.array(value, dtype=object).flat, strict=True)
    assert all(Fraction(float(x)) == Fraction(y) for x, y in pairs)


def test_a_nan_that_a_proof_meets_is_called_a_nan():
    with pytest.raises(NonFiniteError, match=r"got nan at index \(0, 1\)"):
        require_array("A", [[Fraction(1), np.nan]], "(m, n)", exact=True)


def test_the_callers_array_is_neither_copied_nor_changed():
    A = np.eye(3)
    A.setflags(write=False)
    assert require_array("A", A, "(n, n)") is A
    assert not require_parameter("A", A, "(n, n)").flags.writeable
    B = np.eye(3)
    snapshot = require_parameter("B", B, "(n, n)")
    B[0, 0] = 7.0
    assert snapshot[0, 0] == 1.0


def test_shapes_are_letters_digits_and_any_leading_axes():
    require_array("h", np.zeros((5, 4, 3)), "(..., n)", sizes={"n": 3})
    require_array("h", np.zeros(3), "(..., n)", sizes={"n": 3})
    require_array("W", np.zeros((2, 3)), "(2, m)")
    with pytest.raises(ShapeError) as caught:
        require_array("h", np.zeros((5, 4)), "(..., n)", sizes={"n": 3})
    assert str(caught.value) == "`h` must have shape (..., n) with n = 3; got (5, 4)."
    with pytest.raises(ShapeError, match=r"\(\.\.\., n, n\); got \(3,\)"):
        require_array("J", np.zeros(3), "(..., n, n)")


def test_complex_numbers_pass_where_they_are_allowed():
    checked = require_array("A", EYE.astype(np.complex64), "(n, n)", allow_complex=True)
    assert checked.dtype == np.complex128
    with pytest.raises(NonFiniteError, match="be finite; got"):
        require_array("A", [[complex(0, np.nan)]], "(n, n)", allow_complex=True)


def test_a_sum_that_overflows_is_not_an_infinity():
    huge = np.array([1.7e308, 1.7e308])
    assert require_finite("x", huge) is huge
    with pytest.raises(NonFiniteError) as caught:
        require_finite("x", np.array(np.nan))
    assert str(caught.value) == "`x` must be finite; got nan."


def test_a_stack_names_its_first_odd_step():
    with pytest.raises(ShapeError) as caught:
        require_stack("factors", [np.eye(2), np.eye(2), np.eye(3), np.eye(4)])
    assert str(caught.value) == (
        "`factors` must have shape (T, n, n); got (3, 3) at step 2 after (2, 2)."
    )
    with pytest.raises(ShapeError) as caught:
        require_stack("factors", np.zeros((3, 3)))
    assert str(caught.value) == "`factors` must have shape (T, n, n); got (3, 3)."


@pytest.mark.parametrize("stack", [np.zeros((0, 3, 3)), np.zeros((4, 0, 0)), [EYE] * 3])
def test_empty_and_listed_stacks_pass(stack):
    assert require_stack("factors", stack).ndim == 3


@pytest.mark.parametrize(
    ("value", "kind", "got"),
    [
        (0, InputError, "0"),
        (-1, InputError, "-1"),
        (np.int32(-5), InputError, "-5"),
        (10.0, InputTypeError, "10.0"),
        (np.float64(10.0), InputTypeError, "10.0"),
        (math.nan, InputTypeError, "nan"),
        ("10", InputTypeError, "'10'"),
        (None, InputTypeError, "None"),
        (True, InputTypeError, "True"),
        (np.True_, InputTypeError, "True"),
        ("x" * 100, InputTypeError, "'" + "x" * 58 + "…"),
    ],
)
def test_a_count_is_a_positive_integer(value, kind, got):
    with pytest.raises(kind) as caught:
        require_count("steps", value)
    assert str(caught.value) == f"`steps` must be an integer >= 1; got {got}."


def test_a_count_is_a_python_int():
    assert type(require_count("steps", np.int32(2**31 - 1))) is int
    assert require_count("steps", 10**20) == 10**20
    assert require_count("burn_in", 0, minimum=0) == 0


@pytest.mark.parametrize(
    ("value", "kind", "got"),
    [
        (-0.1, InputError, "-0.1"),
        (1.5, InputError, "1.5"),
        (math.nan, InputError, "nan"),
        (10**400, InputError, str(10**400)),
        ("0.5", InputTypeError, "'0.5'"),
        (None, InputTypeError, "None"),
        (False, InputTypeError, "False"),
        (0.5 + 0j, InputTypeError, "(0.5+0j)"),
    ],
)
def test_a_number_is_finite_and_within_its_limits(value, kind, got):
    with pytest.raises(kind) as caught:
        require_number("keep", value, minimum=0, maximum=1)
    assert str(caught.value) == (
        f"`keep` must be a finite number >= 0 and <= 1; got {got}."
    )


def test_an_open_limit_is_excluded():
    with pytest.raises(InputError) as caught:
        require_number("separation", 0.0, above=0)
    assert str(caught.value) == "`separation` must be a finite number > 0; got 0.0."
    with pytest.raises(InputError, match=r"must be a finite number; got inf\."):
        require_number("b", math.inf)
    assert require_number("keep", np.float32(0.5), minimum=0) == 0.5


def test_one_of_several_names():
    assert require_one_of("unit", "word", ("char", "word")) == "word"
    for wrong in ("byte", None):
        with pytest.raises(InputError) as caught:
            require_one_of("unit", wrong, ("char", "word"))
        assert str(caught.value) == (
            f"`unit` must be one of 'char', 'word'; got {wrong!r}."
        )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, InputTypeError),
        (True, InputTypeError),
        (1.5, InputTypeError),
        ("7", InputTypeError),
        ([1, 2], InputTypeError),
        ([], InputTypeError),
        (np.random.RandomState(0), InputTypeError),
        (-1, InputError),
    ],
)
def test_rng_is_a_generator_or_a_seed(value, kind):
    expected = "^`rng` must be a numpy Generator or an integer seed >= 0; got "
    with pytest.raises(kind, match=expected):
        require_rng(value)


def test_a_seed_gives_the_same_numbers_and_leaves_the_global_state_alone():
    state_of_numpy = np.random.get_state
    before = state_of_numpy()[1].copy()
    assert require_rng(2**200).normal() == require_rng(2**200).normal()
    np.testing.assert_array_equal(state_of_numpy()[1], before)
    generator = np.random.default_rng(1)
    assert require_rng(generator) is generator


def test_what_is_recorded_of_rng_makes_it_again():
    generator = np.random.default_rng(3)
    generator.normal(size=5)
    state = describe_rng(generator)
    again = np.random.default_rng()
    again.bit_generator.state = state
    assert again.normal() == generator.normal()
    assert describe_rng(np.int64(7)) == 7
