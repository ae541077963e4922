"""The verdict on a training, reached as early as it is certain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from autofix.debuginfo import first_bad
from autofix.health.blame import describe
from autofix.health.learning import Learning
from autofix.health.view import View

SATURATED = 87.3365  # -ln(FLT_MIN): where SoftmaxWithLoss stops counting (softmax_loss_layer.cpp, Caffe 1.0)


class Verdict(str, Enum):
    """What a probe showed."""

    STABLE = "stable"
    DIVERGED = "diverged"
    EXPLODING = "exploding"
    DEAD = "dead"
    NOT_LEARNING = "not-learning"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, the iteration it was reached at, and one sentence why."""

    verdict: Verdict
    iteration: int
    why: str


@dataclass(frozen=True, slots=True)
class Slowest:
    """The weight that moves least: its mean |gradient|, that gradient's growth, and its update (see `View.update`)."""

    layer: str
    gradient: float
    growth: float
    update: float


@dataclass(frozen=True)
class Judge:
    """Decides after each iteration: a verdict, or go on.

    The rules run in order of severity; each sees the whole trace so far.

    Args:
        least: iterations without which nothing counts as stable.
        cap: iterations after which the probe ends whatever is known.
        give_up: iterations after which a plateau without any sign of change ends the probe before the cap.
        settle: iterations that a training must stay well after learning was seen, at least; it must also stay well
            for as long as it took to begin.
        huge: mean absolute value that counts as exploding (the debug_info answer in ``seeds`` names e+8) if the blob
            grew to it ``grown``-fold.
        blown: factor over the starting loss that counts as blown up once it lasts.
        silent: iterations with no gradient at all, or at the ceiling of the loss, that are enough.
        patience: iterations before weights that hardly move count as dead.
        vanished: mean |gradient| that counts as vanished (SageMaker Debugger's VanishingGradient rule); a larger one
            that moves nothing is a matter of base_lr.
        still: share of a weight per iteration below which it would take a million iterations to change.
        rising: growth of a gradient per iteration, in natural logs, above which it may yet escape its plateau.
    """

    least: int = 40
    cap: int = 300
    give_up: int = 300
    settle: int = 20
    huge: float = 1e8
    grown: float = 1e3
    blown: float = 4.0
    silent: int = 5
    patience: int = 60
    vanished: float = 1e-7
    still: float = 1e-6
    rising: float = 0.01

    def decide(self, view: View) -> Decision | None:
        """Return the verdict if it is certain by now; at the cap always one."""
        if not len(view):
            return None
        for rule in (self._not_finite, self._saturated, self._exploding, self._blown_up):
            if decision := rule(view):
                return decision
        seen = view.learning
        for rule_of_loss in (self._collapsed, self._dead, self._stable):
            if decision := rule_of_loss(view, seen):
                return decision
        hopeless = len(view) >= self.give_up and seen.began is None and not self._may_yet_learn(view)
        return self.conclude(view) if hopeless or len(view) >= self.cap else None

    def conclude(self, view: View, whole: bool = False) -> Decision:
        """Return a verdict on a training that ends here, undecided so far.

        Args:
            whole: it came to its own end, max_iter, so that there is nothing more to watch.
        """
        if not len(view):
            return Decision(Verdict.INCONCLUSIVE, 0, "no iteration was seen")
        seen, at = view.learning, _last(view)
        if seen.began is not None and whole and seen.now < seen.answer:
            return Decision(Verdict.STABLE, at, f"the whole training ran, and the loss came down to {seen.now:.4g}")
        if seen.began is not None:
            return Decision(Verdict.INCONCLUSIVE, at, "it learns, but was not watched for long enough after that")
        why = self._may_yet_learn(view)
        if not why and view.pretrained and not seen.known:
            why = f"the loss stays at {seen.now:.4g}, and nothing tells whether that is well learned already"
        if why:
            return Decision(Verdict.INCONCLUSIVE, at, why)
        return Decision(Verdict.NOT_LEARNING, at, f"the loss stays at {seen.now:.4g}, {_beside(view, seen)}")

    def _may_yet_learn(self, view: View) -> str:
        """Why a training that has not begun to learn is not to be given up, or nothing."""
        if len(view) < self.patience:
            return f"{len(view)} iterations are too few to tell"
        if self._still_falling(view):
            return "the loss still falls, but is not yet below the constant answer"
        slowest = self._slowest(view)
        if slowest is not None and slowest.growth > self.rising:
            return "on a plateau, with gradients that still grow"
        return ""

    # --- rules over the whole trace ---

    def _not_finite(self, view: View) -> Decision | None:
        bad = first_bad(view.trace)
        if bad is None:
            return None
        return Decision(Verdict.DIVERGED, bad.iteration, describe(view, bad))

    def _saturated(self, view: View) -> Decision | None:
        weight = sum(view.trace.loss_weights.values()) or 1.0
        last = view.loss[-self.silent :] / weight
        if len(last) < self.silent or not np.all(np.abs(last - SATURATED) < 0.01) or not self._softmax_only(view):
            return None
        why = f"the loss stays at {view.loss[-1]:.6g}, the most a softmax loss can show: every answer is wrong for sure"
        return Decision(Verdict.DIVERGED, _last(view), why)

    def _exploding(self, view: View) -> Decision | None:
        values = view.trace.values
        with np.errstate(all="ignore"):
            last, first = values[-1], np.nanmax(values[: min(3, len(values))], axis=0, initial=0.0)
            wild = np.flatnonzero((last >= self.huge) & (last >= self.grown * first))
        if not len(wild):
            return None
        key = view.trace.keys[int(wild[0])]
        why = f"{key.kind} of {_blob(key.role, key.blob)} of layer {key.layer} grew to {last[wild[0]]:.3g}"
        return Decision(Verdict.EXPLODING, _last(view), why)

    def _blown_up(self, view: View) -> Decision | None:
        if len(view) < 10:
            return None
        before, now = float(np.median(view.loss[-10:-5])), float(np.median(view.loss[-5:]))
        start = max(float(np.mean(view.loss[:3])), abs(view.facts.constant or 0.0))
        if now > self.blown * start and now > 0.9 * before:
            why = f"the loss went from {view.loss[0]:.4g} to {now:.4g} and does not come back"
            return Decision(Verdict.EXPLODING, _last(view), why)
        return None

    # --- rules that ask whether learning has begun ---

    def _collapsed(self, view: View, seen: Learning) -> Decision | None:
        if seen.began is None or not seen.known or len(view) < seen.began + 20:
            return None
        if float(np.median(view.loss[-20:])) > 0.98 * seen.answer and seen.best < 0.9 * seen.answer:
            why = f"the loss had come down to {seen.best:.4g} and fell back to {seen.now:.4g}, {_beside(view, seen)}"
            return Decision(Verdict.DIVERGED, _last(view), why)
        return None

    def _dead(self, view: View, seen: Learning) -> Decision | None:
        if seen.began is not None or not view.weights or len(view.steps) < self.silent:
            return None
        if all(not np.any(view.gradient(weight)[-self.silent :]) for weight in view.weights):
            return Decision(Verdict.DEAD, _last(view), "no weight gets any gradient")
        if len(view) < self.patience or self._still_falling(view):
            return None
        slowest = self._slowest(view)
        if slowest is None or not self._lies_dead(slowest):
            return None
        why = (
            f"the weights of layer {slowest.layer} change by {slowest.update:.1g} of their size an iteration, "
            f"and the loss stays at {seen.now:.4g}, {_beside(view, seen)}"
        )
        return Decision(Verdict.DEAD, _last(view), why)

    def _lies_dead(self, slowest: Slowest) -> bool:
        vanished = slowest.gradient < self.vanished and slowest.update < self.still
        return vanished and slowest.growth <= self.rising

    def _stable(self, view: View, seen: Learning) -> Decision | None:
        if seen.began is None or len(view) < self.least:
            return None
        relapse = self._last_relapse(view, seen)
        calm_since = seen.began if relapse is None else relapse
        if len(view) - 1 - calm_since < max(self.settle, calm_since):
            return None
        below = f"below the {seen.answer:.4g} of the constant answer" if seen.known else "half of where it began"
        why = f"the loss came down to {seen.now:.4g}, {below}, and stayed there for {len(view) - calm_since} iterations"
        return Decision(Verdict.STABLE, _last(view), why)

    # --- helpers ---

    def _last_relapse(self, view: View, seen: Learning) -> int | None:
        """The last row since learning began at which most of the five losses up to it were back above the answer."""
        assert seen.began is not None
        above = np.convolve(view.loss > seen.answer, np.ones(5), "valid")[max(seen.began - 3, 0) :]
        back = np.flatnonzero(above >= 3)
        return seen.began + int(back[-1]) if len(back) else None

    def _still_falling(self, view: View) -> bool:
        """Whether the last third of the losses lies clearly below the third before it."""
        third = len(view) // 3
        if third < 5:
            return False
        before, after = view.loss[-2 * third : -third], view.loss[-third:]
        error = np.sqrt((before.var() + after.var()) / third)
        return bool(before.mean() - after.mean() > max(3 * error, 0.01 * abs(before.mean())))

    def _slowest(self, view: View) -> Slowest | None:
        """The weight that moves least, over the last iterations."""
        rows = slice(-40, None)
        found = None
        for weight in view.weights:
            update, gradient = float(np.median(view.update(weight)[rows])), view.gradient(weight)[rows]
            if found is None or update < found.update:
                found = Slowest(weight.layer, float(np.median(gradient)), _growth(gradient), update)
        return found

    def _softmax_only(self, view: View) -> bool:
        net = view.net
        return net is None or all("Softmax" in loss.layer.type for loss in net.losses)


def _growth(gradient: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Growth per iteration in natural logs: the slope of a straight line fitted to ln |g|; 0 for too few values."""
    rows = np.flatnonzero(gradient > 0)
    if len(rows) < 10:
        return 0.0
    return float(np.polyfit(rows, np.log(gradient[rows]), 1)[0])


def _blob(role: str, blob: str) -> str:
    return f"parameter {blob}" if role == "param" else f"blob {blob}"


def _beside(view: View, seen: Learning) -> str:
    if not seen.known:
        return "where it began"
    return f"beside {seen.answer:.4g} for always giving the constant answer ({view.facts.constant_source})"


def _last(view: View) -> int:
    return int(view.trace.iterations[-1])
