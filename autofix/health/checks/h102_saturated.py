"""H102: a softmax loss at its ceiling."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.rates import slower
from autofix.health.rulings import SATURATED
from autofix.health.view import View


class Saturated(Check):
    """The loss has hit the ceiling of SoftmaxWithLoss, 87.3365.

    Sick: a softmax loss shows 87.33 times its loss_weight, which is -ln of the smallest float: the right class has
    probability zero for every record. On a GPU a NaN can look like this.
    Well: the loss stays below.
    """

    code = "H102"
    title = "loss saturated"
    near: float = 0.01  # nats from the ceiling, that rounding may make

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the first iteration at the ceiling."""
        weight = sum(view.trace.loss_weights.values()) or 1.0
        full = np.flatnonzero(np.abs(view.loss / weight - SATURATED) < self.near)
        if not len(full):
            return
        row = int(full[0])
        factor, because = slower(view)
        after = view.loss[full[-1] + 1 :] / weight
        came_back = len(after) > 0 and bool(np.isfinite(after).all()) and after[-1] < SATURATED / 2
        later = " It came down again later." if came_back else ""
        yield self.finding(
            f"The softmax loss shows the most it can: the right class got probability zero for every record.{later}",
            iteration=int(view.trace.iterations[row]),
            evidence=(Evidence("loss", float(view.loss[row])),),
            remedy=Remedy(f"lower base_lr: {because}", base_lr_factor=factor),
        )
