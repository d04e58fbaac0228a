"""`gradlab bounds MODEL`: what theorems promise of the layers of a trained model."""

import json
import re

import numpy as np
import pytest

from gradlab.adapters import from_checkpoint
from gradlab.bounds import all_bounds
from gradlab.cli.main import main
from gradlab.datasets import load_text
from gradlab.studies import compare_bounds
from tests.checkpoints.files import bare_pickle
from tests.cli.test_diagnose_weights import LETTERS, TEXT, M, N, reader, weights

SHORT = ["--steps", "30"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return str(path)


@pytest.fixture
def written(tmp_path):
    def write(arrays, name="model.npz"):
        np.savez(tmp_path / name, **arrays)
        return str(tmp_path / name)

    return write


def bounded(capsys, *words):
    assert main(["bounds", *words]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def stacked(kind="rnn", gain=0.3):
    above = weights(kind, m=N, gain=gain).items()
    return reader(kind, q=LETTERS, gain=gain) | {
        name.replace("_l0", "_l1"): array for name, array in above
    }


def test_every_layer_has_its_table_and_its_decision(written, text, capsys):
    printed = bounded(capsys, written(stacked()), "--text", text, *SHORT)
    assert "model.npz, reading 1 stretch of 30 characters of text.txt" in printed
    assert re.findall(r"^rnn\.layer\d, 30 steps:$", printed, re.MULTILINE) == [
        "rnn.layer0, 30 steps:",
        "rnn.layer1, 30 steps:",
    ]
    row = r"^norm-product +≤ ×\S+ +×\S+ +\S+ nats/step +proved +float64 +pascanu"
    assert len(re.findall(row, printed, re.MULTILINE)) == 2
    assert printed.count("Gradients vanish (below 1/1000) within 30 steps, as") == 2
    # Hypotheses that fail alike in both layers are said once.
    assert printed.count("thm:gru-ceiling needs a GRU; measured RNN.") == 1


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_it_is_the_comparison_of_the_model_that_the_file_is(
    kind, written, text, capsys
):
    path = written(reader(kind, q=LETTERS))
    words = [path, "--text", text, *SHORT, "--json"]
    (layer,) = json.loads(bounded(capsys, *words))["layers"]
    tokens = load_text(text).tokens[:30, None]
    (recorded,) = from_checkpoint(path).record(tokens).layers
    expected = compare_bounds(recorded.trajectory.sequence(0), lags=[30])
    assert layer["name"] == recorded.name == "rnn"
    assert layer["log_gain"] == expected.log_gain[-1]
    found = {row["bound"]: row for row in layer["bounds"]}
    assert tuple(found) == expected.labels
    for label, bound in zip(expected.labels, expected.log_bounds[:, -1], strict=True):
        # JSON has no infinity: it is the string that float() reads.
        assert float(found[label]["log_bound"]) == bound
        assert found[label]["verdict"] == "PROVED"
    assert {*found, *layer["unmet"]} == {bound.label for bound in all_bounds()}


def test_one_sequence_of_an_array_is_bounded(written, tmp_path, capsys):
    inputs = np.random.default_rng(0).normal(size=(20, 3, M))
    np.save(tmp_path / "numbers.npy", inputs)
    path = written(weights("gru"))
    words = [path, "--inputs", str(tmp_path / "numbers.npy")]
    printed = " ".join(bounded(capsys, *words, "--sequence", "2").split())
    assert "3 sequences of 20 steps of numbers.npy" in printed
    assert "What follows is about sequence 2 of 3." in printed
    found = json.loads(bounded(capsys, *words, "--sequence", "3", "--json"))
    (recorded,) = from_checkpoint(path).record(inputs[:, 2:]).layers
    expected = compare_bounds(recorded.trajectory.sequence(0), lags=[20])
    assert found["layers"][0]["log_gain"] == expected.log_gain[0]


def test_a_random_cell_reads_an_array_too(tmp_path, capsys):
    np.save(tmp_path / "numbers.npy", np.ones((20, 2)))
    words = ["--inputs", str(tmp_path / "numbers.npy"), "--hidden", "4"]
    printed = bounded(capsys, *words, "--gain", "3")
    assert "tanh RNN with 4 units" in printed
    assert "reading 20 steps of numbers.npy." in " ".join(printed.split())


def test_growth_is_decided_from_below_and_what_nobody_decides_is_said(capsys):
    linear = ["--cell", "linear", "--init", "orthogonal", "--hidden", "4", "--steps"]
    grown = bounded(capsys, *linear, "20", "--gain", "2")
    assert "Gradients explode (above 1000) within 20 steps, as proved by" in grown
    still = " ".join(bounded(capsys, *linear, "20").split())
    assert "No theorem decides that gradients vanish" in still
    assert "the measured ones do not either." in still
    # Chaos with W_hh of norm 6: all bounds from above grow, and those from below fall.
    chaos = ["--gain", "3", "--hidden", "32", "--steps", "60"]
    assert "the measured ones do." in " ".join(bounded(capsys, *chaos).split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["m.npz", "--cell", "lstm"], "--cell is about a random cell; MODEL has"),
        (["--module", "rnn"], "--module is about a file of weights; no MODEL is given"),
        (["m.npz", "--inputs", "a", "--text", "b"], "exclude each other"),
        (["m.npz", "--sequence", "2"], "--sequence is about the file of --inputs"),
        (["m.npz", "--sequence", "0"], "at least 1 is wanted; got 0"),
        (["m.npz", "--loss", "last"], "unrecognized arguments: --loss last"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(words, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["bounds", *words])
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_what_cannot_be_used_is_one_line_and_code_4(written, tmp_path, capsys):
    (tmp_path / "a.pt").write_bytes(bare_pickle({"x": 1}))
    np.save(tmp_path / "numbers.npy", np.zeros((9, 3, M)))
    numbers = ["--inputs", str(tmp_path / "numbers.npy")]
    cases = [
        ([str(tmp_path / "a.pt")], "a bare pickle, which gradlab never opens"),
        ([str(tmp_path / "none.npz")], "none.npz"),
        (
            [written(weights("gru"), "a.npz"), *numbers, "--sequence", "4"],
            "--sequence must be at most 3, how many there are; got 4.",
        ),
        (
            [written(reader("gru", q=5), "b.npz"), *numbers],
            "must hold symbols, integers",
        ),
    ]
    for words, cause in cases:
        assert main(["bounds", *words]) == 4
        captured = capsys.readouterr()
        assert cause in captured.err
        assert captured.err.count("\n") == 1
        assert captured.out == ""
