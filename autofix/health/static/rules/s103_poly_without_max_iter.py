"""S103: the poly schedule without an end."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class PolyWithoutMaxIter(Rule):
    """The schedule "poly" divides by max_iter, which is zero.

    Sick: ``lr_policy: "poly"`` and no ``max_iter``: base_lr (1 - iter / max_iter) ^ power is NaN.
    Well: ``max_iter`` is written.
    """

    code = "S103"
    title = "poly without max_iter"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the policy's line."""
        if subject.solver.lr_policy == "poly" and subject.solver.max_iter <= 0:
            what = 'lr_policy "poly" divides by max_iter, which is 0: the learning rate is NaN.'
            yield self.finding(subject.field("lr_policy"), what, "write max_iter, the iteration at which the rate is 0")
