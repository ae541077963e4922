"""S506: targets that no sigmoid reaches."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding
from autofix.health.static.graph import origin
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class SigmoidTargets(Rule):
    """SigmoidCrossEntropyLoss compares with targets that are no probabilities.

    Sick: its targets, after the data layer's own mean and scale, reach below 0 or above 1: the loss has no lower
    bound, and goes to minus infinity with the weights.
    Well: targets from 0 to 1, such as pixels multiplied by 1/256.
    """

    code = "S506"
    title = "targets outside 0 to 1"
    slack: float = 0.01

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the loss layer of each."""
        for loss in subject.train.losses:
            found = origin(subject.train, loss.label) if loss.layer.type == "SigmoidCrossEntropyLoss" else None
            top = subject.top(found.data, found.blob) if found is not None else None
            settings = loss.layer.settings("loss_param")
            if found is None or top is None or found.data.mean_file or (settings and "ignore_label" in settings):
                continue
            low, high = sorted(found.scale * value + found.shift for value in (top.minimum, top.maximum))
            if low < -self.slack or high > 1 + self.slack:
                what = f"The targets {loss.label} of layer {loss.layer.name} reach from {low:.3g} to {high:.3g}."
                values = Evidence("lowest", low), Evidence("highest", high)
                advice = f"scale them by {1 / (high - low):.6g}" if low >= 0 else "bring them to 0 up to 1"
                yield self.finding(loss.layer, what, advice, blob=loss.label, evidence=values)
