"""A training that has been dead for long when its log ends."""

from __future__ import annotations

from dataclasses import dataclass

from autofix.health import Decision, Verdict, View
from autofix.health.checks.h202_vanishing import Vanishing
from autofix.health.pace import answered_well, silent
from autofix.health.rulings import Silent


@dataclass(frozen=True)
class Lifeless:
    """No weight has got any gradient for long, and not because all records are answered well.

    Probes are over by then: the rules that end them as soon as a training dies look at what it did just before. A log
    may go on for any time after that.

    Args:
        rows: last iterations looked at; as many as check H202 looks at.
        coasting: share of a weight that momentum alone may yet move it by, as rule `Silent` has it.
    """

    rows: int = Vanishing.rows
    coasting: float = Silent.coasting

    def decide(self, view: View) -> Decision | None:
        """The verdict "dead", or None."""
        if not silent(view, self.rows, self.coasting) or answered_well(view, self.rows):
            return None
        at = int(view.trace.iterations[-1])
        return Decision(Verdict.DEAD, at, "no weight gets any gradient any more")
