r"""A pytest plugin: which theorems of the paper have evidence, as LaTeX macros.

``@pytest.mark.theorem(label)`` says that a test is evidence behind a label.  With
``--checks PATH`` the run ends by writing one line a label,

    \expandafter\def\csname check@thm:norm-product\endcsname{pass}

"pass" if every such test passed, "fail" if one did not, "missing" if none ran.  Labels
are those of `gradlab.bounds.all_theorems` and those of the tests collected.
"""

import importlib
import pathlib

import pytest

__all__ = ["CheckMarks"]


def pytest_addoption(parser):
    parser.addoption(
        "--checks",
        metavar="PATH",
        default=None,
        help="write the check marks of the theorems to PATH (LaTeX)",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "theorem(label): the test is the evidence behind this label of the paper",
    )
    # Workers of pytest-xdist have `workerinput`; their reports reach the controller.
    if config.getoption("checks") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(CheckMarks(config), "check-marks")


def pytest_collection_modifyitems(items):
    # User properties travel with every report, also from a worker to the controller.
    for item in items:
        for mark in item.iter_markers("theorem"):
            item.user_properties.append(("theorem", _label(item, mark)))


def _label(item, mark):
    if len(mark.args) != 1 or mark.kwargs or not isinstance(mark.args[0], str):
        message = f"{item.nodeid}: write @pytest.mark.theorem(label), one string."
        raise pytest.UsageError(message)
    return mark.args[0]


class CheckMarks:
    """Collects outcomes by label and writes them when the run is over."""

    def __init__(self, config):
        self.config = config
        self.path = pathlib.Path(config.getoption("checks"))
        self.passed, self.failed, self.known = set(), set(), set()

    def pytest_deselected(self, items):
        self.known.update(
            mark.args[0] for item in items for mark in item.iter_markers("theorem")
        )

    def pytest_runtest_logreport(self, report):
        labels = {value for name, value in report.user_properties if name == "theorem"}
        self.known |= labels
        if report.failed:
            self.failed |= labels
        elif report.when == "call" and report.passed:
            self.passed |= labels

    def pytest_sessionfinish(self):
        marks = {label: self._mark(label) for label in sorted(self._labels())}
        lines = [
            rf"\expandafter\def\csname check@{label}\endcsname{{{mark}}}"
            for label, mark in marks.items()
        ]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.write_line(f"check marks of the theorems: {self.path}")

    def _mark(self, label):
        if label in self.failed:
            return "fail"
        return "pass" if label in self.passed else "missing"

    def _labels(self):
        # Loaded here: imported with the plugin, before coverage measurement starts,
        # the package's module level would count as never run.
        bounds = importlib.import_module("gradlab.bounds")
        return self.known | {theorem.label for theorem in bounds.all_theorems()}
