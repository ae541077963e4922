"""H206: a momentum that lets steps add up for too long."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.steps import SUMMING, summed
from autofix.health.view import View


class Momentum(Check):
    """Momentum adds up so many past gradients that the steps keep growing for hundreds of iterations.

    Sick: the solver adds past steps up (SGD, Nesterov) and its momentum is above ``large``: a steady gradient ends in
    steps 1/(1 - momentum) times those of the first iteration.
    Well: momentum is 0.9, at which a step is worth ten.
    """

    code = "H206"
    title = "momentum too large"
    severity = Severity.WARNING
    large: float = 0.95  # 0.9 is usual (Caffe's examples; Sutskever et al. 2013 go to 0.99 with care)
    usual: float = 0.9

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the momentum that Caffe printed."""
        solver = view.solver
        if solver is None or solver.type not in SUMMING or solver.momentum <= self.large:
            return
        worth = summed(solver)
        yield self.finding(
            f"With momentum {solver.momentum:g} a steady gradient is added up {worth:.4g}-fold, so the steps go on "
            f"growing for about as many iterations.",
            iteration=int(view.trace.iterations[0]),
            evidence=(Evidence("momentum", solver.momentum), Evidence("steps added up", worth)),
            remedy=Remedy(f"set momentum to {self.usual:g}", momentum=self.usual),
        )
