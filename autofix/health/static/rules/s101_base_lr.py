"""S101: a learning rate that is no positive number, or far too large."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

TOO_LARGE = {"SGD": 10.0, "Nesterov": 10.0, "AdaGrad": 1.0, "RMSProp": 0.1, "Adam": 0.1}  # the last three step by it


class BaseLr(Rule):
    """The learning rate is missing, zero, negative, not finite or far too large.

    Sick: ``base_lr`` is not written (Caffe then takes 0), or is 0, below 0, ``nan`` or ``inf``; from 10 on with
    SGD, 1 with AdaGrad, 0.1 with Adam and RMSProp it is a warning.
    Well: it is a positive number, such as 0.01 with SGD, 0.001 with Adam.
    """

    code = "S101"
    title = "no usable base_lr"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of base_lr."""
        rate = subject.solver.base_lr
        if isfinite(rate) and rate > 0:
            yield from self._too_large(subject, rate)
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

    def _too_large(self, subject: Subject, rate: float) -> Iterator[Finding]:
        kind = subject.solver.type
        if rate >= TOO_LARGE.get(kind, float("inf")):
            what = f"base_lr is {rate:g}, far above what {kind} takes."
            advice = "write a smaller base_lr, such as 0.01 for SGD, 0.001 for Adam"
            yield self.finding(subject.field("base_lr"), what, advice, severity=Severity.WARNING)
