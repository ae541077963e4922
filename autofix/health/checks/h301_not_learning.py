"""H301: a loss that does not go below the constant answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.learning import learning
from autofix.health.view import View


class NotLearning(Check):
    """The loss is no better than that of a net which ignores its input.

    Sick: for ``patience`` iterations the loss has not gone below the constant answer.
    Well: it has.
    """

    code = "H301"
    title = "not learning yet"
    severity = Severity.ERROR
    patience: int = 50  # iterations

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the loss beside the constant answer."""
        if len(view) < self.patience or not np.isfinite(view.loss).all():
            return
        seen = learning(view.loss, view.facts.constant)
        if seen.began is not None:
            return
        beside = f"always giving the constant answer costs {seen.answer:.4g}" if seen.known else "it has not halved"
        yield self.finding(
            f"After {len(view)} iterations the loss is {seen.now:.4g}; {beside}.",
            iteration=int(view.trace.iterations[-1]),
            evidence=(Evidence("loss", seen.now), Evidence("constant answer", seen.answer)),
            remedy=Remedy("if the gradients are healthy, base_lr may be far too small", base_lr_factor=10.0),
        )
