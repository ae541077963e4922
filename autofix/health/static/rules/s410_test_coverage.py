"""S410: a test that is not one pass over the test set."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class TestCoverage(Rule):
    """A test does not see each test record once.

    Sick: ``test_iter`` x ``batch_size`` of TEST is less than the test set has records (the rest is seen by the next
    test), or more (some count twice).
    Well: it is the number of records.
    """

    code = "S410"
    title = "a test is not one pass"
    severity = Severity.INFO

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of test_iter."""
        iters = subject.solver.root.scalars("test_iter")
        for net, times in zip(subject.nets[1:], iters, strict=False):
            for data in net.inputs:
                found = subject.audits.get(data)
                if found is None or not found.records or not data.batch_size or times.integer <= 0:
                    continue
                seen, records = times.integer * data.batch_size, found.records
                if seen == records:
                    continue
                what = f"A test sees {times.integer} x {data.batch_size} = {seen} records; {data.source} has {records}."
                advice = f"write  test_iter: {max(records // data.batch_size, 1)}"
                advice += "" if records % data.batch_size == 0 else ", and a TEST batch_size that divides the test set"
                values = Evidence("seen", seen, "records"), Evidence("test set", records, "records")
                yield self.finding(times, what, advice, evidence=values)
