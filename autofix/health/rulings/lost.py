"""Rules that see a training die: from the start, or after it had learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.learning import Floats
from autofix.health.pace import WELL, Pace, fading_bias, paces, silent, still_falling
from autofix.health.paths import cut_off
from autofix.health.rulings.decision import Decision, Verdict, beside, last
from autofix.health.view import View


@dataclass(frozen=True)
class Silent:
    """No weight gets any gradient, and not because the loss is as good as gone.

    Args:
        rows: iterations in a row; in one alone, every record of a small batch may happen to be answered well.
        low: share of the constant answer below which every record may simply be answered well (hinge losses end at
            0, and their gradient with them). Set on the half of the corpus for that.
        coasting: share of a weight that momentum alone may yet move it by. What gets no gradient at all has a long way
            to one; a smaller share made no verdict better on the half of the corpus for that.
    """

    rows: int = 5
    low: float = WELL
    coasting: float = 1.0

    def decide(self, view: View) -> Decision | None:
        if not silent(view, self.rows, self.coasting):
            return None
        if view.learning.began is not None or np.any(view.loss[-self.rows :] < self.low * abs(view.learning.answer)):
            return None
        return Decision(Verdict.DEAD, last(view), "no weight gets any gradient")


@dataclass(frozen=True)
class Still:
    """Learning has not begun, the loss has come to rest, and layers are still that every way to a loss leads through.

    A layer at rest whose biases fade may come back to life: weight decay lifts a negative bias until its ReLU opens.

    Args:
        patience: iterations before that counts. Set, as those without another source, on the half of the corpus for
            that.
        vanished: mean |gradient| (SageMaker Debugger's VanishingGradient rule); a larger one that moves nothing is a
            matter of base_lr.
        update: share of the weight an iteration; below it would take a million iterations to change.
        coasting: share of the weight that momentum alone may yet move it by, and come to nothing (see `Prospects`).
        rising: growth of the gradient an iteration, in natural logs, above which it may yet escape its plateau.
        fading: share of its biases that a layer may lose until max_iter.
    """

    patience: int = 60
    vanished: float = 1e-7
    update: float = 1e-6
    coasting: float = 0.05
    rising: float = 0.01
    fading: float = 0.03

    def decide(self, view: View) -> Decision | None:
        seen = view.learning
        if seen.began is not None or len(view) < self.patience or still_falling(view.loss):
            return None
        still = [pace for pace in paces(view) if self._is_still(pace) and not self._fades(view, pace.layer)]
        if not cut_off(view.net, {pace.layer for pace in still}):
            return None
        least = min(still, key=lambda pace: pace.update)
        why = (
            f"the weights of layer {quoted(least.layer)} change by {least.update:.1g} of their size an iteration, "
            f"and the loss stays at {seen.now:.4g}, {beside(view)}"
        )
        return Decision(Verdict.DEAD, last(view), why)

    def _is_still(self, pace: Pace) -> bool:
        moved = pace.update < self.update and pace.coasting < self.coasting
        return moved and pace.gradient < self.vanished and pace.growth <= self.rising

    def _fades(self, view: View, layer: str) -> bool:
        iterations = view.solver.max_iter if view.solver is not None else 0
        return fading_bias(view, layer) * iterations > self.fading


@dataclass(frozen=True)
class Collapsed:
    """What had been learned is gone, and nothing moves any more: a wobble that recovers keeps moving.

    Args:
        rows: losses whose median has to be back at the constant answer. Set, as the others, on the half of the corpus
            for that.
        back: share of the constant answer that counts as back.
        learned: share of the constant answer below which a mean loss must have been, to be lost (the rule of the
            ground truth).
        stalled: share of its median before, to which the update of a weight has fallen.
        flat: standard deviation of the losses, as a share of the constant answer, that stands in where no weights
            are logged.
    """

    rows: int = 20
    back: float = 0.98
    learned: float = 0.9
    stalled: float = 0.01
    flat: float = 0.05

    def decide(self, view: View) -> Decision | None:
        seen = view.learning
        if seen.began is None or not seen.known or len(view) < seen.began + self.rows:
            return None
        recent = view.loss[-self.rows :]
        now = float(np.median(recent[np.isfinite(recent)])) if np.isfinite(recent).any() else 0.0
        if now <= self.back * seen.answer or seen.best >= self.learned * seen.answer or not self._at_rest(view):
            return None
        why = f"the loss had come down to {seen.best:.4g} and fell back to {seen.now:.4g}, {beside(view)}"
        return Decision(Verdict.DIVERGED, last(view), why)

    def _at_rest(self, view: View) -> bool:
        if not view.weights:
            return float(np.std(view.loss[-self.rows :])) < self.flat * abs(view.learning.answer)
        return cut_off(view.net, {weight.layer for weight in view.weights if self._stalled(view.update(weight))})

    def _stalled(self, update: Floats) -> bool:
        if len(update) <= self.rows:
            return False
        return bool(np.median(update[-self.rows :]) < self.stalled * np.median(update[: -self.rows]))
