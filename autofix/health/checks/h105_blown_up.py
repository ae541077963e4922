"""H105: a loss far above where it began."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.rates import slower
from autofix.health.runaway import blown_limit
from autofix.health.view import View


class BlownUp(Check):
    """The loss is far above its start and does not come back.

    Sick: the median of the last ``rows`` losses is more than four times the first, or the constant answer where that
    is larger.
    Well: the loss falls, or a spike is over within a few iterations.
    """

    code = "H105"
    title = "loss blown up"
    rows: int = 5  # iterations: a spike may be that of an odd batch

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the first iteration above the limit."""
        loss = view.loss[np.isfinite(view.loss)]
        if len(loss) < 2 * self.rows:
            return
        limit = blown_limit(view)
        now = float(np.median(loss[-self.rows :]))
        if now <= limit:
            return
        row = int(np.flatnonzero(view.loss > limit)[0])
        factor, because = slower(view)
        yield self.finding(
            f"The loss began at {loss[0]:.4g}, passed {limit:.4g} at iteration {view.trace.iterations[row]} and is at "
            f"{now:.4g} now; it does not come back.",
            iteration=int(view.trace.iterations[row]),
            evidence=(Evidence("loss", now), Evidence("first loss", float(loss[0]))),
            remedy=Remedy(f"lower base_lr: {because}", base_lr_factor=factor),
        )
