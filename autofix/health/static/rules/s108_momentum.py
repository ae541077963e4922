"""S108: a memory of past gradients that does not fade."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Remedy, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

USUAL = 0.9


class Momentum(Rule):
    """A running mean of the solver never forgets, or is one that the solver does not take.

    Sick: ``momentum`` of 1 or more or below 0; ``momentum2`` of Adam or ``rms_decay`` of RMSProp outside 0 to 1;
    any ``momentum`` with AdaGrad or RMSProp, at which Caffe stops; above ``large`` it is a warning.
    Well: ``momentum: 0.9``; none with AdaGrad and RMSProp.
    """

    code = "S108"
    title = "momentum out of range"
    large: float = 0.99  # steps of SGD add up to 1 / (1 - momentum) times base_lr

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such value."""
        solver, at = subject.solver, subject.field
        if not 0 <= solver.momentum < 1:
            effect = "past steps never fade, and the weights run away" if solver.momentum >= 1 else "steps point back"
            what = f"momentum is {solver.momentum:g}: {effect}."
            remedy = Remedy("write a momentum below 1, such as 0.9", momentum=USUAL)
            yield self.finding(at("momentum"), what, remedy)
        elif solver.momentum and solver.type in ("AdaGrad", "RMSProp"):
            what = f"{solver.type} takes no momentum: Caffe stops."
            yield self.finding(at("momentum"), what, "remove momentum, or use Adam, which takes it")
        elif solver.momentum > self.large and solver.type in ("SGD", "Nesterov"):
            what = f"momentum is {solver.momentum:g}: steps add up to {1 / (1 - solver.momentum):.0f} times base_lr."
            remedy = Remedy("write a momentum such as 0.9", momentum=USUAL)
            yield self.finding(at("momentum"), what, remedy, severity=Severity.WARNING)
        if solver.type == "Adam" and not 0 <= solver.momentum2 < 1:
            what = f"momentum2 is {solver.momentum2:g}: Adam's steps are not finite."
            yield self.finding(at("momentum2"), what, "write a momentum2 below 1, such as 0.999")
        if solver.type == "RMSProp" and not 0 <= solver.rms_decay < 1:
            what = f"rms_decay is {solver.rms_decay:g}: Caffe takes 0 up to, but not, 1."
            yield self.finding(at("rms_decay"), what, "write an rms_decay below 1, such as 0.99")
