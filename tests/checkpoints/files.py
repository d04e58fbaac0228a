"""Files of weights, byte by byte: as the formats are written down, and otherwise."""

import io
import json
import pickle
import warnings
import zipfile

import numpy as np

from gradlab.errors import CheckpointError


def safetensors_file(header, data=b""):
    """Eight bytes of length, a header that is a dict or its text, and the arrays."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def safetensors_of(arrays, dtypes):
    header, data = {}, b""
    for name, array in arrays.items():
        raw = array.tobytes()
        offsets = (len(data), len(data) + len(raw))
        header[name] = entry(dtypes[name], array.shape, offsets)
        data += raw
    return safetensors_file(header, data)


def npy_file(header, data=b"", version=b"\1\0"):
    """The .npy format, its header padded to 64 bytes unless it is bytes."""
    if isinstance(header, str):
        header = header.encode()
        header += b" " * (-(len(header) + 11) % 64) + b"\n"
    width = 2 if version == b"\1\0" else 4
    return (
        b"\x93NUMPY" + version + len(header).to_bytes(width, "little") + header + data
    )


def npy_of(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def zip_of(members, compression=zipfile.ZIP_STORED):
    """Members by name, or pairs of them where a name is there twice."""
    pairs = members.items() if isinstance(members, dict) else members
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", compression) as archive,
        warnings.catch_warnings(action="ignore"),
    ):
        for name, content in pairs:
            archive.writestr(name, content)
    return buffer.getvalue()


def torch_zip(data, **storages):
    """An archive as torch.save lays it out, around a pickle that it did not write."""
    members = {"archive/data.pkl": data, "archive/version": b"3\n"}
    members |= {f"archive/data/{key}": raw for key, raw in storages.items()}
    return zip_of(members)


class Planted:
    """What unpickling it would run."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def nested_pickle(depth):
    """Dictionaries within one another, "a" by "a", too deep for pickle to write."""
    key = b"X\x01\0\0\0a"
    return b"\x80\x02}" + (key + b"}") * (depth - 1) + b"s" * (depth - 1) + b"."


def bare_pickle(thing):
    return pickle.dumps(thing, protocol=2)


def outcome(read, *arguments):
    """What reading gives, or the message of the one error that it may raise."""
    try:
        return read(*arguments)
    except CheckpointError as error:
        return str(error)
