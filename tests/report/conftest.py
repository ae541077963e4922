"""One real run on real Caffe, for all tests of its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from trainings import broken

from autofix import api
from autofix.caffe import Caffe
from autofix.report import Report
from autofix.report.page import Page, gather
from autofix.search import Outcome


@pytest.fixture(scope="session")
def run(caffe: Caffe, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Report]:
    """A training that was broken and got fixed."""
    solver = broken(tmp_path_factory.mktemp("report"))
    outcome, report = api.run(solver, listen=lambda event: None)
    assert report.verdict == "fixed"
    return outcome, report


@pytest.fixture(scope="session")
def out(run: tuple[Outcome, Report]) -> Path:
    """Its output folder."""
    return run[0].settings.out


@pytest.fixture
def page(run: tuple[Outcome, Report]) -> Page:
    """The facts of its pages."""
    return gather(*run)
