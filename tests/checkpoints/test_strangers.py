"""Files that are no weights, or not those that were meant: one line, and what to do."""

import errno
import hashlib
import os
import re
import tarfile

import numpy as np
import pytest

from gradlab.checkpoints import load_array, load_checkpoint
from gradlab.errors import CheckpointError, InputError, InputTypeError
from tests.checkpoints.files import (
    bare_pickle,
    npy_of,
    safetensors_file,
    torch_zip,
    zip_of,
)

SUFFIXES = [".safetensors", ".npz", ".npy", ".pt", ".pth", ".bin", ".ckpt"]
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)


def tarred(path):
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("../../evil"))


CONTENT = {
    "empty": (b"", "is empty (0 bytes)"),
    "text": (b"these are no weights\n", "is no {} file, or is damaged: it starts as"),
    "page": (b"\xef\xbb\xbf\n <!DOCTYPE html><p>404", "looks like a web page"),
    "old page": (b"<HTML><p>404", "looks like a web page"),
    "pointer": (POINTER, "looks like a git-LFS pointer"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file; from Keras, save its"),
    "gzip": (b"\x1f\x8b" + bytes(99), "is packed (gzip): unpack it first"),
    "xz": (b"\xfd7zXZ\0" + bytes(99), "is packed (xz): unpack it first"),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", CONTENT)
def test_what_is_no_weights_at_all_says_what_it_is(name, suffix, tmp_path):
    content, cause = CONTENT[name]
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=re.escape(cause.format(suffix))) as found:
        load_checkpoint(path)
    assert str(found.value).startswith(f"model{suffix} ")
    assert str(found.value).isprintable()


WRONG = {
    "a.pt": (bare_pickle({"a": 1}), "a bare pickle, which gradlab never opens"),
    "a.npy": (zip_of({"W.npy": npy_of(np.eye(2))}), "it starts as a zip archive"),
    "a.npz": (npy_of(np.eye(2)), "it starts as a .npy file"),
    "a.bin": (safetensors_file({}), "is no .bin file, or is damaged"),
    "a.safetensors": (torch_zip(b""), "it starts as a zip archive"),
    "a.pkl": (bare_pickle({}), "is not named as weights are: .safetensors, .npz,"),
    "a": (npy_of(np.eye(2)), "is not named as weights are"),
    "b.pt": (zip_of({"W.npy": b""}), "but none that torch.save writes"),
    "c.pt": (
        zip_of({"m/constants.pkl": b"", "m/data.pkl": b""}),
        "is a TorchScript program. Save the `state_dict()` of its model",
    ),
    "d.pt": (torch_zip(b"x" * 99)[:-40], "is a damaged zip archive"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_must_be_what_its_name_says(name, tmp_path):
    content, cause = WRONG[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=re.escape(cause)):
        load_checkpoint(tmp_path / name)


def test_a_tar_archive_is_not_unpacked(tmp_path):
    tarred(tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=r"is packed \(tar\): unpack it first"):
        load_checkpoint(tmp_path / "a.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


PLACES = {
    "nothing": (lambda path: None, "cannot be read: No such file or directory"),
    "a folder": (os.mkdir, "is not a regular file"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), "cannot be read"),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_told_with_its_path(place, tmp_path):
    make, cause = PLACES[place]
    path = tmp_path / "a.npz"
    make(path)
    for read in (load_checkpoint, load_array):
        with pytest.raises(CheckpointError, match=re.escape(cause)) as found:
            read(path)
        assert str(path) in str(found.value)


def test_a_file_without_permission_is_told(tmp_path, monkeypatch):
    def denied(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(CheckpointError, match="cannot be read: Permission denied"):
        load_checkpoint(tmp_path / "a.npz")


def test_names_that_cannot_be_printed_are_escaped(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xe9\x1b[31m\n.npz"
    with open(path, "wb") as file:
        file.write(b"text")
    with pytest.raises(CheckpointError) as found:
        load_checkpoint(os.fsdecode(path))
    assert str(found.value).startswith(r"\udce9\x1b[31m\n.npz is no .npz file")
    assert str(found.value).isprintable()


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(zip_of({"W.npy": npy_of(np.eye(2))}))
    return path


def test_the_hash_must_be_the_one_that_is_wanted(weights):
    right = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert load_checkpoint(weights, sha256=right.upper()).sha256 == right
    wrong = "0" * 64
    with pytest.raises(CheckpointError, match=f"its sha256 is {right}, not {wrong}"):
        load_checkpoint(weights, sha256=wrong)
    for bad in ("", "abc", right + "\n", "٣" * 64):
        with pytest.raises(InputError, match="`sha256` must be 64 hexadecimal digits"):
            load_checkpoint(weights, sha256=bad)


def test_a_file_beyond_the_budget_is_not_read(weights):
    size = weights.stat().st_size
    assert load_checkpoint(weights, max_bytes=size).tensors
    with pytest.raises(CheckpointError, match="Raise `max_bytes` to read it all"):
        load_checkpoint(weights, max_bytes=size - 1)
    for bad, error in ((0, InputError), (1.5, InputTypeError), (True, InputTypeError)):
        with pytest.raises(error, match="`max_bytes` must be an integer >= 1"):
            load_checkpoint(weights, max_bytes=bad)


def test_a_file_that_is_exchanged_meanwhile_is_read_as_it_was(weights, monkeypatch):
    opened, real = [], os.open

    def exchanging(path, *options):
        handle = real(path, *options)
        opened.append(path)
        weights.rename(weights.with_suffix(".old"))
        weights.write_bytes(b"something else")
        return handle

    before = hashlib.sha256(weights.read_bytes()).hexdigest()
    monkeypatch.setattr(os, "open", exchanging)
    found = load_checkpoint(weights)
    assert opened == [weights]
    assert found.sha256 == before
    assert found.tensors["W"].tolist() == [[1.0, 0.0], [0.0, 1.0]]
