"""The table of horizons that is kept is what the code of today measures."""

import csv
import math
import re

import numpy as np
import pytest

from analysis.data_init_audit import QUICK, ROWS, SIZES, horizons, models
from analysis.fig_init_audit import tex_table
from analysis.keep_horizons import COLUMNS, csv_lines
from analysis.paths import KEPT
from gradlab import __version__
from gradlab.datasets import default_text

TEXT = (KEPT / "horizons.csv").read_text(encoding="utf-8").splitlines()


def kept():
    return list(csv.DictReader(line for line in TEXT if not line.startswith("#")))


def test_the_table_says_where_it_comes_from():
    head = "\n".join(line for line in TEXT if line.startswith("#"))
    assert f"gradlab {__version__}, seed 0, made by: python -m analysis" in head
    assert f"units {SIZES['n']}, steps {SIZES['steps']}" in head
    assert TEXT[4] == COLUMNS


def test_it_has_both_losses_and_stages_of_every_initialisation():
    rows = kept()
    assert len(rows) == 2 * (2 * len(ROWS) - 1)  # an LRU is not trained
    for cell, init in ROWS:
        stages = {"untrained"} if cell == "linear" else {"untrained", "trained"}
        found = [r for r in rows if (r["cell"], r["initialisation"]) == (cell, init)]
        assert {r["stage"] for r in found} == stages
        assert {r["loss"] for r in found} == {"last-step", "every-step"}


@pytest.mark.parametrize(("cell", "init"), [("rnn", "torch"), ("lstm", "keras")])
def test_a_row_is_measured_again(cell, init):
    if default_text().title not in "\n".join(TEXT):
        pytest.skip("GRADLAB_DATA does not hold the text that the table is about")
    model = models(cell, init, {**SIZES, "updates": 1, "length": 2} | CHOICES)[
        "untrained"
    ]
    found = horizons(model, SIZES)
    keys = {"cell": cell, "initialisation": init, "stage": "untrained"}
    row = next(r for r in kept() if keys.items() <= r.items())
    # Six digits are kept, and BLAS libraries differ in the last of sixteen.
    assert float(row["horizon"]) == pytest.approx(found.last, rel=1e-5)
    assert float(row["exponent"]) == pytest.approx(found.exponent, rel=1e-4)


def table():
    return {
        "cell": np.array(["rnn", "rnn", "linear"]),
        "initialisation": np.array(["torch", "torch", "lru"]),
        "stage": np.array(["untrained", "trained", "untrained"]),
        **{name: np.array([11.5, 15.0, math.inf]) for name in ("last", "every")},
        **{f"reached_{name}": np.ones(3) for name in ("last", "every")},
        **{name: np.ones(3) for name in ("exponent", "stderr", "radius", "norm")},
    }


def test_lines_have_one_loss_each():
    lines = csv_lines(table())
    assert lines[0] == "rnn,torch,untrained,last-step,11.5,1,1,1,1,1"
    assert lines[5] == "linear,lru,untrained,every-step,inf,1,1,1,1,1"


def test_the_tex_table_has_a_row_each_and_a_dash_where_nothing_was_trained():
    rows = re.findall(r"^(?:RNN|linear) & .*$", tex_table(table(), 999), re.MULTILINE)
    assert rows[0].count("&") == 7
    assert r"\ensuremath{11.5} & \ensuremath{15.0}" in rows[0]
    assert rows[1].count("--") == 2
    assert r"\ensuremath{>999}" in rows[1]


CHOICES = {"rate": 1e-2, "clip": 1.0, "batch": QUICK["batch"]}
