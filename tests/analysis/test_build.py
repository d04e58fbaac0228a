"""The builder: what changed in content is stale, and nothing else is."""

import os

import pytest

from analysis.build import main
from analysis.steps import all_steps, reason_stale

EVERYTHING = {"data_one", "data_two", "fig_one", "numbers"}


def stale(quick=False):
    return {s.module for s in all_steps() if reason_stale(s, quick=quick)}


def test_everything_is_stale_at_first_and_nothing_after_a_build(project, capsys):
    assert stale() == EVERYTHING
    assert main([]) == 0
    assert stale() == set()
    assert main(["--check"]) == 0
    assert "4 steps are up to date." in capsys.readouterr().out


def test_the_build_ends_with_what_it_measured_and_where_the_pictures_are(
    project, capsys
):
    assert main(["--quick"]) == 0
    out = capsys.readouterr().out
    assert "the one  1 ± 0.1 nats" in out
    assert "paper/figures/one.pdf (and .svg)" in out
    assert "small sizes, not the paper's" in out
    assert "4 of 4 steps built" in out


def test_a_second_build_runs_nothing(project, capsys):
    main([])
    before = (project.root / "paper/figures/one.pdf").stat().st_mtime_ns
    main([])
    assert "0 of 4 steps built" in capsys.readouterr().out
    assert (project.root / "paper/figures/one.pdf").stat().st_mtime_ns == before


def test_times_do_not_matter_and_contents_do(project, capsys):
    main([])
    script = project.root / "analysis/data_one.py"
    os.utime(script, (1, 1))
    assert stale() == set()
    script.write_text(script.read_text() + "# a change\n")
    assert stale() == {"data_one"}
    assert main(["--check"]) == 1
    assert "stale: data_one" in capsys.readouterr().out


def test_a_figure_is_stale_once_its_data_are_others(project):
    main([])
    project.add("data_one", (), "analysis/data/one.npz", "other content")
    main(["--only", "one"])
    assert stale() == set()
    (project.root / "analysis/data/one.npz").write_text("changed by hand")
    assert stale() == {"data_one", "fig_one", "numbers"}


def test_a_picture_cannot_make_data_stale_and_a_source_below_can(project):
    main([])
    project.source("package/plots/look.py", "y = 2\n")
    assert stale() == {"fig_one", "numbers"}
    main([])
    project.source("package/core.py", "x = 2\n")
    assert stale() == EVERYTHING


def test_a_missing_output_is_stale(project):
    main([])
    (project.root / "paper/figures/one.pdf").unlink()
    assert stale() == {"fig_one"}


def test_quick_and_full_are_different_builds(project):
    main(["--quick"])
    assert stale(quick=True) == set()
    assert stale(quick=False) == EVERYTHING


def test_only_builds_one_figure_with_what_it_needs(project):
    main(["--only", "one"])
    assert stale() == {"data_two"}


def test_an_unknown_figure_is_named_beside_the_known_ones(project):
    with pytest.raises(SystemExit, match=r"there is no figure 'two'; there are one\."):
        main(["--only", "two"])


def test_a_failure_is_reported_and_what_stood_before_is_not_lost(project, capsys):
    main([])
    project.script("data_one", "NEEDS = ()\nraise ValueError('broken on purpose')\n")
    assert main([]) == 1
    assert "broken on purpose" in capsys.readouterr().err
    assert (project.root / "paper/figures/one.pdf").is_file()
    assert "data_one" in stale()


def test_what_an_earlier_build_left_over_is_removed(project):
    main([])
    project.add("data_two", (), "analysis/data/two-small.npz")
    main([])
    assert not (project.root / "analysis/data/two.npz").exists()
    assert (project.root / "analysis/data/two-small.npz").is_file()
    assert stale() == set()


def test_a_script_without_needs_is_refused(project):
    project.script("data_three", "print('nothing')\n")
    with pytest.raises(SystemExit, match=r"data_three\.py must state NEEDS"):
        all_steps()


def test_an_edit_during_the_run_leaves_the_step_stale(project):
    edit = "open(__file__, 'a').write('# edited meanwhile')"
    script = project.root / "analysis/data_two.py"
    script.write_text(f"{script.read_text()}\n{edit}\n")
    main([])
    assert stale() == {"data_two"}
