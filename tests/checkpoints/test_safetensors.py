"""safetensors files: right ones to the last bit, every wrong one with its reason."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.checkpoints import load_checkpoint
from gradlab.checkpoints.tensor_file import header_of, safetensors
from gradlab.errors import CheckpointError
from tests.checkpoints.files import entry, outcome, safetensors_file, safetensors_of

BUDGET = 2**20
PLAIN = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "C64": "<c8",
    **{f"I{8 * n}": f"<i{n}" for n in (1, 2, 4, 8)},
    **{f"U{8 * n}": f"<u{n}" for n in (1, 2, 4, 8)},
    "BOOL": "?",
}


def read(content, budget=BUDGET):
    return safetensors(content, "a.safetensors", budget)


@pytest.mark.parametrize("dtype", PLAIN)
def test_numbers_that_numpy_has_come_as_they_are(dtype):
    values = np.arange(6).reshape(3, 2).astype(PLAIN[dtype])
    ((name, (stored, array)),) = read(
        safetensors_of({"W": values}, {"W": dtype})
    ).items()
    assert (name, stored) == ("W", dtype)
    assert array.dtype == np.dtype(PLAIN[dtype]).newbyteorder("=")
    np.testing.assert_array_equal(array, values)
    assert not array.flags.writeable


def value_of(bits, exponent_bits, mantissa_bits, *, infinities):
    """The definition of a binary format, in Python's integers and exact powers of 2."""
    sign = -1.0 if bits >> (exponent_bits + mantissa_bits) else 1.0
    exponent = bits >> mantissa_bits & (1 << exponent_bits) - 1
    mantissa = bits & (1 << mantissa_bits) - 1
    bias, top = (1 << (exponent_bits - 1)) - 1, (1 << exponent_bits) - 1
    if infinities and exponent == top:
        return math.nan if mantissa else sign * math.inf
    if not infinities and exponent == top and mantissa == (1 << mantissa_bits) - 1:
        return math.nan
    whole = mantissa + (1 << mantissa_bits if exponent else 0)
    return sign * math.ldexp(whole, max(exponent, 1) - bias - mantissa_bits)


@pytest.mark.parametrize(
    ("dtype", "stored", "form"),
    [
        ("BF16", "<u2", (8, 7, True)),
        ("F8_E5M2", "u1", (5, 2, True)),
        ("F8_E4M3", "u1", (4, 3, False)),
    ],
)
def test_every_number_that_numpy_has_not_is_widened_exactly(dtype, stored, form):
    *sizes, infinities = form
    bits = np.arange(2 ** (8 * np.dtype(stored).itemsize)).astype(stored)
    (_, array) = read(safetensors_of({"W": bits}, {"W": dtype}))["W"]
    assert array.dtype == np.float32
    expected = [value_of(int(b), *sizes, infinities=infinities) for b in bits]
    with np.errstate(invalid="ignore"):  # signalling NaNs
        np.testing.assert_array_equal(array.astype(float), expected)


def test_arrays_lie_in_any_order_and_at_any_byte():
    header = {
        "odd": entry("F32", (1,), (1, 5)),
        "first": entry("I8", (1,), (0, 1)),
        "empty": entry("F64", (0, 3), (5, 5)),
        "scalar": entry("U8", (), (5, 6)),
        "__metadata__": {"format": "pt"},
    }
    found = read(
        safetensors_file(header, b"\x07" + np.float32(2.5).tobytes() + b"\x09")
    )
    assert list(found) == ["odd", "first", "empty", "scalar"]
    assert {name: array.tolist() for name, (_, array) in found.items()} == {
        "odd": [2.5],
        "first": [7],
        "empty": [],
        "scalar": 9,
    }


def one(**changes):
    return safetensors_file({"W": entry() | changes}, bytes(8))


def two(first, second, size):
    header = {"a": entry(offsets=first), "b": entry(offsets=second)}
    return safetensors_file(header, bytes(size))


BAD = {
    "header of 2⁶⁰ bytes": (
        (2**60).to_bytes(8, "little") + b"{" + bytes(99),
        "its header would have 1,152,921,504,606,846,976 bytes, of 100 that follow",
    ),
    "seven bytes": (b"1234567", "has 7 bytes"),
    "no object": (safetensors_file(b"[]"), "is not a JSON object"),
    "cut header": (safetensors_file({"W": entry()})[:30], "or is cut off"),
    "overlap": (two((0, 8), (4, 12), 12), "`b` overlaps `a`"),
    "the same bytes twice": (two((0, 8), (0, 8), 8), "`b` overlaps `a`"),
    "hole": (two((0, 8), (12, 20), 20), "`b` leaves a hole after `a`"),
    "hole in front": (
        safetensors_file({"W": entry(offsets=(4, 12))}, bytes(12)),
        "`W` leaves a hole after the header",
    ),
    "negative size": (one(shape=[-2]), "shape and offsets of whole numbers >= 0"),
    "size that is true": (one(shape=[True]), "shape and offsets of whole numbers"),
    "fraction": (one(shape=[2.0]), "has `2.0` in its header"),
    "text for a size": (one(shape=["2"]), "shape and offsets of whole numbers"),
    "shape of 2⁶⁴ entries": (one(shape=[2**32, 2**32]), "an impossible shape"),
    "shape that wraps to 2": (one(shape=[2, 2**63 + 1]), "whole numbers >= 0"),
    "empty and impossible": (
        one(shape=[0, 2**62], data_offsets=[0, 0]),
        "an impossible shape",
    ),
    "33 axes": (one(shape=[1] * 32 + [2]), "an impossible shape"),
    "number of 5,000 digits": (
        safetensors_file(b'{"W": {"dtype": "F32", "shape": [' + b"9" * 5000 + b"]}}"),
        "where sizes are whole numbers",
    ),
    "unknown dtype": (one(dtype="F7"), "the dtype `F7`; gradlab reads BOOL, U8"),
    "dtype that is no text": (one(dtype=["F32"]), "the dtype `['F32']`"),
    "trailing bytes": (one() + b"\0", "has bytes that belong to no array"),
    "cut data": (one()[:-1], "is cut off: its arrays fill 8 bytes, of 7"),
    "deep JSON": (
        safetensors_file(b'{"a":' * 10**5 + b"1" + b"}" * 10**5),
        "nests too deeply",
    ),
    "duplicate name": (
        safetensors_file(
            b'{"W": %b, "W": %b}' % ((json.dumps(entry()).encode(),) * 2), bytes(8)
        ),
        "names `W` twice",
    ),
    "duplicate field": (
        safetensors_file(
            b'{"W": {"dtype": "F32", "shape": [2], "shape": [2], '
            b'"data_offsets": [0, 8]}}',
            bytes(8),
        ),
        "names `shape` twice",
    ),
    "more fields": (one(stride=[1]), "must give dtype, shape and data_offsets of `W`"),
    "no entry": (safetensors_file({"W": 3}), "must give dtype, shape and data_offsets"),
    "offsets that do not fit": (
        one(shape=[3]),
        "of which F32 of shape `(3,)` needs 12",
    ),
    "three offsets": (one(data_offsets=[0, 4, 8]), "gives `W` the bytes `(0, 4, 8)`"),
    "not a truth value": (
        safetensors_file({"W": entry("BOOL", (1,), (0, 1))}, b"\2"),
        "a truth value must be 0 or 1",
    ),
    "metadata that is none": (
        safetensors_file({"__metadata__": {"a": 1}}),
        "__metadata__ that is not strings",
    ),
    "NaN": (safetensors_file(b'{"W": NaN}'), "has `NaN` in its header"),
    "not UTF-8": (safetensors_file(b'{"\xff": 1}'), "is not strict JSON"),
    "half a surrogate pair": (
        safetensors_file(b'{"\\ud800": 1}'),
        "is not strict JSON",
    ),
    "name with escapes": (
        safetensors_file({"a\n\x1b[31m": 1}),
        r"of `a\n\x1b[31m`, no more",
    ),
    "name of 100 kB": (safetensors_file({"x" * 10**5: 1}), "xxxxx…`, no more"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_as_the_format_has_it_is_refused(name):
    content, cause = BAD[name]
    with pytest.raises(CheckpointError, match=re.escape(cause)) as caught:
        read(content)
    message = str(caught.value)
    assert message.startswith("a.safetensors ")
    assert message.isprintable()
    assert len(message) < 400


def test_arrays_beyond_the_budget_are_refused_before_they_are_made():
    widened = safetensors_of({"W": np.zeros(100, "u1")}, {"W": "F8_E4M3"})
    assert read(widened, budget=400)["W"][1].nbytes == 400
    with pytest.raises(CheckpointError, match="holds arrays of 400 bytes, more than"):
        read(widened, budget=399)


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8"), max_size=8),
            st.sampled_from(["F32", "BF16", "I64"]),
            st.lists(st.integers(0, 3), max_size=3).map(tuple),
        ),
        max_size=4,
        unique_by=lambda one: one[0],
    ).filter(lambda found: all(name != "__metadata__" for name, *_ in found))
)
def test_what_is_written_is_read(entries):
    header = header_of(entries)
    size = sum(
        math.prod(shape) * {"F32": 4, "BF16": 2, "I64": 8}[dtype]
        for _, dtype, shape in entries
    )
    found = read(header + bytes(size))
    assert [(n, d, a.shape) for n, (d, a) in found.items()] == entries


GOOD = safetensors_of(
    {"W": np.arange(6.0).reshape(2, 3), "b": np.arange(3, dtype="<f4")},
    {"W": "F64", "b": "F32"},
)


def test_no_flipped_bit_of_a_header_does_more_than_rename_or_reshape():
    end = 8 + int.from_bytes(GOOD[:8], "little")
    for place in range(8 * end):
        content = bytearray(GOOD)
        content[place // 8] ^= 1 << place % 8
        found = outcome(read, bytes(content))
        if isinstance(found, str):
            continue
        sizes = {"F64": 8, "F32": 4, "I64": 8, "U64": 8, "I32": 4, "U32": 4, "C64": 8}
        held = sum(sizes[dtype] * array.size for dtype, array in found.values())
        assert held == len(GOOD) - end


@given(st.data())
def test_no_bytes_do_anything_but_raise_or_be_read(data):
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.integers(0, 255)
        )
    found = outcome(read, bytes(content[: data.draw(st.integers(0, len(content)))]))
    if isinstance(found, str):
        assert found.isprintable()
    else:
        assert sum(array.size for _, array in found.values()) <= len(GOOD)


def test_a_whole_file_says_what_it_was(tmp_path):
    path = tmp_path / "model.safetensors"
    arrays = {"module.rnn.weight_hh_l0": np.eye(2, dtype="<f4")}
    path.write_bytes(safetensors_of(arrays, dict.fromkeys(arrays, "F32")))
    found = load_checkpoint(path)
    assert (found.format, found.prefix, found.path) == ("safetensors", "module.", path)
    assert list(found.tensors) == ["rnn.weight_hh_l0"]
    assert found.dtypes == {"rnn.weight_hh_l0": "F32"}
    with pytest.raises(CheckpointError, match="is not nested: leave out `state_dict`"):
        load_checkpoint(path, state_dict="model")
