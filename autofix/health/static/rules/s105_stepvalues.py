"""S105: step values that do not rise or are never reached."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class Stepvalues(Rule):
    """The values of a multistep schedule do not rise, or lie behind the end.

    Sick: a ``stepvalue`` is not above the one before (Caffe waits for them in the order of the file), or is never
    reached before ``max_iter`` (an info).
    Well: they rise and lie before ``max_iter``.
    """

    code = "S105"
    title = "stepvalues out of order"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the first value of each kind."""
        solver = subject.solver
        if solver.lr_policy != "multistep":
            return
        values = solver.root.scalars("stepvalue")
        for before, value in pairwise(values):
            if value.integer <= before.integer:
                what = (
                    f"stepvalue {value.raw} stands after {before.raw}: Caffe takes them in this order, so it is late."
                )
                yield self.finding(value, what, "list the stepvalues from the lowest to the highest")
                return
        for value in values:
            if 0 < solver.max_iter <= value.integer:
                what = f"stepvalue {value.raw} is never reached: the training ends at max_iter {solver.max_iter}."
                yield self.finding(value, what, "lower it, or raise max_iter", severity=Severity.INFO)
                return
