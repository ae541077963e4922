"""A training that has been dead for long when its log ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.health import Decision, Verdict, View
from autofix.health.pace import answered_well


@dataclass(frozen=True)
class Lifeless:
    """No weight has got any gradient for long, and not because all records are answered well.

    Probes are over by then: the rules that end them as soon as a training dies look at what it did just before. A log
    may go on for any time after that.

    Args:
        rows: last iterations looked at; as many as check H202 looks at.
        coasting: share of a weight that momentum alone may yet move it by, as rule `Silent` has it.
    """

    rows: int = 20
    coasting: float = 1.0

    def decide(self, view: View) -> Decision | None:
        """The verdict "dead", or None."""
        if not view.weights or len(view.steps) < self.rows:
            return None
        if any(np.any(view.gradient(weight)[-self.rows :]) for weight in view.weights):
            return None
        if answered_well(view, self.rows) or any(view.coasting(weight) > self.coasting for weight in view.weights):
            return None
        at = int(view.trace.iterations[-1])
        return Decision(Verdict.DEAD, at, "no weight gets any gradient any more")
