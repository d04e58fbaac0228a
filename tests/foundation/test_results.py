"""A result comes back from disk as it went there, or not at all."""

import csv
import enum
import hashlib
import io
import json
import math
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from gradlab._results import Origin, Result
from gradlab.errors import InputTypeError, MissingExtraError, StoreError
from gradlab.references import Reference
from gradlab.typing import Array


class Stop(enum.Enum):
    TOLERANCE = "narrow enough"
    STEPS = "out of steps"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Growth(Result):
    sources: ClassVar[tuple[Reference, ...]] = (Reference("henon1976"),)

    lags: Array
    log_gain: Array
    basis: Array
    rate: float
    stderr: float | None = None
    brackets: tuple[float, ...] = ()
    place: tuple[int, str] = (0, "start")
    by_name: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, Array] = field(default_factory=dict)
    stop: Stop = Stop.TOLERANCE
    steps: int = 0
    label: str = ""
    exact: bool = False


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Named(Result):
    """Words for a table."""

    names: tuple[str, ...]

    def columns(self):
        return {"names": np.array(self.names)}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Verdict(Result):
    rate: float


@pytest.fixture
def growth(rng):
    return Growth(
        lags=np.arange(3),
        log_gain=np.array([0.0, -0.5, -math.inf]),
        basis=rng.normal(size=(2, 2)) + 1j,
        rate=-math.inf,
        stderr=math.nan,
        brackets=(-math.inf, 0.1, math.inf),
        place=(4, "middle"),
        by_name={"low": 1e-320, "high": math.inf},
        params={"W_hh": rng.normal(size=(2, 2)), "b_h": np.zeros(0)},
        stop=Stop.STEPS,
        steps=7,
        label='naïve, "quoted" and σ',
        exact=True,
        origin=Origin(seed=3, parameters={"gain": 0.9, "sizes": (2, np.int64(3))}),
    )


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Model(Result):
    layers: tuple[Growth, ...]
    whole: Growth
    none: tuple[Growth, ...] = ()


def test_results_within_a_result_come_back(growth, tmp_path):
    other = Growth(lags=np.zeros(0), log_gain=np.ones(1), basis=np.eye(1), rate=2.0)
    model = Model(layers=(growth, other), whole=other)
    again = Model.load(model.save(tmp_path / "model"))
    assert again.none == ()
    pairs = [*zip(model.layers, again.layers, strict=True), (other, again.whole)]
    for before, after in pairs:
        assert type(after) is Growth
        assert after.origin.seed == before.origin.seed
        for name in ("rate", "brackets", "place", "by_name", "stop", "steps", "label"):
            assert getattr(after, name) == getattr(before, name)
        for name in ("lags", "log_gain", "basis"):
            stored = getattr(after, name)
            np.testing.assert_array_equal(stored, getattr(before, name))
        for name in before.params:
            np.testing.assert_array_equal(after.params[name], before.params[name])


def test_everything_comes_back(growth, tmp_path):
    path = growth.save(tmp_path / "new folder" / "gain_0.5")
    assert path.name == "gain_0.5.npz"
    again = Growth.load(tmp_path / "new folder" / "gain_0.5")
    for name, value in growth.as_dict().items():
        stored = getattr(again, name)
        assert type(stored) is type(value), name
        if name == "params":
            assert stored.keys() == value.keys()
            for key in value:
                np.testing.assert_array_equal(stored[key], value[key])
        elif name == "stderr":
            assert math.isnan(stored)
        else:
            np.testing.assert_equal(stored, value)
    assert again.origin.seed == 3
    assert again.origin.parameters == {"gain": 0.9, "sizes": [2, 3]}


def test_equal_results_are_equal_bytes(growth, tmp_path):
    first, second = growth.save(tmp_path / "a.npz"), growth.save(tmp_path / "b.json")
    assert second.name == "b.npz"
    assert first.read_bytes() == second.read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.json",
        "a.npz",
        "b.json",
        "b.npz",
    ]


def test_the_record_is_strict_json(growth, tmp_path):
    growth.save(tmp_path / "a")

    def refuse(constant):
        raise AssertionError(constant)

    record = json.loads((tmp_path / "a.json").read_text(), parse_constant=refuse)
    assert record["result"] == "Growth"
    assert record["values"]["rate"] == "-inf"
    assert record["values"]["stop"] == "STEPS"
    assert record["origin"]["version"] == growth.origin.version


def test_a_flipped_bit_is_noticed(growth, tmp_path):
    path = growth.save(tmp_path / "a")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"a\.npz is damaged: its sha256 is not"):
        Growth.load(path)


def test_halves_of_two_results_do_not_load(growth, tmp_path):
    growth.save(tmp_path / "a")
    other = Growth(**{**growth.as_dict(), "lags": np.arange(4)})
    other.save(tmp_path / "b")
    (tmp_path / "b.npz").replace(tmp_path / "a.npz")
    with pytest.raises(StoreError, match="is damaged"):
        Growth.load(tmp_path / "a")


BROKEN = {
    "empty": "",
    "a list": "[]",
    "null": "null",
    "cut off": "{",
    "no values": "{}",
    "half": '{"result": "Growth"}',
    "deep": "[" * 100_000 + "]" * 100_000,
    "a long number": '{"result": ' + "9" * 5000 + "}",
    "NaN": '{"result": NaN, "sha256": ""}',
    "Infinity": '{"result": -Infinity, "sha256": ""}',
    "beyond float64": '{"result": 1e999, "sha256": ""}',
    "twice": '{"result": "Growth", "sha256": "", "result": "Growth"}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_record_is_refused(growth, tmp_path, text):
    path = growth.save(tmp_path / "a")
    path.with_suffix(".json").write_text(text)
    with pytest.raises(StoreError, match="cannot be read as a Growth"):
        Growth.load(path)


def archive_of(**members):
    """Return the bytes of a zip archive of these members, deflated."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def array_of(header, content=b"", version=1):
    """Return an .npy file with this header in front of these bytes."""
    text = header.encode().ljust(117) + b"\n"
    size = len(text).to_bytes(2, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + content


FLOATS = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }"
OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
FORGED = {
    "nothing": b"",
    "no archive": b"junk",
    "an array alone": array_of(FLOATS % 1, bytes(8)),
    "no array": archive_of(lags=b"junk"),
    "a pickle": archive_of(lags=array_of(OBJECTS, b"cos\nsystem\n(S'true'\ntR.")),
    "eight TiB": archive_of(lags=array_of(FLOATS % 2**40)),
    "a negative size": archive_of(lags=array_of(FLOATS % -1)),
    "too short": archive_of(lags=array_of(FLOATS % 4, bytes(24))),
    "too long": archive_of(lags=array_of(FLOATS % 4, bytes(40))),
    "another version": archive_of(lags=array_of(FLOATS % 1, bytes(8), version=9)),
    "cut off": archive_of(lags=array_of(FLOATS % 99, bytes(792)))[:-30],
}


@pytest.mark.parametrize("content", FORGED.values(), ids=FORGED)
def test_arrays_from_anywhere_are_refused_though_their_hash_is_right(
    growth, tmp_path, content
):
    path = growth.save(tmp_path / "a")
    record = path.with_suffix(".json")
    found = json.loads(record.read_text())
    found["sha256"] = hashlib.sha256(content).hexdigest()
    record.write_text(json.dumps(found))
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"a\.npz cannot be read as a Growth: "):
        Growth.load(path)


def test_an_archive_that_would_fill_the_memory_is_not_unpacked(
    growth, tmp_path, monkeypatch
):
    path = growth.save(tmp_path / "a")
    monkeypatch.setattr("gradlab._store._LONGEST", 100)
    with pytest.raises(StoreError, match=r"its arrays fill \d+ bytes, of 100 at most"):
        Growth.load(path)


def test_what_is_not_there_or_another_kind_is_refused(growth, tmp_path):
    with pytest.raises(StoreError, match="cannot be read as a Growth"):
        Growth.load(tmp_path / "nothing")
    Verdict(rate=1.0).save(tmp_path / "v")
    with pytest.raises(StoreError, match=r"v\.npz holds a Verdict, not a Growth\."):
        Growth.load(tmp_path / "v")


def test_a_field_that_is_gone_is_said_to_be_of_another_version(tmp_path):
    path = Verdict(rate=1.0).save(tmp_path / "v")
    record = json.loads(path.with_suffix(".json").read_text())
    record["values"] = {"old_name": 1.0}
    path.with_suffix(".json").write_text(json.dumps(record))
    with pytest.raises(StoreError, match="saved by another version of gradlab"):
        Verdict.load(path)


def test_what_cannot_be_stored_is_named_and_leaves_no_file(tmp_path):
    with pytest.raises(InputTypeError) as caught:
        Verdict(rate=object()).save(tmp_path / "v")
    assert str(caught.value) == (
        "`rate` must be made of numbers, strings, enums and arrays to be stored; "
        "got object."
    )
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        Verdict(rate=np.array([None])).save(tmp_path / "v")
    assert list(tmp_path.iterdir()) == []


def test_a_result_is_frozen(growth):
    with pytest.raises(FrozenInstanceError):
        growth.rate = 0.0


def test_the_table_has_one_length(growth, tmp_path):
    assert list(growth.columns()) == ["lags", "log_gain"]
    text = growth.to_csv(tmp_path / "t.csv")
    assert text == "lags,log_gain\n0,0.0\n1,-0.5\n2,-inf\n"
    assert (tmp_path / "t.csv").read_text() == text


def test_text_in_a_table_is_neither_a_formula_nor_a_command():
    """Spreadsheets run what begins with one of = + - @, and LaTeX what a \\ begins."""
    for text in ("=1+1", "+1", "-1", "@A1", "\t=1"):
        row = list(csv.reader(Named(names=(text,)).to_csv().splitlines()))[1]
        assert row == [f"'{text}"]
    hostile = Named(names=(r"\input{x} 50% ^~",)).to_latex()
    assert r"\textbackslash{}input\{x\} 50\% \textasciicircum{}" in hostile
    assert "plain" in Named(names=("plain",)).to_csv().splitlines()


def test_the_latex_table_is_booktabs(growth, tmp_path):
    text = growth.to_latex(tmp_path / "t.tex")
    assert (tmp_path / "t.tex").read_text() == text
    assert text.splitlines() == [
        r"\begin{tabular}{rr}",
        r"\toprule",
        r"lags & log\_gain \\",
        r"\midrule",
        r"$0$ & $0$ \\",
        r"$1$ & $-0.5$ \\",
        r"$2$ & $-\infty$ \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


@pytest.mark.parametrize(
    ("number", "tex"),
    [(1e-20, r"$1\times 10^{-20}$"), (math.inf, r"$\infty$"), (math.nan, "--")],
)
def test_numbers_in_latex(number, tex):
    @dataclass(frozen=True, eq=False, repr=False, kw_only=True)
    class Row(Result):
        x: Array

    assert f"{tex} \\\\" in Row(x=np.array([number])).to_latex()


def test_a_result_shows_its_values(growth):
    shown = repr(growth)
    assert shown.startswith("Growth(lags=[0, 1, 2], log_gain=[ 0. , -0.5, -inf]")
    assert "stop=Stop.STEPS" in shown
    assert "rate=-inf" in shown
    long = Growth(**{**growth.as_dict(), "lags": np.arange(9)})
    assert "lags=array(9,)" in repr(long)


def test_a_notebook_shows_the_first_rows_and_says_how_many_there_are(growth):
    long = Growth(
        **{**growth.as_dict(), "lags": np.arange(99), "log_gain": np.arange(99.0)}
    )
    page = long._repr_html_()
    assert "<th>lags</th><th>log_gain</th>" in page
    assert page.count("<tr>") == 1 + 20 + 1
    assert "… 99 rows" in page
    assert "&quot;quoted&quot;" in page
    assert "label = " in page


def test_numbers_alone_are_a_table_of_one_row():
    assert Verdict(rate=2.0).to_csv() == "rate\n2.0\n"
    assert "<th>rate</th></tr><tr><td>2</td></tr>" in Verdict(rate=2.0)._repr_html_()


def test_a_result_names_its_sources(growth):
    assert growth.cite().startswith("@article{henon1976,")
    assert Verdict(rate=1.0).cite() == ""


def test_an_xarray_dataset_holds_arrays_numbers_and_origin(growth):
    pytest.importorskip("xarray")
    data = growth.to_xarray()
    assert data["log_gain"].dims == ("row",)
    assert data["basis"].dims == ("basis_0", "basis_1")
    np.testing.assert_array_equal(data["params/W_hh"], growth.params["W_hh"])
    assert data.attrs["stop"] == "STEPS"
    assert data.attrs["seed"] == 3


def test_without_xarray_there_is_an_instruction(growth, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'gradlab\[xarray\]'"):
        growth.to_xarray()
