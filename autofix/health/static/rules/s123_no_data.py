"""S123: a net without data."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class NoData(Rule):
    """A phase has no data.

    Sick: the net that is trained, or one that ``test_iter`` asks to be tested, has no layer that brings data in,
    and no ``input`` fields: Caffe stops at the first layer that wants some.
    Well: every phase has its data layer; or there is no ``test_iter``.
    """

    code = "S123"
    title = "a phase without data"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each net without data: a test by its test_iter, the training by the net's first line."""
        iters = subject.solver.root.scalars("test_iter")
        for index, net in enumerate(subject.nets):
            phase = "TRAIN" if index == 0 else "TEST"
            if net.inputs:
                continue
            at = iters[index - 1] if 0 < index <= len(iters) else net.root
            advice = f"write a data layer with  include {{ phase: {phase} }}"
            advice += ", or remove test_iter and test_interval" if index else ""
            yield self.finding(at, f"No layer brings data into the {phase} net: Caffe stops.", advice)
