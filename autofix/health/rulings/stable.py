"""The rule that calls a training stable: it learns, and nothing it did since speaks against it.

On the half of the corpus that thresholds were set on, what told late failures from trainings that last was the size of
their steps, not the loss. So a bold step counts as unrest, like a relapse of the loss, and what has been restless must
be watched for as long again as it had lasted by then. `studies/results/verdicts.md` has the figures, and the misses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.health.learning import means
from autofix.health.rulings.decision import Decision, Verdict, bar, last
from autofix.health.steps import summed
from autofix.health.view import View
from autofix.model import growth

WINDOW = 10  # losses that a best mean is over


@dataclass(frozen=True, slots=True)
class Unrest:
    """The last row at which something spoke against stability, and what."""

    row: int
    why: str


@dataclass(frozen=True)
class Stable:
    """Learning was seen, and the training has been calm since for long enough.

    Thresholds without another source were set on the half of the corpus for that.

    Args:
        least: iterations without which nothing counts as stable.
        settle: iterations that it must be calm for, at least.
        calm: times as long as it was not, that it must be calm for; less than 1 where other runs have shown that.
        kept: share of what was learned that must be kept (the rule of the ground truth).
        bold: step as a share of the weight, momentum added up, that counts as unrest.
        memories: so many times the 1/(1 - momentum) iterations that momentum takes to gather must be seen; after
            three, 95 % of it is there (1 - e^-3).
        rise: times the largest learning rate so far, that the schedule may still reach.
        most: of how many losses in a row, so many back near the constant answer are a relapse: single ones are noise.
    """

    least: int = 25
    settle: int = 20
    calm: float = 1.0
    kept: float = 0.5
    bold: float = 0.15
    memories: float = 3.0
    rise: float = 1.5
    most: tuple[int, int] = (5, 3)

    def decide(self, view: View) -> Decision | None:
        unrest = self.unrest(view)
        if unrest is None or len(view) < self.least or self._watched(view, unrest) < 0 or self.ahead(view):
            return None
        if self._outweighed(view, unrest):
            return None
        seen, rows = view.learning, len(view) - unrest.row
        below = f"below the {seen.answer:.4g} of {bar(view)}" if seen.known else f"below {bar(view)}"
        calm = f"was calm for {rows} iterations (no relapse, no large step)"
        why = f"the loss came down to {seen.now:.4g}, {below}, and {calm}"
        return Decision(Verdict.STABLE, last(view), why)

    def why_not(self, view: View) -> str:
        """Why a training that learns is not called stable, in words."""
        if ahead := self.ahead(view):
            return f"it began to learn, but {ahead}"
        unrest = self.unrest(view)
        if unrest is None or unrest.why == "":
            if unrest is not None and self._outweighed(view, unrest):
                return f"it began to learn, but its loss was not below {bar(view)} on average"
            return "it began to learn, but was not watched for long enough after that"
        return f"it began to learn, but {unrest.why} at iteration {view.trace.iterations[unrest.row]}"

    def _watched(self, view: View, unrest: Unrest) -> int:
        """Iterations beyond those that it has to be calm for."""
        return len(view) - 1 - unrest.row - max(self.settle, int(self.calm * unrest.row))

    def _outweighed(self, view: View, unrest: Unrest) -> bool:
        """Whether a few losses since are so large that on average nothing is gained: records that are never learned."""
        since = view.loss[unrest.row + 1 :]
        return len(since) > 0 and bool(np.sum(since) >= len(since) * view.learning.answer)

    def unrest(self, view: View) -> Unrest | None:
        """The last unrest; learning's own begin if nothing came after it; None while it has not begun."""
        began = view.learning.began
        if began is None:
            return None
        found = [Unrest(began, "")]
        if (row := self._relapse(view, began)) is not None:
            found.append(Unrest(row, f"its loss was back near {bar(view)}"))
        if (row := self._bold_step(view, began)) is not None:
            found.append(Unrest(row, "its steps were a large part of the weights they change"))
        return max(found, key=lambda unrest: unrest.row)

    def _relapse(self, view: View, began: int) -> int | None:
        """The last row at which most of the losses up to it had given up what was to be kept by then."""
        answer, smooth = view.learning.answer, means(view.loss, min(WINDOW, len(view)))
        best = np.minimum.accumulate(smooth)[np.maximum(np.arange(len(view)) - WINDOW + 1, 0)]
        keep = np.minimum(answer - self.kept * (answer - best), answer)
        of, most = self.most
        above = np.convolve(view.loss > keep, np.ones(of))[began + 1 : len(view)]
        back = np.flatnonzero(above >= most)
        return began + 1 + int(back[-1]) if len(back) else None

    def _bold_step(self, view: View, began: int) -> int | None:
        if not view.weights:
            return None
        with np.errstate(invalid="ignore"):  # an infinite step, none of which a senseless momentum leaves
            largest = np.max([view.update(weight) for weight in view.weights], axis=0) * summed(view.solver)
        rows = view.steps[np.flatnonzero(largest > self.bold)]
        rows = rows[rows >= began]
        return int(rows[-1]) if len(rows) else None

    def ahead(self, view: View) -> str:
        """What is still to come and cannot be told from what was: empty if nothing is."""
        solver = view.solver
        if solver is None:
            return ""
        gathering = self.memories * summed(solver)
        if len(view) < gathering:
            return f"momentum {solver.momentum:g} gathers steps for {gathering:.0f} iterations"
        highest = np.nanmax(view.trace.lr, initial=0.0)
        if highest > 0 and solver.base_lr * growth(solver) > self.rise * highest:
            times = solver.base_lr * growth(solver) / highest
            return f"its schedule goes on to {times:.3g} times the learning rate so far"
        return ""
