"""A report says what the diagnosis found: whatever its names and numbers are."""

import dataclasses
import hashlib
import inspect
import json
import math
import re

import numpy as np
import pytest

import gradlab
from gradlab._results import Origin
from gradlab.adapters import from_checkpoint
from gradlab.cells import LSTM, Wrapped
from gradlab.errors import InputError, StoreError
from gradlab.plots import figure
from gradlab.report import Report
from gradlab.report.as_data import diagnosis_data
from gradlab.report.wording import a_gain, a_number
from gradlab.studies import diagnose as measured
from tests.report.diagnoses import (
    NUMBERS,
    filled,
    lengthened,
    named,
    saved,
    stacked,
    vanishing,
)
from tests.report.test_documents import HOSTILE, read

ONE_MEGABYTE = 1_000_000


def quiet(found):
    """Return the report without what can be explored, which takes seconds."""
    return Report(dataclasses.replace(found, mode="quick"))


def test_the_root_s_diagnose_takes_what_the_study_takes():
    def taken(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    assert taken(gradlab.diagnose) == taken(measured)


def test_three_lines(tmp_path, rng):
    cell = LSTM.random(8, 3, gain=1.0, rng=0, init="torch")
    report = gradlab.diagnose(cell, rng.normal(size=(80, 2, 3)), required_lag=60)
    path = report.save(tmp_path / "report.html")
    page = path.read_text("utf-8")
    assert str(report).startswith("LSTM: Vanishing: ")
    assert report.diagnosis.headline in page
    assert report.verdict is report.diagnosis.verdict


def test_the_verdict_is_on_top_and_every_number_has_its_place():
    report = quiet(vanishing())
    (layer,) = report.diagnosis.layers
    headings = [section.heading for section in report.document.sections]
    assert headings == ["Verdict", "What to do", "Where", "Why", "Methods"]
    text = " ".join(report.to_markdown().replace("\\", "").split())
    for said in (
        report.diagnosis.headline,
        f"| {layer.required_lag} |",
        f"{layer.remedies[0].words}. With it",
        "**Try first:**",
        f"| {layer.clip_norm:.3g} |",
        f"| {layer.radii[0]:.3g} |",
        "seed 0",
        "@inproceedings{pascanu2013difficulty,",
        "@inproceedings{tallec2018warp,",
        "hochreiter1997long",
    ):
        assert said in text


SECTIONS_WITHOUT_TROUBLE = {
    "contracting": "Perhaps nothing",
    "healthy": "Nothing: the gradients",
}


@pytest.mark.parametrize(("gain", "verdict"), [(0.5, "contracting"), (1.0, "healthy")])
def test_what_is_no_trouble_needs_no_remedy(gain, verdict):
    cell = gradlab.cells.Linear(gain * np.eye(2), np.zeros((2, 1)))
    report = gradlab.diagnose(cell, np.zeros((60, 1)))
    assert report.verdict.value == verdict
    assert SECTIONS_WITHOUT_TROUBLE[verdict] in report.to_markdown()
    assert 'class="lead well"' in report.to_html()


def test_a_cell_without_remedies_is_told_so():
    cell = Wrapped(lambda h, x: 0.5 * h + x, n=2, m=2)
    report = gradlab.diagnose(
        cell, np.zeros((60, 2)), h0=np.ones(2), required_lag=50, mode="exact"
    )
    assert "No remedy is known for this kind" in report.to_markdown()
    assert report.exploration is None
    assert "<input" not in report.to_html()


def test_only_an_exact_page_is_explored_unless_told():
    exact = Report(vanishing())
    assert 'id="gain"' in exact.to_html()
    assert "benettin1980lyapunov" in exact.to_html()
    assert exact.exploration is exact.exploration
    assert exact.exploration.kind == "LSTM"
    assert 'id="gain"' not in exact.to_html(explore=False)
    assert 'id="gain"' not in quiet(vanishing()).to_html()


def test_the_same_numbers_are_the_same_bytes_wherever_and_whenever(tmp_path):
    first = vanishing()
    later = dataclasses.replace(first, seconds=first.seconds + 1.0)
    one, other = Report(first), Report(later)
    for suffix in ("html", "md", "tex"):
        paths = [
            report.save(tmp_path / f"{name}.{suffix}")
            for name, report in (("one", one), ("other", other))
        ]
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert str(tmp_path).encode() not in paths[0].read_bytes()
        assert not re.search(rb"\b20[2-9]\d-\d\d-\d\d\b", paths[0].read_bytes())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text_in_every_form(text, tmp_path):
    report = quiet(named(text))
    own = set(read(quiet(vanishing()).to_html()).tags)
    page = read(report.to_html())
    assert set(page.tags) <= own
    assert not [name for name in page.attributes if name.startswith("on")]
    preview = read(report._repr_html_())
    assert set(preview.tags) <= own | {"div"}
    json.loads(report.to_json())
    for suffix in ("html", "md", "tex", "json"):
        assert report.save(tmp_path / f"odd.{suffix}").stat().st_size < ONE_MEGABYTE
    report.plot()


def test_a_name_cannot_forge_a_line_of_the_printed_report():
    forged = "lstm\n  verdict  HEALTHY: all is well\x1b[2J"
    (layer,) = vanishing().layers
    odd = dataclasses.replace(layer, name=forged)
    printed = str(Report(dataclasses.replace(vanishing(), layers=(odd,))))
    lines = printed.splitlines()
    assert "\x1b" not in printed
    (verdict,) = (line for line in lines if line.startswith("  verdict"))
    assert verdict.split()[1] == "VANISHING:"
    assert max(map(len, lines)) <= 88


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_are_none_are_never_printed(name):
    report = quiet(filled(NUMBERS[name]))
    text = " ".join(read(report.to_html()).text) + report.to_markdown()
    assert not re.search(r"(?<![\w⁻])[+-]?(nan|inf)\b", text, re.IGNORECASE)
    assert json.loads(report.to_json(), parse_constant=pytest.fail)
    said = [found.get_text() for found in report.plot().texts]
    assert said[0] == "no finite data"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (lambda: lengthened(100_000), "Curves of 100,000 points are drawn at 400."),
        (lambda: stacked(500, "x" * 100_000), "The 6 gravest of 500 layers are drawn."),
        (lambda: stacked(30), "The 24 gravest of 30 layers are shown here and below"),
    ],
)
def test_a_page_stays_below_its_size_and_says_what_it_leaves_out(found, said):
    report = Report(found())
    page = report.to_html()
    assert len(page.encode()) < ONE_MEGABYTE
    assert said in page


def test_names_of_a_hundred_thousand_characters_are_cut():
    text = quiet(stacked(2, "y" * 100_000)).to_markdown()
    assert "y" * 79 + "…" in text
    assert "y" * 80 not in text


def test_data_for_machines_are_strict_and_complete():
    report = quiet(lengthened(100_000))
    data = json.loads(report.to_json())
    assert data == json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert data["verdict"] == "vanishing"
    (layer,) = data["layers"]
    (own,) = report.diagnosis.layers
    assert len(layer["profile"]["at"]) == 400
    for row in (0, 200, 399):
        lag = layer["profile"]["at"][row]
        assert layer["profile"]["median"][row] == own.profile[lag, 1]
        assert layer["jacobians"]["high"][row] == own.jacobians[lag, 2]
        assert layer["jacobians"]["error"][row] == own.jacobian_error[lag]
    assert len(report.to_json()) < 200_000
    assert layer["remedies"][0]["helps"] is True
    assert diagnosis_data(filled(math.nan))["layers"][0]["horizon"] is None
    assert diagnosis_data(filled(math.inf))["layers"][0]["horizon"] == "inf"


def test_a_report_on_a_file_names_it_and_its_hash(tmp_path):
    path = tmp_path / "weights\x1b[2J.npz"
    one = np.full((1, 1), 0.5)
    np.savez(path, **{"rnn.weight_ih_l0": one, "rnn.weight_hh_l0": one})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    model, batch = from_checkpoint(path), np.ones((50, 2, 1))
    report = gradlab.diagnose(model, batch)
    name = r"weights\x1b[2J.npz"
    parameters = json.loads(report.to_json())["parameters"]
    assert parameters == {
        "required_lag": None,
        "mode": "quick",
        "file": name,
        "sha256": digest,
    }
    sentence = f"The weights are those of {name}, sha256 {digest}."
    assert sentence in " ".join(read(report.to_html()).text)
    plain = report.to_markdown().replace("\\", "").replace("\n", " ")
    assert sentence.replace("\\", "") in plain
    assert str(tmp_path) not in report.to_html() + report.to_json()
    again = Report.load(report.save(tmp_path / "found.npz"))
    assert again.to_html() == report.to_html()
    other = model.with_cells({"rnn": gradlab.cells.Linear(one, one)})
    assert "sha256" not in gradlab.diagnose(other, batch).to_json()


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("exact", "its largest singular value, and a bound of the error"),
        ("quick", "as four random rows estimate it, and the standard error"),
    ],
)
def test_the_jacobians_alone_stand_beside_the_gradient_of_a_loss(mode, said):
    found = vanishing(mode=mode)
    (layer,) = found.layers
    report = quiet(found) if mode == "quick" else Report(found)
    sizes = layer.jacobians[:, 1]
    half, last = (len(sizes) - 1) // 2, len(sizes) - 1
    error = a_number(float(layer.jacobian_error[-1]), 2)
    rows = [
        layer.name,
        f"{half}",
        a_gain(sizes[half]),
        f"{last}",
        a_gain(sizes[-1]),
    ]
    caption = " Dashed: the Jacobians alone, whatever the loss."
    assert f"| {' | '.join([*rows, error])} |" in report.to_markdown()
    end = f", its Jacobians alone at {a_gain(sizes[-1])}"
    assert end in " ".join(report.to_markdown().split())
    for text in (report.to_markdown(), report.to_latex()):
        words = " ".join(text.split())
        assert said in words
        assert caption in words
    page = " ".join(read(report.to_html(explore=False)).text)
    assert said in page
    assert caption in page


def test_without_a_loss_or_norms_nothing_is_said_twice():
    (layer,) = vanishing().layers
    nothing = {"jacobians": np.empty((0, 3)), "jacobian_error": np.empty(0)}
    found = quiet(one(vanishing(), layer, **nothing))
    assert "size of ∂h_T/∂s_t" not in found.to_markdown().replace("\\", "")
    assert "its Jacobians alone" not in found.to_markdown()
    alone = Report(dataclasses.replace(vanishing(), has_loss=False))
    assert "Dashed" not in alone.to_markdown()


def test_a_plot_is_drawn_on_given_axes_or_on_new_ones():
    report = quiet(vanishing())
    with figure(3.25) as (_, ax):
        assert report.plot(ax) is ax
    assert report.plot().get_ylabel() == "gradient left (nats)"


def test_a_preview_names_the_verdict_and_few_layers():
    preview = Report(stacked(40))._repr_html_()
    assert preview.count("<tr>") == 1 + 8
    assert "Vanishing" in preview
    assert len(preview) < 5_000


def test_a_report_is_saved_in_five_ways_and_no_other(tmp_path):
    report = quiet(vanishing())
    for suffix in (".html", ".md", ".tex", ".json", ".npz"):
        assert report.save(tmp_path / "new" / f"report{suffix}").exists()
    with pytest.raises(InputError, match=r"must end in \.html, .*; got 'report\.pdf'"):
        report.save(tmp_path / "report.pdf")


def test_a_report_comes_back_from_its_numbers(tmp_path):
    report = Report(vanishing())
    again = Report.load(report.save(tmp_path / "found.npz"))
    assert str(again) == str(report)
    assert again.to_html() == report.to_html()


FORGED = {
    "no layers": lambda found, layer: dataclasses.replace(found, layers=()),
    "dtype": lambda found, layer: one(found, layer, dtype="<script>"),
    "profile": lambda found, layer: one(found, layer, profile=np.zeros((4, 2))),
    "empty profile": lambda found, layer: one(found, layer, profile=np.zeros((0, 3))),
    "left": lambda found, layer: one(found, layer, left=np.zeros(2)),
    "steps": lambda found, layer: one(found, layer, steps="many"),
    "limits": lambda found, layer: one(found, layer, zero_at={"float8": 1.0}),
    "radii": lambda found, layer: one(found, layer, radii=np.zeros(3)),
    "memory": lambda found, layer: one(found, layer, memory=np.zeros((2, 2))),
    "gates": lambda found, layer: one(found, layer, gates={"i": np.zeros(2)}),
    "jacobians": lambda found, layer: one(found, layer, jacobians=np.zeros(4)),
    "errors": lambda found, layer: one(found, layer, jacobian_error=np.zeros(1)),
    "lag": lambda found, _: asked(found, required_lag="many"),
    "parameters": lambda found, _: dataclasses.replace(
        found, origin=Origin(parameters=[1])
    ),
    "file": lambda found, _: asked(found, file=["a.npz"]),
    "sha256": lambda found, _: asked(found, file="a.npz", sha256=3),
}


def asked(found, **parameters):
    return dataclasses.replace(found, origin=Origin(parameters=parameters))


def one(found, layer, **changes):
    return dataclasses.replace(found, layers=(dataclasses.replace(layer, **changes),))


@pytest.mark.parametrize("name", FORGED)
def test_what_is_no_diagnosis_is_refused(name, tmp_path):
    found = vanishing()
    FORGED[name](found, found.layers[0]).save(tmp_path / "odd")
    with pytest.raises(StoreError, match=r"odd\.npz is no diagnosis: "):
        Report.load(tmp_path / "odd.npz")


def test_infinities_survive_the_disk_and_are_reported(tmp_path):
    found = saved(filled(-math.inf), tmp_path)
    again = Report.load(tmp_path / "found.npz")
    assert again.to_markdown() == Report(found).to_markdown()
