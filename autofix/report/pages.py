"""report.html and report.md in the output folder."""

from __future__ import annotations

from autofix.report.facts import Report
from autofix.report.html import to_html
from autofix.report.markdown import to_markdown
from autofix.report.page import Page, gather
from autofix.report.writing import write_text
from autofix.search import Outcome

HTML, MARKDOWN = "report.html", "report.md"


def write_pages(outcome: Outcome, report: Report) -> Page:
    """Write the pages; return what they show."""
    page = gather(outcome, report)
    write_text(outcome.settings.out / HTML, to_html(page))
    write_text(outcome.settings.out / MARKDOWN, to_markdown(page))
    return page
