"""What came of a run, for people and for scripts: facts first, then ink."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autofix.report.dashboard import ARTIFACTS, Dashboard
    from autofix.report.facts import Report, not_started, report
    from autofix.report.files import write_report
    from autofix.report.pages import write_pages
    from autofix.report.terminal import show
    from autofix.report.writing import to_json

__all__ = [
    "ARTIFACTS",
    "Dashboard",
    "Report",
    "not_started",
    "report",
    "show",
    "to_json",
    "write_pages",
    "write_report",
]

_HOMES = {
    "ARTIFACTS": "dashboard",
    "Dashboard": "dashboard",
    "Report": "facts",
    "not_started": "facts",
    "report": "facts",
    "show": "terminal",
    "to_json": "writing",
    "write_pages": "pages",
    "write_report": "files",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that ``autofix diagnose`` need not wait for what reports of a search need."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
