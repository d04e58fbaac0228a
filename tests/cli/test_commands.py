"""The command line as a person meets it: what it prints, writes, and answers."""

import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

from gradlab.cli.main import main

COMMANDS = (
    *("demo", "profile", "exponents", "bounds", "diagnose", "report"),
    *("audit", "watch", "derive", "reproduce"),
)
SMALL = ["--hidden", "6", "--steps", "60"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog. " * 40)
    return str(path)


def test_profile_prints_the_table_and_saves_the_figure(text, tmp_path, capsys):
    figure, table = tmp_path / "profile.pdf", tmp_path / "profile.csv"
    words = ["profile", *SMALL, "--cell", "lstm", "--text", text]
    assert main([*words, "--out", str(figure), "--csv", str(table)]) == 0
    printed = capsys.readouterr().out
    assert "LSTM with 6 units" in printed
    assert re.search(r"^60 +×\d·10⁻[⁰-⁹¹²³]+ ", printed, re.MULTILINE)
    assert figure.read_bytes().startswith(b"%PDF")
    lags = np.genfromtxt(table, delimiter=",", names=True)["lag"]
    assert lags[-1] == 60


def test_profile_says_where_float32_ends(text, tmp_path, capsys):
    words = ["profile", "--hidden", "6", "--gain", "0.1", "--text", text]
    assert main([*words, "--steps", "300", "--out", str(tmp_path / "p.png")]) == 0
    # At gain 0.1 the norm falls by about ln 10 a step: e^-104 is passed near lag 50.
    found = re.search(r"([0-9,]+) steps back the gradient", capsys.readouterr().out)
    assert 30 <= int(found.group(1)) <= 60


def test_exponents_of_a_solvable_map(capsys, tmp_path):
    table = tmp_path / "exponents.csv"
    words = ["exponents", "--system", "logistic", "--r", "2.5", "--steps", "400"]
    assert main([*words, "--csv", str(table)]) == 0
    printed = capsys.readouterr().out
    assert "×0.5: halves every 1 step" in printed  # ln|2 − r| = −ln 2
    assert "Contraction" in printed
    row = table.read_text().splitlines()[1].split(",")
    assert float(row[1]) == pytest.approx(-np.log(2), abs=1e-9)  # the orbit converges


def test_exponents_say_chaos_and_the_rest(text, capsys):
    assert main(["exponents", "--gain", "4", "--hidden", "16", "--text", text]) == 0
    printed = capsys.readouterr().out
    assert "Chaos" in printed
    assert "and 6 more" in printed


def test_exponents_stay_undecided_where_they_must(capsys):
    words = ["exponents", "--system", "logistic", "--r", "4", "--steps", "1"]
    assert main([*words, "--burn-in", "0"]) == 0
    printed = capsys.readouterr().out
    assert "unknown" in printed
    assert "Undecided" in printed
    assert "Note: too short" in printed


@pytest.mark.parametrize("command", ["exponents", "profile", "bounds"])
def test_the_largest_gains_are_no_warning(command, text, tmp_path):
    words = [command, "--gain", "1e308", "--text", text]
    extra = {"exponents": ["--burn-in", "5"], "profile": ["--out", "x.png"]}
    words += ["--hidden", "6", "--steps", "40", *extra.get(command, [])]
    done = _run(words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "×0" in done.stdout  # units that are all saturated: e^(−10³⁰⁸) is 0


def test_henon_is_known(capsys):
    assert main(["exponents", "--system", "henon", "--steps", "2000"]) == 0
    assert "The Hénon map" in capsys.readouterr().out


def test_bounds_hold_and_refusals_are_said(text, capsys):
    assert main(["bounds", *SMALL, "--text", text]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^slope-norm +≤ ×", printed, re.MULTILINE)
    assert "thm:linear-radius needs" in printed


def test_bounds_that_want_other_weights_say_so_of_a_linear_cell(text, capsys):
    assert main(["bounds", *SMALL, "--cell", "linear", "--text", text]) == 0
    said, unsaid = capsys.readouterr().out.split("These say nothing here")
    assert re.search(r"^linear-radius +≤ ×", said, re.MULTILINE)
    assert re.search(r"^linear-floor +≥ ×", said, re.MULTILINE)
    assert "thm:orthogonal-floor needs W_hh orthogonal" in unsaid
    assert "thm:lstm-ceiling needs an LSTM; measured Linear." in unsaid


@pytest.mark.parametrize("subject", ["rnn", "lstm", "gru", "linear", "bptt", "scalar"])
def test_derive_prints_formulas(subject, capsys):
    assert main(["derive", subject]) == 0
    plain = capsys.readouterr().out
    assert main(["derive", subject, "--latex"]) == 0
    latex = capsys.readouterr().out
    assert "\\" not in plain
    # One comment a derivation, and a formula below each.
    keys = re.findall(r"^% ([\w.]+): ", latex, re.MULTILINE)
    assert keys
    assert len(re.split(r"^% .*$", latex, flags=re.MULTILINE)) == len(keys) + 1
    assert plain.count(":\n") == len(keys)


def test_derive_writes_the_lstm_in_unicode_and_in_latex(capsys):
    assert main(["derive", "lstm"]) == 0
    assert "  c' = c⋅σ(f) + tanh(g)⋅σ(i)" in capsys.readouterr().out
    assert main(["derive", "lstm", "--latex"]) == 0
    assert r"c' &= c \sigma{\left(f \right)} + " in capsys.readouterr().out


def test_derive_names_what_it_knows(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["derive", "transformer"])
    assert stopped.value.code == 2
    assert "invalid choice: 'transformer'" in capsys.readouterr().err


def test_demo_tells_its_story(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("gradlab.cli.demo._STEPS", 200)
    assert main(["demo", "--out", str(tmp_path / "demo.svg")]) == 0
    assert "tanh RNN, gain 2: a small change" in capsys.readouterr().out
    assert (tmp_path / "demo.svg").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_enough(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "usage: gradlab " + command in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hidden", "1e3"], "a whole number is wanted, such as 64; got '1e3'"),
        (["--hidden", "٣"], "a whole number is wanted, such as 64; got '٣'"),
        (["--steps", "0"], "at least 1 is wanted; got 0"),
        (["--gain", "nan"], "a number is wanted, such as 1.5; got 'nan'"),
        (["--gain", "1_000"], "a number is wanted, such as 1.5; got '1_000'"),
        (["--hid", "5"], "unrecognized arguments: --hid 5"),
        (["--cell", "cnn"], "invalid choice: 'cnn'"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(words, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["profile", *words])
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text", "no-such-file.txt"], "no-such-file.txt cannot be read"),
        (["--text", "."], "is not a regular file"),
        (["--out", "no-such-folder/x.png"], "--out must name a file in an existing"),
        (["--out", "figure.docx"], "--out must end in .png, .pdf or .svg"),
        (["--steps", "999999999"], "the text has"),
    ],
)
def test_unusable_data_is_one_line_and_code_4(words, message, capsys, tmp_path):
    start = ["profile", "--out", str(tmp_path / "x.png")]
    assert main([*start, *words]) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 0
    assert "COMMAND is one of" in capsys.readouterr().out


def test_input_output_errors_are_code_5(monkeypatch, capsys, text):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gradlab.cli.profile.save", full)
    assert main(["profile", *SMALL, "--text", text]) == 5
    assert "No space left on device" in capsys.readouterr().err


def test_interruption_is_code_130(monkeypatch, capsys, text):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("gradlab.cli.profile.run_on_text", interrupted)
    assert main(["profile", "--text", text]) == 130
    assert capsys.readouterr().err == "gradlab: interrupted\n"


def test_reproduce_outside_a_checkout_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce"]) == 4
    assert "source checkout" in capsys.readouterr().err


def test_reproduce_passes_its_options_on(monkeypatch):
    seen = {}

    def recorded(words, **options):
        seen.update(words=words, **options)
        return subprocess.CompletedProcess(words, 3)

    monkeypatch.setattr("gradlab.cli.reproduce.subprocess.run", recorded)
    assert main(["reproduce", "--only", "butterfly", "--quick"]) == 3
    assert seen["words"][2:] == ["--only", "butterfly", "--quick"]
    assert (pathlib.Path(seen["cwd"]) / "analysis").is_dir()


def _run(words, **options):
    command = [sys.executable, "-m", "gradlab", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_a_closed_pipe_is_no_error():
    words = "-m gradlab exponents --system henon --steps 200 | head -1"
    shell = f"{sys.executable} {words}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_help_and_version_import_nothing_heavy():
    code = (
        "import sys; from gradlab.cli.main import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_speaks_in_any_locale(tmp_path, text):
    bare = {"PATH": os.environ["PATH"], "LANG": "C", "PYTHONIOENCODING": "ascii"}
    words = ["exponents", *SMALL, "--text", text, "--burn-in", "5"]
    done = _run(words, env=bare)
    assert done.returncode == 0, done.stderr
