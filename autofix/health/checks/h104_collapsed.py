"""H104: learning that was lost again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.learning import UNKNOWN_DROP, means
from autofix.health.rates import slower
from autofix.health.view import View


class Collapsed(Check):
    """The loss came down, jumped up and stayed at chance or above.

    Sick: the mean over ``window`` losses was below ``learned`` of the constant answer (of half the start, where that
    is not known or is larger), and the last such mean is over ``lost`` times the best, and back at ``back`` of it.
    Well: a loss that only wobbles, or that recovers.
    """

    code = "H104"
    title = "learning lost"
    window: int = 5  # losses averaged; set, as the others, on the half of studies/ for that
    least: int = 20  # losses without which nothing is said
    lost: float = 1.5  # times the best mean
    learned: float = 0.9  # of the constant answer; the rule of the ground truth
    back: float = 0.98  # of the constant answer; the verdict's own
    start: int = 3  # first losses, the mean of which is the start

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the best mean and what came after."""
        loss = view.loss[np.isfinite(view.loss)]
        if len(loss) < self.least:
            return
        seen, smooth = view.learning, means(loss, self.window)
        best = int(np.argmin(smooth))
        top = max(abs(seen.answer) if seen.known else 0.0, UNKNOWN_DROP * float(loss[: self.start].mean()))
        limit = max(self.lost * smooth[best], self.back * top)
        if smooth[-1] < limit or smooth[best] > self.learned * top:
            return
        gone = best + int(np.argmax(smooth[best:] >= limit))  # the first mean that is as bad as the last
        row = int(np.flatnonzero(np.isfinite(view.loss))[gone + self.window - 1])
        # The verdict's own means, so that both tell the same, where it knows enough to have some.
        lowest, now = (seen.best, seen.now) if seen.known else (float(smooth[best]), float(smooth[-1]))
        factor, because = slower(view)
        yield self.finding(
            f"The loss had come down to {lowest:.4g}, then rose to {smooth[best:].max():.4g} "
            f"and is at {now:.4g} now: the updates threw the weights out of what they had learned.",
            iteration=int(view.trace.iterations[row]),
            evidence=(Evidence("best loss", lowest), Evidence("last loss", now)),
            remedy=Remedy(f"lower base_lr: {because}", base_lr_factor=factor),
        )
