"""S112: debug_info that is never shown."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class SilentDebugInfo(Rule):
    """debug_info is asked for and never printed.

    Sick: ``debug_info: true`` while ``display`` is 0 or missing: Caffe prints its debug lines only in iterations
    that it displays.
    Well: ``display: 1`` beside it.
    """

    code = "S112"
    title = "debug_info without display"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of debug_info."""
        solver = subject.solver
        if solver.root.boolean("debug_info", False) and solver.display == 0:
            what = "debug_info is on, but display is 0: no debug line is ever printed."
            yield self.finding(subject.field("debug_info"), what, "write  display: 1")
