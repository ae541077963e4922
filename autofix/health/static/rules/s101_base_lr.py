"""S101: a learning rate that is no positive number."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class BaseLr(Rule):
    """The learning rate is missing, zero, negative or not finite.

    Sick: ``base_lr`` is not written (Caffe then takes 0), or is 0, below 0, ``nan`` or ``inf``.
    Well: it is a positive number.
    """

    code = "S101"
    title = "no usable base_lr"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of base_lr."""
        rate = subject.solver.base_lr
        if isfinite(rate) and rate > 0:
            return
        if "base_lr" not in subject.solver.root:
            what = "base_lr is not written and so is 0: no weight ever changes."
        elif rate == 0:
            what = "base_lr is 0: no weight ever changes."
        elif rate < 0:
            what = f"base_lr is {rate:g}: every step goes up the loss instead of down."
        else:
            what = f"base_lr is {rate:g}: every weight is NaN after the first iteration."
        yield self.finding(
            subject.field("base_lr"), what, "write a positive base_lr, such as 0.01 for SGD with momentum"
        )
