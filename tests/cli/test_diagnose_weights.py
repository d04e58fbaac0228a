"""`gradlab diagnose MODEL`: trained models from files that nobody has to trust."""

import json

import numpy as np
import pytest

from gradlab.adapters import from_checkpoint
from gradlab.cells import GRU, LSTM, RNN
from gradlab.cli.main import main
from gradlab.datasets import load_text
from gradlab.studies import diagnose
from tests.checkpoints.files import bare_pickle, safetensors_of

TEXT = "The quick brown fox jumps over the lazy dog; 7 times. " * 40
LETTERS, ALL = 27, len(set(TEXT))  # a to z and the space; all there are
N, M = 6, 4
KINDS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return str(path)


def weights(kind, m=M, gain=1.0):
    cell = KINDS[kind].random(N, m, gain=gain, rng=0)
    bias = cell.params.get("b_h", cell.params.get("b_hx"))
    return {
        "rnn.weight_ih_l0": cell.W_hx,
        "rnn.weight_hh_l0": cell.W_hh,
        "rnn.bias_ih_l0": bias,
        "rnn.bias_hh_l0": np.zeros_like(bias),
    }


def reader(kind, q, **options):
    draw = np.random.default_rng(1).normal
    around = {
        "embed.weight": draw(size=(q, M)),
        "head.weight": draw(size=(q, N)),
        "head.bias": draw(size=q),
    }
    return weights(kind, **options) | around


@pytest.fixture
def written(tmp_path):
    def write(arrays, name="model.npz"):
        path = tmp_path / name
        if name.endswith(".npz"):
            np.savez(path, **arrays)
        else:
            path.write_bytes(safetensors_of(arrays, dict.fromkeys(arrays, "F64")))
        return str(path)

    return write


def diagnosed(capsys, *words):
    assert main(["diagnose", *words]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


SMALL = ["--steps", "40", "--sequences", "3"]


@pytest.mark.parametrize("name", ["model.npz", "model.safetensors"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_and_a_text_are_a_verdict(kind, name, written, text, capsys):
    path = written(reader(kind, q=LETTERS), name)
    printed = diagnosed(capsys, path, "--text", text, *SMALL)
    said = " ".join(printed.split())
    assert (
        f"{name}, reading 3 stretches of 40 characters of text.txt. Its 27 symbols"
        in said
    )
    assert kind.upper() in printed
    for head in ("verdict", "where", "why"):
        assert f"\n  {head} " in printed


def test_it_is_the_diagnosis_of_the_model_that_the_file_is(written, text, capsys):
    path = written(reader("lstm", q=LETTERS))
    words = ["--steps", "40", "--sequences", "2", "--loss", "every", "--json"]
    found = json.loads(diagnosed(capsys, path, "--text", text, *words))
    tokens = load_text(text).tokens
    cut = np.stack([tokens[:41], tokens[-41:]], axis=1)
    expected = diagnose(from_checkpoint(path), (cut[:-1], cut[1:]), loss="every")
    (layer,) = expected.layers
    assert found["layers"][0]["name"] == layer.name == "rnn"
    assert found["layers"][0]["required_lag"] == layer.required_lag == 0
    assert found["loss"] == pytest.approx(expected.loss, rel=1e-12)
    assert found["layers"][0]["horizon"] == pytest.approx(layer.horizon, rel=1e-9)


@pytest.mark.parametrize(
    ("known", "read"),
    [(LETTERS, LETTERS), (LETTERS + 1, LETTERS), (ALL, ALL), (99, ALL)],
)
def test_the_text_is_read_as_it_fits_the_symbols_of_the_model(
    known, read, written, text, capsys
):
    path = written(reader("rnn", q=known))
    printed = diagnosed(capsys, path, "--text", text, *SMALL, "--activation", "tanh")
    assert f"Its {read} symbols are numbered" in " ".join(printed.split())
    assert "note:" not in printed


def test_without_an_embedding_symbols_are_unit_vectors(written, text, capsys):
    printed = diagnosed(
        capsys, written(weights("gru", m=LETTERS)), "--text", text, *SMALL
    )
    assert "the Jacobians alone" in printed  # nothing predicts the next symbol


def test_numbers_and_symbols_are_read_from_arrays(written, tmp_path, capsys):
    numbers, symbols = tmp_path / "numbers.npy", tmp_path / "symbols.npy"
    np.save(numbers, np.random.default_rng(0).normal(size=(50, 2, M)))
    np.save(symbols, np.arange(50) % 9)
    for path, inputs, count in (
        (written(weights("lstm"), "a.npz"), numbers, 2),
        (written(reader("lstm", q=9), "b.npz"), symbols, 1),
    ):
        printed = diagnosed(capsys, path, "--inputs", str(inputs))
        said = " ".join(printed.split())
        assert f"{count} sequences of 50 steps of {inputs.name}" in said
        assert "the Jacobians alone" in printed


def test_what_the_file_does_not_tell_is_a_note(written, text, capsys):
    arrays = reader("rnn", q=LETTERS) | {"norm.weight": np.ones(N)}
    printed = diagnosed(capsys, written(arrays), "--text", text, *SMALL)
    said = " ".join(printed.split())
    assert "note: its nonlinearity is not in the file: tanh is taken" in said
    assert "note: not in the model as it is rebuilt here: `norm.weight`" in said


def test_layers_and_remedies_of_a_stack(written, text, capsys):
    arrays = reader("rnn", q=LETTERS, gain=0.3)
    arrays |= {
        name.replace("_l0", "_l1"): array
        for name, array in weights("rnn", m=N, gain=0.3).items()
    }
    words = ["--text", text, *SMALL, "--mode", "exact", "--json"]
    found = json.loads(diagnosed(capsys, written(arrays), *words))
    names = [layer["name"] for layer in found["layers"]]
    assert names == ["rnn.layer0", "rnn.layer1"]
    assert all(layer["verdict"] == "vanishing" for layer in found["layers"])
    remedies = found["layers"][0]["remedies"]
    assert any(remedy["whole_after"] is not None for remedy in remedies)


def bad_files(tmp_path):
    """Rows of what people give by mistake, or on purpose: (name, bytes, cause)."""
    yield "a.pt", bare_pickle({"x": 1}), "a bare pickle, which gradlab never opens"
    yield "a.npz", b"<!doctype html>404", "looks like a web page"
    yield "a.safetensors", b"", "is empty (0 bytes)"
    yield (
        "b.pt",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "looks like a git-LFS pointer",
    )
    yield "a.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file"
    yield "a.bin", b"PK\3\4" + bytes(99), "is a damaged zip archive"


@pytest.mark.parametrize("place", range(6))
def test_a_file_that_is_no_weights_is_one_line_and_code_4(place, tmp_path, capsys):
    name, content, cause = list(bad_files(tmp_path))[place]
    (tmp_path / name).write_bytes(content)
    assert main(["diagnose", str(tmp_path / name)]) == 4
    captured = capsys.readouterr()
    assert cause in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_weights_that_do_not_fit_are_one_line_and_code_4(written, capsys):
    arrays = weights("lstm")
    arrays["rnn.weight_hh_l0"] = arrays["rnn.weight_hh_l0"].T
    arrays["rnn.bias_hh_l0"] = np.zeros(3)
    cases = [
        (arrays, "got (6, 24), its transpose; `rnn.bias_hh_l0` must have shape (24,)"),
        ({"conv.weight": np.eye(2)}, "There is no recurrent weight"),
        (weights("gru") | {"rnn.bias_hh_l0": np.full(18, np.nan)}, "must be finite"),
        (
            {n.replace("rnn", k): a for k in "ab" for n, a in weights("gru").items()},
            "The recurrent modules are 'a', 'b'. Name one; got None.",
        ),
    ]
    for wrong, cause in cases:
        assert main(["diagnose", written(wrong)]) == 4
        captured = capsys.readouterr()
        assert cause in captured.err
        assert captured.err.count("\n") == 1


def test_a_missing_file_a_folder_and_a_hostile_name_are_code_4(tmp_path, capsys):
    for name in ("no-such.npz", ".", "x\x1b[31m\n.npz"):
        assert main(["diagnose", str(tmp_path / name)]) == 4
        captured = capsys.readouterr()
        assert captured.err.startswith("gradlab: ")
        assert captured.err.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["m.npz", "--cell", "lstm"], "--cell is about a random cell; MODEL has"),
        (["m.npz", "--gain", "2"], "--gain is about a random cell"),
        (["m.npz", "--seed", "2"], "--seed is about a random cell"),
        (["--module", "rnn"], "--module is about a file of weights; no MODEL is given"),
        (["--state-dict", "a"], "--state-dict is about a file of weights"),
        (["m.npz", "--activation", "gelu"], "invalid choice: 'gelu'"),
        (["m.npz", "n.npz"], "unrecognized arguments: n.npz"),
        (["m.npz", "--inputs", "a", "--text", "b"], "exclude each other"),
        (["m.npz", "--inputs", "a", "--loss", "last"], "come without targets"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(words, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["diagnose", *words])
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_what_a_model_cannot_read_is_one_line_and_code_4(
    written, text, tmp_path, capsys
):
    floats, lines = str(tmp_path / "floats.npy"), str(tmp_path / "lines.npy")
    np.save(floats, np.zeros((9, 2)))
    np.save(lines, np.full(9, 50))
    few, plain = written(reader("gru", q=5), "few.npz"), written(weights("gru"))
    square = written(weights("gru", m=LETTERS), "square.npz")
    cases = [
        (
            [few, "--text", text],
            "The model reads 5 symbols; the text has 27 as letters",
        ),
        ([few, "--inputs", floats], "must hold symbols, integers (steps,)"),
        ([few, "--inputs", lines], "must be classes in 0 … 4; got 50"),
        ([plain, "--inputs", floats], "(T, B, m)"),
        (
            [square, "--text", text, "--loss", "every"],
            "--loss every needs a readout of 27 symbols; the model has no readout",
        ),
    ]
    for words, cause in cases:
        assert main(["diagnose", *words, *SMALL]) == 4
        captured = capsys.readouterr()
        assert cause in captured.err
        assert captured.err.count("\n") == 1


def test_a_hash_that_is_wanted_is_checked(written, capsys):
    path = written(weights("gru"))
    assert main(["diagnose", path, "--sha256", "0" * 64]) == 4
    assert "is another file: its sha256 is" in capsys.readouterr().err
