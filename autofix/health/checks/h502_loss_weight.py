"""H502: a loss that counts far more than it should."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.debuginfo import listed, quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.view import View


class LossWeight(Check):
    """A loss_weight makes every gradient that comes from it hundreds of times as large.

    Sick: a loss has a loss_weight of ``heavy`` or more.
    Well: weights are about 1; auxiliary losses have less.
    """

    code = "H502"
    title = "loss_weight too large"
    severity = Severity.WARNING
    heavy: float = 100.0  # times; 1 is usual, and Caffe's GoogLeNet has 0.3 for its auxiliary losses

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield one finding for all such losses."""
        losses = view.net.losses if view.net is not None else ()
        heavy = [loss for loss in losses if loss.weight >= self.heavy]
        if not heavy:
            return
        worst = max(heavy, key=lambda loss: loss.weight)
        names = listed(quoted(loss.layer.name) for loss in heavy)
        yield self.finding(
            f"The loss of layer {quoted(worst.layer.name)} counts {worst.weight:g}-fold, and with it every gradient: "
            "it works like a base_lr so many times as large.",
            layer=worst.layer.name,
            blob=worst.top,
            iteration=int(view.trace.iterations[0]),
            evidence=(Evidence("loss_weight", worst.weight),),
            remedy=Remedy(
                f"set loss_weight to 1 in layer {names}, as is usual",
                loss_weights={loss.layer.name: 1.0 for loss in heavy},
            ),
        )
