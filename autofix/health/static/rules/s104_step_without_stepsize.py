"""S104: a schedule of steps that says not where."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class StepWithoutStepsize(Rule):
    """A schedule that falls in steps does not say where.

    Sick: ``lr_policy`` "step" or "sigmoid" without a positive ``stepsize`` (Caffe divides by it or stops); or
    "multistep" without a ``stepvalue`` (a warning: the rate just never falls).
    Well: "step" and "sigmoid" have a ``stepsize``, "multistep" has a ``stepvalue``.
    """

    code = "S104"
    title = "step without stepsize"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the policy's line."""
        solver, at = subject.solver, subject.field("stepsize", "lr_policy")
        if solver.lr_policy in ("step", "sigmoid") and solver.stepsize <= 0:
            what = f'lr_policy "{solver.lr_policy}" needs stepsize, which is {solver.stepsize}: Caffe stops.'
            hint = " (stepvalue belongs to multistep)" if solver.stepvalues else ""
            yield self.finding(at, what, f"write stepsize, the iterations from one step to the next{hint}")
        if solver.lr_policy == "multistep" and not solver.stepvalues:
            what = 'lr_policy "multistep" has no stepvalue: the learning rate never falls.'
            hint = " (stepsize belongs to step)" if solver.stepsize else ""
            advice = f"write a stepvalue for each iteration at which it shall fall{hint}"
            yield self.finding(at, what, advice, severity=Severity.WARNING)
