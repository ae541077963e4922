"""What is said of a training that ends before anything is certain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import listed, quoted
from autofix.health.pace import paces, slowest, still_falling
from autofix.health.paths import cut_off
from autofix.health.rulings.decision import Decision, Verdict, bar, beside, first_loss, last
from autofix.health.runaway import blown_limit
from autofix.health.steps import summed
from autofix.health.view import View


@dataclass(frozen=True)
class Prospects:
    """Whether a training on its plateau may yet learn.

    A plateau alone proves nothing, however long: on the corpus, sound trainings sit on theirs for up to thousands of
    iterations. What can be told is whether the weights could change at all within the training.

    Args:
        patience: iterations before which nothing is said.
        rising: growth of the slowest gradient an iteration, in natural logs, that may yet lead off the plateau.
        needed: change of a weight blob, as a share of its size, without which a training comes to nothing. All three
            were set on the half of the corpus for that.
    """

    patience: int = 60
    rising: float = 0.01
    needed: float = 0.05

    def moving(self, view: View) -> str:
        """What still changes on the plateau, in words; empty if nothing does."""
        if len(view) < self.patience:
            return f"{len(view)} iterations are too few to tell" if len(view) != 1 else "one iteration tells too little"
        if still_falling(view.loss):
            return f"the loss still falls, but is not yet clearly below {bar(view)}"
        least = slowest(view)
        if least is not None and least.growth > self.rising:
            return "on a plateau, with gradients that still grow"
        return ""

    def change(self, view: View) -> float:
        """How far the weight that moves most may yet come until max_iter, as a share of its size."""
        solver = view.solver
        if solver is None or not view.weights or solver.max_iter <= 0:
            return np.inf
        pace = max(float(np.median(view.update(weight)[-self.patience :])) for weight in view.weights)
        return pace * summed(solver) * solver.max_iter

    def conclude(self, view: View, whole: bool) -> Decision:
        """The verdict where learning has not begun.

        Args:
            whole: the training came to its own end.
        """
        seen, at = view.learning, last(view)
        stays = f"the loss stays at {seen.now:.4g}"
        if moving := self.moving(view):
            return Decision(Verdict.INCONCLUSIVE, at, moving)
        if view.pretrained and not seen.known:
            return Decision(
                Verdict.INCONCLUSIVE, at, f"{stays}, and nothing tells whether that is well learned already"
            )
        if whole:
            return Decision(Verdict.NOT_LEARNING, at, f"{stays} to its end, {beside(view)}")
        if (change := self.change(view)) < self.needed:
            pace = f"at this pace no weight changes by more than {100 * change:.2g} % of its size until max_iter"
            return Decision(Verdict.NOT_LEARNING, at, f"{stays}, {beside(view)}; {pace}")
        return Decision(Verdict.INCONCLUSIVE, at, self._outlook(view, stays))

    def _outlook(self, view: View, stays: str) -> str:
        """What may become of a training that is neither moving nor decided."""
        now, start = view.learning.now, first_loss(view)
        if now > blown_limit(view):
            return f"the loss is at {now:.4g}, far above the {start:.4g} where it began, but it may yet come back"
        silent = dict.fromkeys(pace.layer for pace in paces(view) if pace.gradient == 0)
        if cut_off(view.net, silent):
            dead = f"the weights of {listed(map(quoted, silent))} get no gradient, and may or may not come back to life"
            return f"{stays}, {beside(view)}: {dead}"
        return f"{stays}, {beside(view)}: it may be a plateau before it learns"
