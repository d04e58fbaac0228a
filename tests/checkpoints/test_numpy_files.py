"""NumPy's own files, without NumPy's reader: headers are matched, archives checked."""

import re
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gradlab.checkpoints import load_array, load_checkpoint
from gradlab.checkpoints._npy import npy
from gradlab.checkpoints._npz import npz
from gradlab.errors import CheckpointError
from tests.checkpoints.files import Planted, npy_file, npy_of, outcome, zip_of

W = npy_of(np.eye(2))
HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"


@pytest.fixture
def load(tmp_path):
    """Return what a file of these bytes is, by its suffix."""

    def loaded(suffix, content, **options):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(content)
        read = load_array if suffix == ".npy" else load_checkpoint
        return read(path, **options)

    return loaded


DTYPES = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(),
    arrays.unsigned_integer_dtypes(),
    arrays.floating_dtypes(sizes=(16, 32, 64)),
    arrays.complex_number_dtypes(sizes=(64, 128)),
)


@given(
    arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, min_side=0, max_side=4)),
    st.booleans(),
)
def test_what_numpy_saves_is_read_bit_for_bit(tmp_path_factory, array, by_columns):
    path = tmp_path_factory.mktemp("npy") / "a.npy"
    kept = array.copy(order="F" if by_columns else "C")
    path.write_bytes(npy_of(kept))
    found = load_array(path)
    assert found.dtype == array.dtype.newbyteorder("=")
    assert found.shape == array.shape
    assert found.astype(array.dtype).tobytes() == array.tobytes()
    assert not found.flags.writeable


def test_headers_of_every_version_and_spacing_are_read(load):
    data = np.array([1.5, -2.0], "<f4").tobytes()
    spaced = '{ "shape":(2 ,),"fortran_order" : False, "descr":"<f4"}'
    for version in (b"\1\0", b"\2\0", b"\3\0"):
        for header in (HEADER, spaced):
            found = load(".npy", npy_file(header, data, version))
            assert found.tolist() == [1.5, -2.0]


def header(descr="'<f4'", order="False", shape="(2,)", more=""):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}"
    return npy_file(text, bytes(8))


BAD_NPY = {
    "2⁴⁰ numbers": (header(shape=f"({2**40},)"), "holds arrays of 4,398,046,511,104"),
    "2⁷⁰ numbers": (header(shape=f"({2**35}, {2**35})"), "has an impossible shape"),
    "empty and impossible": (header(shape=f"(0, {2**62})"), "has an impossible shape"),
    "33 axes": (header(shape=f"({'1, ' * 33})"), "has an impossible shape"),
    "negative size": (header(shape="(-2,)"), "not one of numbers alone"),
    "size that is called": (header(shape="(f(),)"), "not one of numbers alone"),
    "objects": (npy_of(np.array([None], object)), "holds Python objects"),
    "code": (npy_of(np.array([Planted(print, "!")])), "holds Python objects"),
    "records": (header(descr="[('a', '<f4')]"), "not one of numbers alone"),
    "text": (header(descr="'<U1'"), "holds `<U1`, not numbers"),
    "dates": (header(descr="'<M8[s]'"), "not numbers as wide as float64"),
    "raw bytes": (header(descr="'|V8'"), "not numbers as wide as float64"),
    "float128": (header(descr="'<f16'"), "not numbers as wide as float64 at most"),
    "no byte order": (header(descr="'|f4'"), "does not give the order of the bytes"),
    "another key": (header(more="'x': 1"), "not one of numbers alone"),
    "a key twice": (header(more="'shape': (2,)"), "not one of numbers alone"),
    "no key": (npy_file("{'descr': '<f4'}"), "not one of numbers alone"),
    "no ASCII": (npy_file(b"{'descr': '\xff'}\n"), "has a header that is not ASCII"),
    "a header of 64 kB": (
        npy_file(b" " * 65000 + HEADER.encode()),
        "too long a header: 65,057 bytes",
    ),
    "version 9": (npy_file(HEADER, bytes(8), b"\x09\0"), "version of the .npy format"),
    "cut header": (npy_file(HEADER, bytes(8))[:20], "is cut off, or has too long"),
    "cut data": (npy_file(HEADER, bytes(7)), "is cut off: <f4 of shape (2,) needs 8"),
    "trailing bytes": (npy_file(HEADER, bytes(9)), "has bytes behind its array"),
    "no truth": (
        npy_file(HEADER.replace("<f4", "|b1"), b"\1\2"),
        "a truth value must be 0 or 1",
    ),
}


@pytest.mark.parametrize("name", BAD_NPY)
def test_an_array_that_is_none_is_refused(name, load):
    content, cause = BAD_NPY[name]
    with pytest.raises(CheckpointError, match=re.escape(cause)) as caught:
        load(".npy", content)
    assert str(caught.value).startswith("a.npy ")
    assert str(caught.value).isprintable()


def test_an_archive_is_no_array(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(zip_of({"W.npy": W}))
    with pytest.raises(CheckpointError, match=r"save the array with numpy\.save"):
        load_array(path)


BOMB = npy_of(np.zeros(2**22))  # 32 MiB, 33 kB deflated
LINK = zipfile.ZipInfo("link.npy")
LINK.external_attr = 0o120777 << 16


def encrypted():
    """An archive whose member says that it is, in both of its headers."""
    content = bytearray(zip_of({"W.npy": W}))
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        content[content.index(start) + (6 if start[2] == 3 else 8)] |= 1
    return bytes(content)


def longer_than_said():
    """A deflated member of 128 bytes more than the directory has of it."""
    content = zip_of({"W.npy": W + bytes(128)}, zipfile.ZIP_DEFLATED)
    real, said = ((len(W) + n).to_bytes(4, "little") for n in (128, 0))
    return content.replace(real, said)


BAD_NPZ = {
    "bomb": (zip_of({"W.npy": BOMB}, zipfile.ZIP_DEFLATED), "as a zip bomb does"),
    "too much": (
        zip_of({"W.npy": bytes(2**20), "b.npy": W}, zipfile.ZIP_DEFLATED),
        f"holds arrays of {2**20 + len(W):,} bytes, more than 1,048,576",
    ),
    "a name twice": (
        zip_of([("W.npy", W), ("W.npy", W)]),
        "has the member `W.npy` twice",
    ),
    "no array": (zip_of({"W.txt": b""}), "has a member that is no .npy: `W.txt`"),
    "objects": (zip_of({"W.npy": npy_of(np.array([None]))}), "holds Python objects"),
    "bzip2": (zip_of({"W.npy": W}, zipfile.ZIP_BZIP2), "in a way that weights are not"),
    "encrypted": (encrypted(), "is encrypted: `W.npy`"),
    "longer than it says": (longer_than_said(), "is a damaged zip archive"),
    "truncated": (zip_of({"W.npy": W})[:-30], "is a damaged zip archive"),
    "more than 65,536 members": (
        zip_of({"W.npy": b"PK\x01\x02" * 65_537}),
        "has more than 65,536 members",
    ),
    "a symbolic link": (
        zip_of([(LINK, b"/etc/passwd")]),
        "`link.npy` is no .npy file: it does not start as one",
    ),
}


@pytest.mark.parametrize("name", BAD_NPZ)
def test_an_archive_that_is_not_sound_is_refused(name, load):
    content, cause = BAD_NPZ[name]
    with pytest.raises(CheckpointError, match=re.escape(cause)) as caught:
        load(".npz", content, max_bytes=2**20)
    assert str(caught.value).startswith("a.npz")
    assert str(caught.value).isprintable()


def test_names_that_lead_out_of_a_folder_are_names_alone(load, tmp_path):
    names = ["../../evil", "/etc/evil", "<script>", "a\nb", "C:\\evil", "x" * 10_000]
    found = load(".npz", zip_of({f"{name}.npy": W for name in names}))
    assert list(found.tensors) == names
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_deflated_archives_and_empty_ones_are_read(load):
    found = load(".npz", zip_of({"W.npy": W}, zipfile.ZIP_DEFLATED))
    assert found.tensors["W"].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert not load(".npz", zip_of({})).tensors


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_no_flipped_bit_changes_a_number(method):
    content = zip_of({"W.npy": npy_of(np.array([0.1, -2.0]))}, method)
    for place in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        found = outcome(npz, bytes(flipped), "a.npz", 2**20)
        if isinstance(found, str):
            assert found.isprintable()
        else:
            assert [a.tolist() for _, a in found.values()] in ([[0.1, -2.0]], [])


@given(st.binary(max_size=400), st.integers(0, 300))
def test_no_bytes_do_anything_but_raise_or_be_read(noise, place):
    content = zip_of({"W.npy": W})
    torn = content[:place] + noise + content[place + len(noise) :]
    for read in (npz, npy):
        found = outcome(read, torn, "a.npz", 2**20)
        assert not isinstance(found, str) or found.isprintable()
