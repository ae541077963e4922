"""S502: losses of very different weight."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class LossWeights(Rule):
    """The losses have very different or strange weights.

    Sick: the largest ``loss_weight`` is ``ratio`` times the smallest or more, so that the smallest hardly counts;
    or one is negative, so that training makes its loss worse, or not finite (an error).
    Well: weights of one size, such as 1 and 0.3.
    """

    code = "S502"
    title = "loss weights differ much"
    severity = Severity.WARNING
    ratio: float = 100.0

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the layer of the smallest weight, and each with a strange one."""
        losses = subject.train.losses
        for loss in losses:
            if not 0 < loss.weight < float("inf"):
                what = f"The loss_weight of layer {loss.layer.name} is {loss.weight:g}."
                severity = Severity.WARNING if loss.weight < 0 else Severity.ERROR
                yield self.finding(loss.layer, what, "write a positive loss_weight", severity=severity)
        usual = [loss for loss in losses if 0 < loss.weight < float("inf")]
        if not usual:
            return
        large, small = (choose(usual, key=lambda loss: loss.weight) for choose in (max, min))
        if small.weight >= self.ratio:
            what = f"The loss_weight of layer {small.layer.name} is {small.weight:g}: it multiplies every gradient."
            advice = "write a loss_weight of about 1, and choose base_lr for it"
            weights = {loss.layer.name: float(f"{loss.weight / small.weight:.3g}") for loss in usual}
            yield self.finding(small.layer, what, Remedy(advice, loss_weights=weights))
        elif large.weight >= self.ratio * small.weight:
            what = f"Layer {small.layer.name} has loss_weight {small.weight:g}, {large.layer.name} {large.weight:g}."
            values = (Evidence("ratio", large.weight / small.weight),)
            advice = "bring the loss_weight of both to one size, unless the losses themselves differ as much"
            yield self.finding(small.layer, what, advice, evidence=values)
