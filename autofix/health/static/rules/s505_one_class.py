"""S505: a softmax over one output."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class OneClass(Rule):
    """A softmax has a single output.

    Sick: SoftmaxWithLoss on a layer with ``num_output: 1``: its probability is always 1, the loss always 0.
    Well: an output for each class, 2 for yes and no; or SigmoidCrossEntropyLoss on one.
    """

    code = "S505"
    title = "softmax of one output"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the loss."""
        for loss in subject.train.losses:
            if loss.layer.type == "SoftmaxWithLoss" and loss.classes == 1:
                what = f"{loss.prediction} has one output, whose softmax is always 1: the loss is always 0."
                advice = "write  num_output: 2  for two classes, or use SigmoidCrossEntropyLoss"
                yield self.finding(loss.layer, what, advice, blob=loss.prediction)
