"""Files with bytes exchanged, cut out and put in: one kind of error, or right sizes."""

import resource
import zipfile

import numpy as np
import pytest

from gradlab.checkpoints import recurrent_architecture
from gradlab.checkpoints._npy import npy
from gradlab.checkpoints._npz import npz
from gradlab.checkpoints.tensor_file import safetensors
from tests.checkpoints.files import npy_of, outcome, safetensors_of, zip_of

BUDGET = 2**20
HEADERS = (
    b"PK\1\2",
    b"PK\3\4",
    b"PK\5\6",
    b'"shape"',
    b"descr",
    b"[",
    b"}",
    b"\xff" * 8,
)
WEIGHTS = {
    "rnn.weight_ih_l0": np.arange(24.0).reshape(8, 3),
    "rnn.weight_hh_l0": np.arange(16, dtype="<f4").reshape(8, 2),
    "rnn.bias_ih_l0": np.zeros(8, "<f2"),
    "rnn.bias_hh_l0": np.zeros(8, "<f2"),
}
DTYPES = {"f8": "F64", "f4": "F32", "f2": "F16"}


def seeds():
    names = {name: DTYPES[a.dtype.str[1:]] for name, a in WEIGHTS.items()}
    yield safetensors, safetensors_of(WEIGHTS, names)
    members = {f"{name}.npy": npy_of(array) for name, array in WEIGHTS.items()}
    yield npz, zip_of(members)
    yield npz, zip_of(members, zipfile.ZIP_DEFLATED)
    for array in WEIGHTS.values():
        yield lambda *file: {"W": npy(*file)}, npy_of(array)


def mutated(content, rng):
    """Up to four of: a byte exchanged, a stretch cut out, doubled, or put in."""
    for _ in range(rng.integers(1, 5)):
        at, length = rng.integers(len(content) + 1), int(rng.integers(1, 40))
        piece = [
            rng.bytes(1),
            b"",
            content[at : at + length] * 2,
            HEADERS[rng.integers(len(HEADERS))],
        ][rng.integers(4)]
        content = content[:at] + piece + content[at + int(rng.integers(length)) :]
    return content


def check(read, content):
    found = outcome(read, content, "a.file", BUDGET)
    if isinstance(found, str):
        assert found.isprintable()
        assert found.count("\n") == 0
        return
    arrays = {name: array for name, (_, array) in found.items()}
    assert sum(array.nbytes for array in arrays.values()) <= BUDGET
    described = outcome(recurrent_architecture, arrays)
    assert not isinstance(described, str) or described.isprintable()


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_mutation_does_anything_but_raise_or_be_read(count):
    rng = np.random.default_rng(count)
    files = list(seeds())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for k in range(count):
        read, content = files[k % len(files)]
        check(read, mutated(content, rng))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 2**10  # KiB on Linux: nothing near what a header may promise
