"""S121: tests that do not match the test nets."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class TestIter(Rule):
    """The numbers of test_iter, test nets and test states do not fit together.

    Sick: fewer ``test_iter`` than test nets, or more without a ``net`` that could serve; ``test_state`` written,
    but not one for each; a ``test_iter`` that is not positive. Caffe stops in the first two cases.
    Well: one ``test_iter`` for each test.
    """

    code = "S121"
    title = "test_iter does not fit"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield what does not fit."""
        solver, named = subject.solver, len(subject.training.test_only)
        root, iters = solver.root, len(solver.test_iters)
        generic = "net" in root or "net_param" in root
        if iters < named or (iters > named and not generic):
            what = f"Test nets: {named}, test_iter: {iters}; Caffe wants one for each, and stops."
            at = subject.field("test_iter", "test_net", "test_net_param")
            yield self.finding(at, what, "write one test_iter for each test net, in their order")
        states = len(root.messages("test_state"))
        if states and states != max(iters, named):
            what = f"Tests: {max(iters, named)}, test_state: {states}; Caffe wants one for each or none, and stops."
            yield self.finding(
                subject.field("test_state"), what, "write one test_state and one test_iter for each test"
            )
        for value in root.scalars("test_iter"):
            if value.integer <= 0:
                what = f"test_iter is {value.raw}: a test of no batches, whose results are 0/0."
                yield self.finding(value, what, "write the batches that make one test, or remove the line")
