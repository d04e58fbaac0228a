"""torch's files: pickles that no code of this process opens, and what they may hold."""

import io
import os
import re
import struct
import subprocess
import sys
import warnings

import numpy as np
import pytest

from gradlab.checkpoints import load_checkpoint
from gradlab.errors import CheckpointError, MissingExtraError
from tests.checkpoints.files import (
    Planted,
    bare_pickle,
    nested_pickle,
    torch_zip,
    zip_of,
)

torch = pytest.importorskip("torch")
reload = pytest.importorskip("gradlab.adapters.torch_reload")

BUDGET = 2**20


def saved(thing, **options):
    buffer = io.BytesIO()
    torch.save(thing, buffer, **options)
    return buffer.getvalue()


def legacy(thing):
    return saved(thing, _use_new_zipfile_serialization=False)


def refused(content):
    """Why the restricted unpickler refuses, in this process; "" if it does not."""
    try:
        list(reload.rewritten(content, BUDGET))
    except Exception as error:
        return reload.reason(error)
    return ""


@pytest.fixture
def load(tmp_path):
    def loaded(content, **options):
        path = tmp_path / "a.pt"
        path.write_bytes(content)
        return load_checkpoint(path, **options)

    return loaded


@pytest.fixture
def bottled(monkeypatch):
    """No process is started: what is refused is refused before."""
    monkeypatch.setattr(subprocess, "run", pytest.fail)


def marker_pickles(marker):
    touch = f"touch {marker}"
    return {
        "os.system": Planted(os.system, touch),
        "eval": Planted(eval, f"open({str(marker)!r}, 'w')"),
        "subprocess": Planted(subprocess.call, ["touch", str(marker)]),
        "open": Planted(open, str(marker), "w"),
        "within": {"rnn.weight_hh_l0": torch.eye(2), "x": [Planted(os.system, touch)]},
    }


@pytest.mark.parametrize(("name", "save"), [("os.system", saved), ("within", legacy)])
def test_nothing_in_a_pickle_is_run(name, save, load, tmp_path, monkeypatch):
    # What torch itself would take for permission.
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    marker = tmp_path / "marker"
    content = save(marker_pickles(marker)[name])
    with pytest.raises(CheckpointError) as found:
        load(content)
    assert not marker.exists()
    message = str(found.value)
    assert re.match(r"a\.pt is no state dict: it asks for the code `\w+\.\w+`", message)
    assert message.endswith("Save `model.state_dict()`, not the model.")


@pytest.mark.parametrize("name", ["eval", "subprocess", "open"])
def test_nothing_is_run_whatever_is_planted(name, tmp_path):
    marker = tmp_path / "marker"
    found = refused(saved(marker_pickles(marker)[name]))
    assert not marker.exists()
    assert found.startswith("is no state dict: it asks for the code")


@pytest.mark.usefixtures("bottled")
def test_a_pickle_without_an_archive_is_not_even_handed_on(load, tmp_path):
    marker = tmp_path / "marker"
    for protocol in range(6):
        content = bytearray(bare_pickle(marker_pickles(marker)["os.system"]))
        content[1] = protocol
        with pytest.raises(CheckpointError, match=r"a\.pt is no \.pt file, or is dam"):
            load(bytes(content))
    assert not marker.exists()


def test_a_whole_module_is_refused_and_that_is_the_end(load, monkeypatch):
    """No second try with fewer checks: one process is started, once."""
    calls, real = [], subprocess.run

    def counted(*arguments, **options):
        calls.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    monkeypatch.setattr(torch, "load", pytest.fail)
    expected = r"the code `torch\.nn\.modules\.rnn\.LSTM`.*Save `model\.state_dict\(\)`"
    with pytest.raises(CheckpointError, match=expected):
        load(saved(torch.nn.LSTM(2, 3)))
    assert len(calls) == 1


DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.int64: "I64",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
    torch.complex64: "C64",
}


@pytest.mark.parametrize("save", [saved, legacy])
def test_every_kind_of_number_comes_back_to_the_last_bit(save, load):
    values = torch.tensor([[0.0, 1.0, -1.5], [0.3, 1e-3, 200.0]])
    # The older layout is older than numbers of 8 bits.
    known = [d for d in DTYPES if save is saved or "float8" not in str(d)]
    state = {str(dtype): values.to(dtype) for dtype in known}
    state["weight"] = values.T.bfloat16()  # not contiguous
    state["row"] = values[1]  # a part of a storage
    found = load(save({"model": state, "epoch": 3, "note": "x", "rate": 0.1}))
    assert (found.format, found.state_dict) == ("torch", "model")
    assert list(found.tensors) == list(state)
    for dtype in known:
        assert found.dtypes[str(dtype)] == DTYPES[dtype]
        wide = torch.complex128 if dtype.is_complex else torch.float64
        np.testing.assert_array_equal(
            found.tensors[str(dtype)], state[str(dtype)].to(wide).numpy()
        )
    np.testing.assert_array_equal(found.tensors["weight"], state["weight"].float())
    np.testing.assert_array_equal(found.tensors["row"], state["row"])


def odd_tensors():
    with warnings.catch_warnings(action="ignore"):
        dense = torch.eye(3)
        return {
            "quantised": torch.quantize_per_tensor(dense, 0.1, 0, torch.qint8),
            "sparse": dense.to_sparse(),
            "on the meta device": torch.zeros(2, device="meta"),
            "of dtype torch.complex128": dense.to(torch.complex128),
            "1,099,511,627,776 bytes over a storage of 4": torch.zeros(1).expand(2**38),
        }


@pytest.mark.filterwarnings("ignore:.*")
@pytest.mark.parametrize("what", odd_tensors())
def test_a_tensor_that_is_not_its_numbers_is_named(what):
    content = saved({"model": {"rnn.weight": odd_tensors()[what]}})
    with pytest.raises(CheckpointError) as found:
        list(reload.rewritten(content, BUDGET))
    assert what in reload.reason(found.value)
    assert "`model/rnn.weight`" in reload.reason(found.value)


def test_tensors_beyond_the_budget_are_refused():
    content = saved({"W": torch.zeros(8, dtype=torch.float8_e5m2)})
    assert sum(map(len, reload.rewritten(content, 32)))
    with pytest.raises(
        CheckpointError, match="holds tensors of 32 bytes, more than 31"
    ):
        list(reload.rewritten(content, 31))


@pytest.mark.usefixtures("bottled")
def test_no_flipped_bit_of_a_number_reaches_a_process(load):
    storage = struct.pack("<4d", *range(4))
    content = torch_zip(b"never read", **{"0": storage})
    start = content.index(storage)
    for bit in range(8 * len(storage)):
        flipped = bytearray(content)
        flipped[start + bit // 8] ^= 1 << bit % 8
        with pytest.raises(
            CheckpointError, match="Bad CRC-32 for file 'archive/data/0"
        ):
            load(bytes(flipped))


def test_a_flipped_bit_of_torch_s_own_file_is_seen(load):
    values = torch.arange(4, dtype=torch.float64)
    content = bytearray(saved({"W": values[None]}))
    content[content.index(values.numpy().tobytes()) + 7] ^= 64
    with pytest.raises(CheckpointError, match="Bad CRC-32"):
        load(bytes(content))


GROWING = {
    "bomb": (zip_of({"a/data.pkl": bytes(2**25)}, 8), "as a zip bomb does"),
    "too much": (zip_of({"a/data.pkl": bytes(2**21)}, 8), "holds arrays of 2,097,152"),
    "a name twice": (
        zip_of([("a/data.pkl", b"")] * 2),
        "the member `a/data.pkl` twice",
    ),
}


@pytest.mark.usefixtures("bottled")
@pytest.mark.parametrize("name", GROWING)
def test_an_archive_that_is_not_sound_is_refused(name, load):
    content, cause = GROWING[name]
    with pytest.raises(CheckpointError, match=re.escape(cause)):
        load(content, max_bytes=BUDGET)


PICKLES = {
    "a text of 4 EiB": (
        b"\x80\x04\x8d" + (2**62).to_bytes(8, "little") + b"x.",
        "operand 141",
    ),
    "a text of 4 GiB": (b"\x80\x02X\xff\xff\xff\xffx.", "EOFError"),
    "a memo of 4 billion": (b"\x80\x02}r\xff\xff\xff\xff.", ""),
    "a million marks": (b"\x80\x02" + b"(" * 10**6 + b".", "pop from empty list"),
    "nothing": (b"", "EOFError"),
    "no end": (b"\x80\x02}", "EOFError"),
    "no pickle": (b"these are no weights", "pop from empty list"),
    "2,000 dictionaries": (nested_pickle(2000), "nests deeper than 32 levels"),
}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_that_is_a_bomb_ends_soon(name):
    """Under the restricted unpickler alone; the next test has the limits as well."""
    content, cause = PICKLES[name]
    found = refused(torch_zip(content))
    assert cause in found
    assert found.isprintable()
    assert "weights_only" not in found
    assert "Re-running" not in found


@pytest.mark.parametrize("name", ["a text of 4 EiB", "a memo of 4 billion"])
def test_a_pickle_that_is_a_bomb_is_one_line(name, load):
    with pytest.raises(CheckpointError) as found:
        load(torch_zip(PICKLES[name][0]))
    assert str(found.value).startswith("a.pt ")
    assert str(found.value).isprintable()


def test_what_nests_less_deeply_is_read():
    assert refused(torch_zip(nested_pickle(33))) == "nests deeper than 32 levels"
    assert refused(torch_zip(nested_pickle(32))) == ""


CONFINED = """
import os, socket, sys
from gradlab.adapters.torch_reload import confine
confine(memory=2**26, seconds=5, disk=100)
def fails(action):
    try:
        action()
    except (OSError, MemoryError):
        return True
found = [
    fails(lambda: open("/etc/hostname")),
    fails(lambda: open(sys.argv[1], "w")),
    fails(socket.socket),
    fails(os.pipe),
    fails(lambda: bytearray(2**28)),
]
os._exit(0 if found == [True] * 5 else 7)
"""


def test_the_process_that_reads_can_do_nothing_else(tmp_path):
    target = tmp_path / "made"
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, str(target)], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert not target.exists()


ENDS = {
    -9: "ended the process that read it by SIGKILL: it is damaged, or an attack",
    -24: "takes more than 10 seconds of processor time to read",
    1: "was not read: the process for it could not start. Does torch import?",
}


@pytest.mark.parametrize("code", ENDS)
def test_how_the_process_ended_is_told(code, load, monkeypatch):
    ended = subprocess.CompletedProcess([], code)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(CheckpointError, match=re.escape(f"a.pt {ENDS[code]}.")):
        load(torch_zip(b""))


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (subprocess.TimeoutExpired([], 140.0), "was not read within 140 seconds"),
        (OSError(12, "Cannot allocate memory"), "cannot be read: Cannot allocate"),
    ],
)
def test_a_process_that_does_not_end_or_begin_is_told(error, cause, load, monkeypatch):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(subprocess, "run", fails)
    with pytest.raises(CheckpointError, match=cause):
        load(torch_zip(b""))


@pytest.mark.parametrize("version", ["2.10.0+cpu", "1.13.1", "2.9", "nightly"])
def test_a_torch_with_known_holes_is_not_used(version):
    with pytest.raises(CheckpointError, match=r"pip install 'torch>=2\.11'") as found:
        reload.require_new(version)
    assert f"is not opened with torch {version}" in str(found.value)
    for fine in ("2.11.0", "2.12.0a0+git1", "3.0"):
        reload.require_new(fine)


@pytest.mark.usefixtures("bottled")
def test_without_torch_the_error_is_the_instruction(load, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as found:
        load(torch_zip(b""))
    assert str(found.value).endswith(
        "pip install 'gradlab[torch]'. "
        "Or save its tensors as .safetensors or .npz, which need no torch."
    )


@pytest.mark.usefixtures("bottled")
def test_a_system_without_limits_reads_no_pickles(load, monkeypatch):
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "resource" else 1
    )
    with pytest.raises(CheckpointError, match="which this system does not have"):
        load(torch_zip(b""))
