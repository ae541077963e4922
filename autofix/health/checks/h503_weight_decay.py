"""H503: a weight_decay that leaves nothing of the weights."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.view import View


class WeightDecay(Check):
    """Weight decay pulls the weights to zero more strongly than gradients can hold against.

    Sick: the solver's weight_decay is ``strong`` or more, some hundred times the usual. Whatever the base_lr, a weight
    comes to rest where its gradient is that share of itself, and a net of zeros has no gradient.
    Well: it is around 0.0005.
    """

    code = "H503"
    title = "weight_decay too large"
    severity = Severity.WARNING
    strong: float = 0.1  # 200 times the usual
    usual: float = 0.0005  # Caffe's own examples

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the weight_decay that Caffe printed."""
        solver = view.solver
        if solver is None or solver.weight_decay < self.strong:
            return
        yield self.finding(
            f"The weight_decay of {solver.weight_decay:g} pulls every weight to zero, some "
            f"{solver.weight_decay / self.usual:.0f} times as hard as is usual.",
            iteration=int(view.trace.iterations[0]),
            evidence=(Evidence("weight_decay", solver.weight_decay),),
            remedy=Remedy(f"set weight_decay to {self.usual:g}", weight_decay=self.usual),
        )
