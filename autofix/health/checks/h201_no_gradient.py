"""H201: a weight without gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.gains import gains
from autofix.health.view import View


class NoGradient(Check):
    """A weight that is meant to learn gets no gradient at all.

    Sick: the mean |diff| of a weight is exactly zero in the last ``rows`` iterations.
    Well: it is not zero; or lr_mult is 0, which is meant.
    """

    code = "H201"
    title = "no gradient"
    severity = Severity.ERROR
    rows: int = 5  # iterations

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield each such weight; those drawn as constants get a std."""
        constant = {gain.layer: gain.keeping for gain in gains(view) if gain.std == 0}
        for weight in view.weights:
            gradient = view.gradient(weight)
            if len(gradient) < self.rows or np.any(gradient[-self.rows :] != 0):
                continue
            remedy = None
            if constant:
                names = ", ".join(constant)
                remedy = Remedy(
                    f"draw the weights of {names}, which are all alike now, at random", filler_stds=constant
                )
            yield self.finding(
                f"The weights of layer {weight.layer} get no gradient, so they never change.",
                layer=weight.layer,
                blob=str(weight.index),
                iteration=int(view.trace.iterations[-self.rows]),
                evidence=(Evidence("mean |diff|", 0.0),),
                remedy=remedy,
            )
