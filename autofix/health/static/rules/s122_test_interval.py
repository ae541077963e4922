"""S122: tests without an interval, or an interval without tests."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class TestInterval(Rule):
    """Tests are asked for, but not when; or when, but not how long.

    Sick: ``test_iter`` or a test net without a positive ``test_interval``, at which Caffe stops; or a
    ``test_interval`` without ``test_iter``, so that nothing is ever tested (a warning).
    Well: both are written, or neither.
    """

    code = "S122"
    title = "test_interval does not fit"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of the one that is there."""
        solver = subject.solver
        if subject.training.tests and solver.test_interval <= 0:
            what = "Tests are asked for, but test_interval is missing or not positive: Caffe stops."
            at = subject.field("test_interval", "test_iter", "test_net")
            yield self.finding(at, what, "write test_interval, the iterations from one test to the next")
        if solver.test_interval > 0 and not subject.training.tests:
            what = "There is a test_interval but no test_iter: the net is never tested."
            advice = "write test_iter: the records to test with, divided by the TEST batch_size"
            yield self.finding(subject.field("test_interval"), what, advice, severity=Severity.WARNING)
