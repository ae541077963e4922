"""Rules that see a training diverge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autofix.debuginfo import first_bad
from autofix.health.blame import describe
from autofix.health.rulings.decision import Decision, Verdict, last
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
    """A softmax loss sits at its ceiling for ``rows`` iterations."""

    rows: int = 5

    def decide(self, view: View) -> Decision | None:
        if len(view) < self.rows:
            return None
        weight = sum(view.trace.loss_weights.values()) or 1.0
        if not np.all(np.abs(view.loss[-self.rows :] / weight - SATURATED) < 0.01) or not _softmax_only(view):
            return None
        why = f"the loss stays at {view.loss[-1]:.6g}, the most a softmax loss can show: every answer is wrong for sure"
        return Decision(Verdict.DIVERGED, last(view), why)


@dataclass(frozen=True)
class Exploding:
    """A blob has grown out of all proportion.

    Args:
        huge: mean absolute value (the debug_info answer in ``seeds`` names e+8).
        grown: times the largest of its first three values.
    """

    huge: float = 1e8
    grown: float = 1e3

    def decide(self, view: View) -> Decision | None:
        values = view.trace.values
        with np.errstate(all="ignore"):
            now, first = values[-1], np.nanmax(values[: min(3, len(values))], axis=0, initial=0.0)
            wild = np.flatnonzero((now >= self.huge) & (now >= self.grown * first))
        if not len(wild):
            return None
        key = view.trace.keys[int(wild[0])]
        blob = f"parameter {key.blob}" if key.role == "param" else f"blob {key.blob}"
        why = f"{key.kind} of {blob} of layer {key.layer} grew to {now[wild[0]]:.3g}"
        return Decision(Verdict.EXPLODING, last(view), why)


@dataclass(frozen=True)
class BlownUp:
    """The loss is far above its start and does not come back.

    Args:
        blown: times the first loss, or the constant answer if that is larger.
        rows: losses whose median has to be there, and no lower than that of as many before.
        bounded: the same under solvers whose steps have a size of their own, whatever the gradient: what they throw
            out they may bring back.
    """

    blown: float = 4.0
    rows: int = 5
    bounded: int = 20

    def decide(self, view: View) -> Decision | None:
        solver = view.solver
        rows = self.bounded if solver is not None and solver.type in SHARES else self.rows
        if len(view) < 2 * rows:
            return None
        before, now = (float(np.median(part)) for part in np.split(view.loss[-2 * rows :], 2))
        start = max(float(view.loss[0]), abs(view.facts.constant or 0.0))
        if now > self.blown * start and now > 0.9 * before:
            why = f"the loss went from {view.loss[0]:.4g} to {now:.4g} and does not come back"
            return Decision(Verdict.EXPLODING, last(view), why)
        return None


def _softmax_only(view: View) -> bool:
    net = view.net
    return net is None or all("Softmax" in loss.layer.type for loss in net.losses)
