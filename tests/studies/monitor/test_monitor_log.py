"""A log is read as far as it can be: growing, cut off, damaged, hostile, gone on."""

import json
import math
import os

import numpy as np
import pytest

from gradlab.errors import StoreError
from gradlab.studies import MonitorLog, read_monitor
from gradlab.studies.monitor_lines import LineLog, Tail, number, numbers

HEADER = {"kind": "header", "model": "Reader", "lags": [0, 1, 2], "every": 10}


def sample(step, **changes):
    layer = {"left": [0.0, -1.0], "signal": [1.0, 0.5], "stderr": 0.1}
    layer |= {"horizon": 7.0, "exponent": -0.5}
    record = {"kind": "sample", "step": step, "seconds": 1.0, "norm": 2.0}
    return record | {"layers": {"lstm": layer}} | changes


def written(path, *records):
    lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.jsonl"


def test_columns_are_what_the_lines_say(path):
    rows = sample(0), sample(10, loss=1.5, since={"median": 1.0, "clipped": 0.25})
    found = read_monitor(written(path, HEADER, *rows))
    assert (found.model, found.layers, found.every) == ("Reader", ("lstm",), 10)
    np.testing.assert_array_equal(found.loss, [np.nan, 1.5])
    np.testing.assert_array_equal(found.left[:, 0], [[0, -1, np.nan]] * 2)
    table = found.columns()
    assert table["horizon_0"].tolist() == [7.0, 7.0]
    assert table["clipped"][1] == 0.25
    assert found.to_csv().count("\n") == 3
    assert math.isnan(found.threshold)


def test_a_result_comes_back_from_disk(path, tmp_path):
    event = {"kind": "event", "step": 3, "what": "loss", "name": "", "time": 0}
    event |= {"steps": 0, "parameters": ["a", "b"], "scale": 2.0}
    rows = sample(0, parameters={"a.weight": 1.0}), event
    found = read_monitor(written(path, HEADER, *rows))
    again = MonitorLog.load(found.save(tmp_path / "stored"))
    assert again.events == found.events
    assert again.parameter_norms.keys() == {"a.weight"}
    np.testing.assert_array_equal(again.left, found.left)


def test_numbers_without_a_form_in_json_are_words(path):
    log = LineLog(path)
    log.write({"values": [math.inf, -math.inf, math.nan, 1.5]})
    log.close()
    assert path.read_text() == '{"values":["inf","-inf","nan",1.5]}\n'
    read = numbers(json.loads(path.read_text())["values"])
    np.testing.assert_array_equal(read, [math.inf, -math.inf, math.nan, 1.5])
    assert math.isnan(number(None))
    for wrong in ("1.0", "Infinity", True, [], {}, 10**400):
        with pytest.raises(ValueError, match=r".*"):
            number(wrong)
    with pytest.raises(ValueError, match="3"):
        numbers(3)


DAMAGED = {
    "no JSON": "{",
    "not an object": "[1]",
    "NaN": '{"kind":"sample","step":NaN}',
    "Infinity": '{"kind":"sample","step":1,"norm":Infinity,"layers":{}}',
    "too large": '{"kind":"sample","step":1,"norm":1e999,"layers":{}}',
    "a long integer": '{"kind":"sample","step":' + "9" * 5000 + "}",
    "twice": '{"kind":"sample","kind":"sample","step":1,"layers":{}}',
    "deep": "[" * 100_000,
    "another kind": '{"kind":"poem"}',
    "a step in words": '{"kind":"sample","step":"two","layers":{}}',
    "layers that are none": '{"kind":"sample","step":1,"layers":[1]}',
    "no layers": '{"kind":"sample","step":1}',
    "bytes": "\x00\x01",
    "an event without a place": '{"kind":"event","step":1}',
    "a header without lags": '{"kind":"header","model":"Reader"}',
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_line_is_passed_over_and_counted(what, path):
    written(path, HEADER, sample(0), DAMAGED[what], sample(10))
    found = read_monitor(path)
    assert found.step.tolist() == [0, 10]
    assert found.unreadable == 1


def test_a_folder_without_locks_is_written_to_all_the_same(path, monkeypatch):
    def refused(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refused)
    log = LineLog(path)
    log.write(HEADER)
    log.close()
    assert len(read_monitor(path)) == 0


def test_a_last_line_that_is_cut_off_is_not_there_yet(path):
    written(path, HEADER, sample(0))
    with path.open("a") as file:
        file.write(json.dumps(sample(10))[:40])
    found = read_monitor(path)
    assert (found.step.tolist(), found.unreadable) == ([0], 0)
    # A run that goes on closes it first.
    log = LineLog(path)
    log.write(HEADER)
    log.write(sample(20))
    log.close()
    found = read_monitor(path)
    assert (found.step.tolist(), found.unreadable) == ([0, 20], 1)


def test_another_run_in_the_same_file_replaces_what_does_not_go_on(path):
    other = {**HEADER, "lags": [0, 5]}
    written(path, HEADER, sample(0), other, sample(3))
    assert read_monitor(path).step.tolist() == [3]
    written(path, HEADER, sample(0), HEADER, sample(3))
    assert read_monitor(path).step.tolist() == [0, 3]


def test_layers_that_come_later_have_nothing_before(path):
    late = sample(10)
    late["layers"] = {"gru": late["layers"]["lstm"]}
    found = read_monitor(written(path, HEADER, sample(0), late))
    assert found.layers == ("lstm", "gru")
    np.testing.assert_array_equal(found.horizon, [[7, np.nan], [np.nan, 7]])


def test_drift_is_the_slope_of_the_exponent_over_steps(path):
    rows = []
    for step, rate in ((0, -0.5), (10, -0.4), (20, -0.3), (30, "nan")):
        rows.append(sample(step))
        rows[-1]["layers"]["lstm"]["exponent"] = rate
    found = read_monitor(written(path, HEADER, *rows))
    np.testing.assert_allclose(found.drift, [0.01], rtol=1e-12)
    assert math.isnan(read_monitor(written(path, HEADER, rows[0])).drift[0])


def test_it_is_described_in_words(path):
    event = {"kind": "event", "step": 3, "what": "gradient", "name": "lstm"}
    event |= {"time": 2, "steps": 6, "parameters": [], "scale": 1.0}
    late = sample(10, caveats=["so it is"])
    late["layers"]["lstm"] |= {"horizon": "inf", "exponent": 0.0}
    words = str(read_monitor(written(path, HEADER, sample(0), event, late)))
    assert "2 samples up to step 10; norm before clipping 2" in words
    assert "a thousandth was left 7 steps back, now beyond the sequence" in words
    assert "step 3: the gradient of `lstm` overflows at t = 2 of 6" in words
    assert "note: so it is" in words
    many = sample(0)
    many["layers"] = {f"l{k}": many["layers"]["lstm"] for k in range(5)}
    assert "… and 2 more layers" in str(read_monitor(written(path, HEADER, many)))


def test_what_is_no_log_is_an_error_of_one_line(path, tmp_path):
    with pytest.raises(StoreError, match=r"run.jsonl cannot be read: No such file"):
        read_monitor(path)
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        read_monitor(tmp_path)
    for content in ("", "a novel\n", json.dumps(sample(0)) + "\n"):
        path.write_text(content)
        with pytest.raises(StoreError, match="is no log of a gradient monitor"):
            read_monitor(path)


def test_a_tail_reads_on_and_begins_anew_with_its_file(path):
    tail = Tail(written(path, HEADER))
    assert tail.poll()
    assert not tail.poll()
    with path.open("a") as file:
        file.write('{"kind":"end",')
        file.flush()
        assert not tail.poll()
        file.write('"step":3}\n')
    assert tail.poll()
    assert tail.is_ended
    written(path, HEADER)
    os.truncate(path, path.stat().st_size)
    assert tail.poll()
    assert (len(tail.records), tail.is_ended) == (1, False)
    path.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        tail.poll()


def test_a_tail_refuses_what_is_no_file(tmp_path):
    with pytest.raises(StoreError, match="is not a regular file"):
        Tail(tmp_path)
