"""With ``--no-skips`` a skipped test is a failed one: CI installs every extra.

Only the text that may not be shipped is excused; where it is, its tests run.
"""

import pytest

_EXCUSED = "GRADLAB_DATA does not hold"


def pytest_addoption(parser):
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="fail on a skip: nothing may go untested where everything is installed",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return _failed_if_skipped(item.config, report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return _failed_if_skipped(collector.config, report)


def _failed_if_skipped(config, report):
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if (
        skipped
        and config.getoption("no_skips")
        and _EXCUSED not in str(report.longrepr)
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped under --no-skips: {report.longrepr}"
    return report
