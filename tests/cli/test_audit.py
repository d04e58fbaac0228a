"""``gradlab audit`` as a person meets it, and as a machine reads it."""

import json
import math
import os
import subprocess
import sys

import pytest

from gradlab.cli.main import main
from gradlab.studies import audit_initialisation

SMALL = ["--hidden", "8", "--inputs", "3", "--steps", "60"]


def test_the_defaults_of_three_libraries_are_printed(capsys):
    assert main(["audit", "lstm", *SMALL]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert [block.partition("'")[0] for block in blocks] == [
        "LSTM, 8 units: torch.nn",
        "LSTM, 8 units: Keras",
        "LSTM, 8 units: Flax",
    ]
    for block in blocks:
        assert "last-step loss" in block
        assert max(map(len, block.splitlines())) <= 80


def test_what_is_printed_is_what_the_function_returns(capsys):
    assert main(["audit", "rnn", *SMALL, "--init", "torch", "--seed", "3"]) == 0
    found = audit_initialisation("rnn", hidden=8, inputs=3, steps=60, rng=3)
    assert capsys.readouterr().out == f"{found}\n"


def test_machines_get_one_object_a_line(capsys):
    words = ["audit", "gru", *SMALL, "--init", "jax", "--init", "chrono", "--json"]
    assert main([*words, "--memory", "4000"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["framework"], second["framework"]) == ("jax", "chrono")
    assert second["horizon_last"] == "inf"
    assert len(first["radii"]) == 3
    assert math.isfinite(first["exponent"])
    assert first["seed"] == 0


def test_a_ring_is_asked_for(capsys):
    words = ["audit", "linear", *SMALL, "--json"]
    assert main([*words, "--ring", "0.5", "0.6"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert 0.5 <= json.loads(line)["radii"][0] <= 0.6


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["cnn"], 2, "invalid choice: 'cnn'"),
        (["rnn", "--init", "he"], 2, "invalid choice: 'he'"),
        (["rnn", "--hidden", "1e3"], 2, "a whole number is wanted"),
        (["rnn", "--init", "chrono"], 4, "is for lstm, gru; got kind 'rnn'"),
        (["rnn", "--steps", "3"], 4, "must be at least 20"),
    ],
)
def test_wrong_usage_and_pairs_that_are_not_there_are_one_line(
    words, code, message, capsys
):
    try:
        returned = main(["audit", *words])
    except SystemExit as stopped:
        returned = stopped.code
    captured = capsys.readouterr()
    assert returned == code
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_a_terminal_without_unicode_gets_ascii_in_columns():
    bare = {"PATH": os.environ["PATH"], "LANG": "C", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "gradlab", "audit", "rnn", *SMALL]
    done = subprocess.run(
        command, env=bare, capture_output=True, text=True, timeout=60, check=True
    )
    assert "\\" not in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    assert rows[0].startswith("  rho(W) ")
    second = {line.index(line.split()[1]) for line in rows[:4]}
    assert len(second) == 1, "columns stand below each other"
