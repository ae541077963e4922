"""H104: learning that was lost again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.learning import means
from autofix.health.rates import slower
from autofix.health.view import View


class Collapsed(Check):
    """The loss came down, jumped up and stayed at chance or above.

    Sick: after a good stretch the loss rises over ``lost`` times its best mean, and over the constant answer or
    ``lost`` times its start, and its last mean is still there.
    Well: a loss that only wobbles, or that recovers.
    """

    code = "H104"
    title = "learning lost"
    lost: float = 1.5  # times the best mean of ten losses

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the best mean and what came after."""
        loss = view.loss[np.isfinite(view.loss)]
        if len(loss) < 20:
            return
        seen, smooth = view.learning, means(loss, 5)
        best = int(np.argmin(smooth))
        top = max(abs(seen.answer) if seen.known else 0.0, 0.5 * float(loss[:3].mean()))
        if smooth[-1] < self.lost * smooth[best] or smooth[-1] < 0.98 * top or smooth[best] > 0.9 * top:
            return
        factor, because = slower(view)
        yield self.finding(
            f"The loss had come down to {smooth[best]:.4g}, then rose to {smooth[best:].max():.4g} "
            f"and is at {smooth[-1]:.4g} now: the updates threw the weights out of what they had learned.",
            iteration=int(view.trace.iterations[min(best + 4, len(view) - 1)]),
            evidence=(Evidence("best loss", float(smooth[best])), Evidence("last loss", float(smooth[-1]))),
            remedy=Remedy(f"lower base_lr: {because}", base_lr_factor=factor),
        )
