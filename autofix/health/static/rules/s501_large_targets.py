"""S501: regression on targets far from unit size."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.graph import origin
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model.kinds import REGRESSION_LOSSES


class LargeTargets(Rule):
    """A regression compares with large targets.

    Sick: the root mean square of the targets of a EuclideanLoss or its kin is above ``large``. The first gradients
    are as large as the targets, and the loss as their square.
    Well: targets of about unit size, divided in the data set or by a ``Power`` layer.
    """

    code = "S501"
    title = "large targets"
    severity = Severity.WARNING
    large: float = 10.0  # root mean square; standardised targets have 1

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the loss layer of each."""
        for loss in subject.train.losses:
            found = origin(subject.train, loss.label) if loss.layer.type in REGRESSION_LOSSES else None
            top = subject.top(found.data, found.blob) if found is not None else None
            if found is None or top is None:
                continue
            size = hypot(top.mean * found.scale + found.shift, top.std * found.scale)
            if size > self.large:
                what = f"The targets {loss.label} of layer {loss.layer.name} have a root mean square of {size:.3g}."
                factor = float(f"{1 / size:.1g}")
                advice = f"scale them by {factor:g}, and the net's answers back where it is used"
                remedy = Remedy(advice, target_scale_factor=factor)
                values = (Evidence("root mean square", size),)
                yield self.finding(loss.layer, what, remedy, blob=loss.label, evidence=values)
