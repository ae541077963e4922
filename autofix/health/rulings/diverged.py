"""Rules that see a training diverge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import first_bad
from autofix.health.blame import called, describe
from autofix.health.rulings.decision import Decision, Verdict, last
from autofix.health.runaway import Growth, blown_limit, least_loss, lost_digits
from autofix.health.steps import SHARES
from autofix.health.view import View

SATURATED = 87.3365  # -ln(FLT_MIN): where SoftmaxWithLoss stops counting (softmax_loss_layer.cpp, Caffe 1.0)


@dataclass(frozen=True)
class NotFinite:
    """A number is NaN or infinite: at once."""

    def decide(self, view: View) -> Decision | None:
        bad = first_bad(view.trace)
        return None if bad is None else Decision(Verdict.DIVERGED, bad.iteration, describe(view, bad))


@dataclass(frozen=True)
class Saturated:
    """A softmax loss sits at its ceiling.

    Args:
        rows: iterations in a row; one may be an odd batch's.
        near: distance from the ceiling, in nats, that rounding may make.
    """

    rows: int = 5
    near: float = 0.01

    def decide(self, view: View) -> Decision | None:
        if len(view) < self.rows:
            return None
        weight = sum(view.trace.loss_weights.values()) or 1.0
        if not np.all(np.abs(view.loss[-self.rows :] / weight - SATURATED) < self.near) or not _softmax_only(view):
            return None
        why = f"the loss stays at {view.loss[-1]:.6g}, the most a softmax loss can show: every answer is wrong for sure"
        return Decision(Verdict.DIVERGED, last(view), why)


@dataclass(frozen=True)
class Exploding:
    """A blob has grown out of all proportion."""

    growth: Growth = Growth()  # noqa: RUF009 -- frozen

    def decide(self, view: View) -> Decision | None:
        values = view.trace.values
        wild = np.flatnonzero(self.growth.wild(values, slice(-1, None))[0])
        if not len(wild):
            return None
        key = view.trace.keys[int(wild[0])]
        why = f"{called(key)} grew to {values[-1, wild[0]]:.3g}"
        return Decision(Verdict.EXPLODING, last(view), why)


@dataclass(frozen=True)
class BlownUp:
    """The loss is far above its start and does not come back.

    Args:
        rows: losses whose median has to be there. Set, as the others, on the half of the corpus for that.
        bounded: the same under solvers whose steps have a size of their own, whatever the gradient: what they throw
            out they may bring back.
        stays: share of the median of as many losses before, above which it does not come back.
    """

    rows: int = 5
    bounded: int = 20
    stays: float = 0.9

    def decide(self, view: View) -> Decision | None:
        solver = view.solver
        rows = self.bounded if solver is not None and solver.type in SHARES else self.rows
        if len(view) < 2 * rows:
            return None
        before, now = (float(np.median(part)) for part in np.split(view.loss[-2 * rows :], 2))
        if now > blown_limit(view) and now > self.stays * before:
            why = f"the loss went from {view.loss[0]:.4g} to {now:.4g} and does not come back"
            return Decision(Verdict.EXPLODING, last(view), why)
        return None


@dataclass(frozen=True)
class Multiplying:
    """The loss multiplies from iteration to iteration, and is far above its start already.

    On the half of the corpus that this was set on, no sound training ever did so. It is not asked of solvers whose
    steps have a size of their own (see `BlownUp`).

    Args:
        far: times the loss from which a training has blown up.
        factor: from one iteration to the next.
        times: such iterations in a row; one alone may be that of an odd record.
    """

    far: float = 2.5
    factor: float = 3.0
    times: int = 2

    def decide(self, view: View) -> Decision | None:
        solver, loss = view.solver, view.loss[-self.times - 1 :]
        if len(loss) <= self.times or (solver is not None and solver.type in SHARES):
            return None
        if not loss[-1] > self.far * blown_limit(view) or not np.all(loss[:-1] > 0):
            return None
        apart = np.diff(view.trace.iterations[-self.times - 1 :])
        if not np.all(loss[1:] >= self.factor * loss[:-1]) or not np.all(apart == 1):
            return None
        why = f"the loss went from {view.loss[0]:.4g} to {loss[-1]:.4g}, and grows {self.factor:g}-fold an iteration"
        return Decision(Verdict.EXPLODING, last(view), why)


@dataclass(frozen=True)
class Unbounded:
    """The loss falls without end, where none of its kind can be below zero: its targets are not what it is made for.

    Args:
        rows: losses that all have to be further below zero than the first was from it; one may be an odd batch's.
    """

    rows: int = 5

    def decide(self, view: View) -> Decision | None:
        below = least_loss(view) - abs(float(view.loss[0])) - lost_digits(view.loss)[-self.rows :]
        if len(view) < self.rows or not np.all(view.loss[-self.rows :] < below):
            return None
        why = f"the loss fell to {view.loss[-1]:.4g}, and cannot be below 0 unless targets lie outside of 0 to 1"
        return Decision(Verdict.DIVERGED, last(view), why)


def _softmax_only(view: View) -> bool:
    net = view.net
    return net is None or all("Softmax" in loss.layer.type for loss in net.losses)
