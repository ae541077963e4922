"""S503: the loss's own activation, written before it as well."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

OWN = {"SoftmaxWithLoss": "Softmax", "SigmoidCrossEntropyLoss": "Sigmoid", "InfogainLoss": "Softmax"}


class ActivationTwice(Rule):
    """A loss computes a softmax or sigmoid, and gets one as its input.

    Sick: SoftmaxWithLoss or InfogainLoss behind Softmax, SigmoidCrossEntropyLoss behind Sigmoid: its input lies
    between 0 and 1, the loss can never come near 0, and gradients are small.
    Well: the loss follows the last layer with weights; Softmax is for use after training.
    """

    code = "S503"
    title = "activation before a loss that has it"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the activation."""
        for loss in subject.train.losses:
            for maker in subject.train.producers(loss.prediction):
                if maker.type == OWN.get(loss.layer.type):
                    what = (
                        f"{loss.layer.type} {loss.layer.name} computes a {maker.type} itself; {maker.name} is a second."
                    )
                    yield self.finding(
                        maker, what, f"let {loss.layer.name} read {maker.bottoms[0]}", blob=loss.prediction
                    )
