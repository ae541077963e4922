"""S109: a training of no iterations."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class MaxIter(Rule):
    """The training ends before it begins.

    Sick: ``max_iter`` is missing or not positive: Caffe trains for no iteration at all. With the schedule "poly" it
    is S103 that says so.
    Well: ``max_iter`` is positive.
    """

    code = "S109"
    title = "no max_iter"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of max_iter."""
        solver = subject.solver
        if solver.max_iter <= 0 and solver.lr_policy != "poly":
            told = "" if "max_iter" in solver.root else " (not written)"
            what = f"max_iter is {solver.max_iter}{told}: Caffe trains for no iteration at all."
            yield self.finding(subject.field("max_iter"), what, "write max_iter")
