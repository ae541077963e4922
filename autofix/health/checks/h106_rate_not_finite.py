"""H106: a learning rate that is no number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.view import View


class RateNotFinite(Check):
    """The schedule makes NaN or infinity of the learning rate.

    Sick: the logged lr is not finite; lr_policy "poly" without max_iter divides by zero.
    Well: it is a number in every iteration.
    """

    code = "H106"
    title = "learning rate not finite"

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the first such iteration."""
        bad = np.flatnonzero(view.trace.lr_logged & ~np.isfinite(view.trace.lr))
        if not len(bad):
            return
        row = int(bad[0])
        policy = view.solver.lr_policy if view.solver is not None else ""
        yield self.finding(
            f"The learning rate is {view.trace.lr[row]:g} at iteration {view.trace.iterations[row]}: {_cause(policy)}.",
            iteration=int(view.trace.iterations[row]),
            evidence=(Evidence("lr", float(view.trace.lr[row])),),
            remedy=Remedy(_advice(policy), searchable=False),
        )


def _cause(policy: str) -> str:
    if policy == "fixed":
        return "with a fixed lr_policy it is what base_lr says"
    return f"the schedule {policy + ' ' if policy else ''}cannot be computed from the solver's numbers"


def _advice(policy: str) -> str:
    if policy == "fixed":
        return "give base_lr a number"
    if policy == "poly":
        return 'give the solver a max_iter: lr_policy "poly" divides by it'
    return "mend the schedule in the solver: lr_policy, gamma, power, stepsize"
