"""S106: a schedule without its factor."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

FACTOR = ("step", "multistep", "exp")  # policies in which gamma multiplies the rate
CURVE = ("inv", "sigmoid")  # policies in which it only bends the curve


class Gamma(Rule):
    """The schedule has no gamma, a negative one, or one that makes the rate grow.

    Sick: ``gamma`` is 0 or missing in "step", "multistep" or "exp" (the rate is 0 from the first step on) or
    negative (Caffe stops); above 1 there (a warning: the rate grows without end); 0 or missing in "inv" or
    "sigmoid" (a warning: the rate is constant).
    Well: 0.1 or 0.5 for "step" and "multistep", slightly below 1 for "exp", such as 0.0001 for "inv".
    """

    code = "S106"
    title = "no usable gamma"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the line of gamma or of the policy."""
        solver, policy, at = subject.solver, subject.solver.lr_policy, subject.field("gamma", "lr_policy")
        written = "gamma" in solver.root
        if policy not in (*FACTOR, *CURVE):
            return
        what = f'gamma is {solver.gamma:g}{"" if written else " (not written)"} with lr_policy "{policy}"'
        if solver.gamma < 0:
            yield self.finding(at, f"{what}: Caffe stops.", "write a gamma between 0 and 1")
        elif solver.gamma == 0 and policy in FACTOR:
            when = "after the first iteration" if policy == "exp" else "from the first step on"
            yield self.finding(at, f"{what}: the learning rate is 0 {when}.", "write gamma, such as 0.1 for steps")
        elif solver.gamma == 0:
            what += ": the learning rate stays the same."
            yield self.finding(at, what, "write gamma, such as 0.0001", severity=Severity.WARNING)
        elif solver.gamma > 1 and policy in FACTOR:
            what += ": the learning rate grows without end."
            yield self.finding(at, what, "write a gamma below 1", severity=Severity.WARNING)
