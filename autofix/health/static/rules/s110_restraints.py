"""S110: restraints so strong that nothing is left to learn."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class Restraints(Rule):
    """Weight decay, gradient clipping or accumulation leaves nothing to learn.

    Sick: ``clip_gradients: 0`` (every gradient is cut to zero), a negative ``weight_decay`` (weights grow by
    themselves), ``iter_size`` or ``average_loss`` below 1; a ``weight_decay`` of ``strong`` or more is a warning.
    Well: ``clip_gradients`` positive or absent, ``weight_decay`` around 0.0005, ``iter_size`` 1 or more.
    """

    code = "S110"
    title = "restraints leave nothing to learn"
    strong: float = 0.1  # of the weight, times the learning rate, an iteration; 0.0005 is usual

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such value."""
        solver, at = subject.solver, subject.field
        if solver.clip_gradients == 0:
            what = "clip_gradients is 0: every gradient is cut to zero."
            yield self.finding(at("clip_gradients"), what, "write the largest L2 norm allowed, or remove the line")
        if solver.iter_size < 1:
            what = f"iter_size is {solver.iter_size}: no batch is ever computed."
            yield self.finding(at("iter_size"), what, "write how many batches make one step, 1 or more")
        if solver.average_loss < 1:
            what = f"average_loss is {solver.average_loss}: Caffe stops."
            yield self.finding(at("average_loss"), what, "write over how many iterations to show the loss, 1 or more")
        if solver.weight_decay < 0:
            what = f"weight_decay is {solver.weight_decay:g}: the weights grow by themselves."
            yield self.finding(at("weight_decay"), what, "write a positive weight_decay, such as 0.0005")
        elif solver.weight_decay >= self.strong:
            what = f"weight_decay is {solver.weight_decay:g}, some hundred times the usual: the weights shrink to zero."
            advice = "write a smaller weight_decay, such as 0.0005"
            yield self.finding(at("weight_decay"), what, advice, severity=Severity.WARNING)
