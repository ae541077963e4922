"""What came of a run, for people and for scripts: facts first, then ink."""

from autofix.report.dashboard import ARTIFACTS, Dashboard
from autofix.report.facts import Report, report
from autofix.report.files import to_json, write_report
from autofix.report.pages import write_pages
from autofix.report.terminal import show

__all__ = ["ARTIFACTS", "Dashboard", "Report", "report", "show", "to_json", "write_pages", "write_report"]
