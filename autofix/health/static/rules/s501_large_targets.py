"""S501: regression on targets far from unit size."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from autofix.health.finding import Evidence, Finding, Severity
from autofix.health.static.graph import scale_behind
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class LargeTargets(Rule):
    """A EuclideanLoss compares with large targets.

    Sick: the root mean square of a regression's targets is above ``large``. The first gradients are as large as the
    targets, and the loss as their square.
    Well: targets of about unit size, divided in the data set or by a ``Power`` layer.
    """

    code = "S501"
    title = "large targets"
    severity = Severity.WARNING
    large: float = 10.0  # root mean square; standardised targets have 1

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the loss layer of each."""
        net = subject.train
        for loss in net.losses:
            if loss.label not in net.regression_targets and not any(loss.label == top for top in _scaled(subject)):
                continue
            for data in net.inputs:
                top = subject.top(data, _source(subject, loss.label))
                size = hypot(top.mean, top.std) * scale_behind(net, top.name) if top is not None else 0.0
                if size > self.large:
                    what = f"The targets {loss.label} of layer {loss.layer.name} have a root mean square of {size:.3g}."
                    advice = f"scale them by {float(f'{1 / size:.1g}'):g}, and the net's answers back where it is used"
                    yield self.finding(loss.layer, what, advice, evidence=(Evidence("root mean square", size),))
