"""H203: steps out of proportion to the weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.rates import largest_update, of_size, slower
from autofix.health.view import View


class UpdateTooLarge(Check):
    """An update is a large part of the weight it changes.

    Sick: lr x lr_mult x mean |gradient| / mean |weight| passes ``large`` in one of the first iterations or later.
    Well: it is around a thousandth (the rule of thumb of Stanford's CS231n notes).
    """

    code = "H203"
    title = "updates too large"
    severity = Severity.WARNING
    large: float = 0.1  # of the weight an iteration: a hundred times the usual thousandth

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the largest update of the trace."""
        found = largest_update(view)
        if found is None or found.share < self.large or not np.isfinite(found.share):
            return
        factor, because = slower(view)
        yield self.finding(
            f"The step of iteration {found.iteration} changes the weights of layer {quoted(found.layer)} by "
            f"{of_size(found.share)}; about 0.1 % is usual.",
            layer=found.layer,
            iteration=found.iteration,
            evidence=(Evidence("update", found.share, "times the weight in one step"),),
            remedy=Remedy(f"lower base_lr: {because}", base_lr_factor=factor),
        )
