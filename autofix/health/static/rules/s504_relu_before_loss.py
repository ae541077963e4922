"""S504: a ReLU between the last layer and a softmax."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class ReluBeforeLoss(Rule):
    """The scores of a classifier go through a ReLU.

    Sick: SoftmaxWithLoss or HingeLoss reads what a ReLU puts out: scores below zero are all alike and get no
    gradient, and a class whose score is negative for every record never learns again.
    Well: the loss reads the scores themselves.
    """

    code = "S504"
    title = "ReLU before the loss"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the ReLU."""
        for loss in subject.train.losses:
            if loss.layer.type not in ("SoftmaxWithLoss", "HingeLoss"):
                continue
            for maker in subject.train.producers(loss.prediction):
                if maker.type == "ReLU":
                    what = f"Layer {maker.name} cuts off the negative scores that {loss.layer.type} is to judge."
                    yield self.finding(maker, what, "remove it", blob=loss.prediction)
