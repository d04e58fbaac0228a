"""What may be handed over as factors, and what each gets: a result or a sentence."""

import fractions
import hashlib
import math

import numpy as np
import pytest
import scipy.sparse

from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.linalg import block_log_growths, graded_product, log_singular_values

GOOD = np.array([[1.0, 2.0], [3.0, 4.0]])


def with_entry(value, index, shape=(5, 2, 2)):
    stack = np.ones(shape)
    stack[index] = value
    return stack


def generator(*members):
    return (member for member in members)


class Tensor:
    """What a tensor of a deep-learning library looks like from here."""

    def detach(self):
        return self


REFUSED = {
    "NaN": (
        lambda: with_entry(math.nan, (3, 0, 1)),
        NonFiniteError,
        r"`factors` must be finite; got nan at index \(3, 0, 1\)",
    ),
    "infinity": (
        lambda: with_entry(-math.inf, (4, 1, 1)),
        NonFiniteError,
        r"got -inf at index \(4, 1, 1\)",
    ),
    "NaN in an iterator": (
        lambda: generator(*with_entry(math.nan, (3, 0, 1))),
        NonFiniteError,
        r"`factors` must be finite; got nan at index \(3, 0, 1\)",
    ),
    "late NaN in an iterator": (
        lambda: generator(*with_entry(math.nan, (5000, 1, 0), (5001, 2, 2))),
        NonFiniteError,
        r"got nan at index \(5000, 1, 0\)",
    ),
    "complex NaN": (
        lambda: with_entry(math.nan, (0, 0, 0)) * 1j,
        NonFiniteError,
        r"at index \(0, 0, 0\)",
    ),
    "scalar": (lambda: 3.0, ShapeError, r"must have shape \(T, n, n\); got \(\)"),
    "vector": (lambda: np.ones(4), ShapeError, r"\(T, n, n\); got \(4,\)"),
    "matrix": (
        lambda: np.ones((3, 3)),
        ShapeError,
        r"`factors` must have shape \(T, n, n\); got \(3, 3\)",
    ),
    "four axes": (lambda: np.ones((2, 2, 2, 2)), ShapeError, r"got \(2, 2, 2, 2\)"),
    "not square": (lambda: np.ones((5, 2, 3)), ShapeError, r"got \(5, 2, 3\)"),
    "odd step in a list": (
        lambda: [np.eye(2), np.eye(2), np.eye(3)],
        ShapeError,
        r"got \(3, 3\) at step 2 after \(2, 2\)",
    ),
    "odd step in an iterator": (
        lambda: generator(np.eye(2), np.eye(2), np.eye(3)),
        ShapeError,
        r"got \(3, 3\) at step 2 after \(2, 2\)",
    ),
    "not square in an iterator": (
        lambda: generator(np.ones((2, 3))),
        ShapeError,
        r"got \(2, 3\) at step 0",
    ),
    "nothing in an iterator": (
        lambda: generator(),
        InputError,
        r"`factors` is empty; give a \(0, n, n\) array",
    ),
    "None": (lambda: None, InputTypeError, "`factors` must be"),
    "None in a list": (lambda: [[[None]]], InputTypeError, "NoneType at index"),
    "None in an iterator": (lambda: generator(None), InputTypeError, r"`factors\[0\]`"),
    "strings": (lambda: [[["1.0"]]], InputTypeError, "an array of numbers"),
    "a string": (lambda: "factors", InputTypeError, "an array of numbers"),
    "dates": (
        lambda: np.array([[["2020-01-01"]]], dtype="datetime64[D]"),
        InputTypeError,
        "an array of numbers",
    ),
    "masked": (
        lambda: np.ma.masked_array(np.ones((1, 2, 2)), mask=True),
        InputTypeError,
        "without a mask",
    ),
    "masked in a list": (
        lambda: [np.ma.masked_array(np.eye(2), mask=np.eye(2) > 0)] * 2,
        InputTypeError,
        "without a mask",
    ),
    "sparse": (
        lambda: scipy.sparse.eye_array(3),
        InputTypeError,
        r"\.toarray\(\)",
    ),
    "sparse in an iterator": (
        lambda: generator(scipy.sparse.eye_array(3)),
        InputTypeError,
        r"`factors\[0\]` must be dense \(use \.toarray\(\)\)",
    ),
    "tensor": (lambda: Tensor(), InputTypeError, r"\.detach\(\)\.cpu\(\)\.numpy\(\)"),
    "extended precision": (
        lambda: np.ones((1, 2, 2), dtype=np.longdouble),
        InputTypeError,
        "no wider than float64",
    ),
    "ragged": (lambda: [[[1.0, 2.0], [3.0]]], InputError, "`factors` must be"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("function", [log_singular_values, graded_product])
def test_refused_with_a_sentence(name, function):
    make, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        function(make())


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_the_flag_too(name):
    make, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        block_log_growths(make(), block=2)


BASE = np.array([[[2, 1], [1, 1]], [[1, 0], [1, 1]], [[0, 1], [1, 3]]])

ACCEPTED = {
    "list of lists": lambda: BASE.tolist(),
    "tuple": lambda: tuple(map(tuple, BASE.tolist())),
    "generator": lambda: generator(*BASE.astype(float)),
    "generator of lists": lambda: generator(*BASE.tolist()),
    "generator of integers": lambda: generator(*BASE),
    "int8": lambda: BASE.astype(np.int8),
    "uint8": lambda: BASE.astype(np.uint8),
    "float16": lambda: BASE.astype(np.float16),
    "float32": lambda: BASE.astype(np.float32),
    "complex": lambda: BASE.astype(np.complex64),
    "real, then complex": lambda: generator(*BASE[:2], BASE[2] + 0j),
    "Fractions": lambda: [
        [[fractions.Fraction(int(x)) for x in row] for row in J] for J in BASE
    ],
    "big endian": lambda: BASE.astype(">f8"),
    "big endian in a generator": lambda: generator(*BASE.astype(">f8")),
    "Fortran order": lambda: np.asfortranarray(BASE.astype(float)),
    "negative strides": lambda: BASE.astype(float)[::-1, ::-1, ::-1][::-1, ::-1, ::-1],
    "slices": lambda: np.repeat(np.repeat(BASE, 2, axis=1), 3, axis=2)[:, ::2, ::3],
    "unaligned": lambda: (
        np.frombuffer(b"x" + BASE.astype(float).tobytes(), dtype=np.uint8, offset=1)
        .view(float)
        .reshape(BASE.shape)
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_kind_of_array_gives_the_same(name):
    expected = log_singular_values(BASE.astype(float))
    # Layouts may change the order of sums, never more than a few eps.
    np.testing.assert_allclose(
        log_singular_values(ACCEPTED[name]()), expected, rtol=0, atol=1e-14
    )


def test_integers_do_not_wrap():
    # np.linalg.matrix_power of this int64 array is 0.
    values = log_singular_values([np.array([[2, 0], [0, 1]])] * 64)
    np.testing.assert_allclose(values, [64 * math.log(2), 0.0], rtol=0, atol=1e-13)
    lowest = np.array([[[np.iinfo(np.int64).min]]])
    assert log_singular_values(lowest)[0] == pytest.approx(63 * math.log(2), rel=1e-15)


@pytest.mark.parametrize("shape", [(0, 3, 3), (5, 0, 0), (0, 0, 0)])
def test_a_product_of_nothing_is_the_identity(shape, engine):
    values = log_singular_values(np.zeros(shape), engine=engine)
    assert values.tolist() == [0.0] * shape[1]
    product = graded_product(np.zeros(shape), engine=engine)
    assert product.log_singular_values().tolist() == [0.0] * shape[1]
    growths = block_log_growths(np.zeros(shape), block=2, engine=engine)
    assert growths.shape == (math.ceil(shape[0] / 2), shape[1])


def test_booleans_are_numbers():
    # As booleans, ones @ ones is ones; as numbers it is 2 ones.
    values = log_singular_values(np.ones((2, 2, 2), dtype=bool))
    assert values[0] == pytest.approx(math.log(4), rel=1e-15)


def test_the_same_array_a_thousand_times():
    aliased = log_singular_values([GOOD] * 1000)
    copied = log_singular_values([GOOD.copy() for _ in range(1000)])
    assert np.array_equal(aliased, copied)
    assert np.array_equal(aliased, log_singular_values(generator(*[GOOD] * 1000)))
    broadcast = np.broadcast_to(GOOD, (1000, 2, 2))
    assert np.array_equal(aliased, log_singular_values(broadcast))


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_input_is_never_changed(order, engine, rng):
    chain = rng.standard_normal((30, 3, 3)) * np.array([1.0, 1e-6, 1e-9])
    chain[7] = 0.0
    chain[9] *= 1e305
    chain = np.array(chain, order=order)
    before = hashlib.sha256(chain.tobytes()).hexdigest()
    log_singular_values(chain, engine=engine)
    log_singular_values(list(chain), engine=engine)
    log_singular_values(iter(chain), engine=engine)
    block_log_growths(chain, block=4, engine=engine)
    assert hashlib.sha256(chain.tobytes()).hexdigest() == before


def test_read_only_arrays():
    chain = np.ones((3, 2, 2)) + np.eye(2)
    chain.setflags(write=False)
    assert np.isfinite(log_singular_values(chain)).all()


def test_an_iterator_that_fails_says_so_itself():
    def failing():
        yield np.eye(2)
        message = "the simulation stopped"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="the simulation stopped"):
        log_singular_values(failing())


def test_bad_engine():
    with pytest.raises(InputError, match="`engine` must be one of 'auto', 'numpy'"):
        log_singular_values([GOOD], engine="fortran")


def test_factors_of_another_size_cannot_follow():
    with pytest.raises(ShapeError, match=r"\(T, n, n\) with n = 2"):
        graded_product([GOOD]).after([np.eye(3)])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"block": 0}, InputError, "`block` must be an integer >= 1; got 0"),
        ({"block": 2.0}, InputTypeError, "`block` must be an integer >= 1; got 2.0"),
        ({"block": True}, InputTypeError, "`block` must be an integer"),
        ({"block": 1, "k": 3}, InputError, "`k` must be at most n = 2; got 3"),
        ({"block": 1, "k": 0}, InputError, "`k` must be an integer >= 1"),
        (
            {"block": 1, "frame": np.ones((3, 1))},
            ShapeError,
            r"`frame` must have shape \(n, k\) with n = 2",
        ),
        (
            {"block": 1, "frame": np.ones((2, 2))},
            InputError,
            "`frame` must have independent columns",
        ),
    ],
)
def test_refusals_of_the_flag(arguments, error, message):
    with pytest.raises(error, match=message):
        block_log_growths([GOOD], **arguments)
