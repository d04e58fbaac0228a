"""With ``--no-skips`` a skipped test is a failed one: CI installs every extra."""

import pytest


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
    expected = hasattr(report, "wasxfail")
    if report.skipped and not expected and config.getoption("no_skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped under --no-skips: {report.longrepr}"
    return report
