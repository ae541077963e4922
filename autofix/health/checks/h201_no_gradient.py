"""H201: a weight without gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import listed, quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.gains import BASIS, gains, wanted
from autofix.health.learning import Floats
from autofix.health.pace import answered_well
from autofix.health.rates import slowed
from autofix.health.view import View


class NoGradient(Check):
    """A weight that is meant to learn gets no gradient at all.

    Sick: the mean |diff| of a weight is exactly zero in the last ``rows`` iterations.
    Well: it is not zero; lr_mult is 0, which is meant; or the loss no longer hands anything back, as no record is
    answered badly.
    """

    code = "H201"
    title = "no gradient"
    severity = Severity.ERROR
    rows: int = 5  # iterations, as in the verdict "dead": all records of one batch may be answered well

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield one finding for all such weights."""
        silent = [weight for weight in view.weights if self._silent(view.gradient(weight))]
        if not silent:
            return
        names = listed(dict.fromkeys(quoted(weight.layer) for weight in silent))
        since = max(_silent_since(view.gradient(weight)) for weight in silent)
        if since and answered_well(view, self.rows):
            return
        at_all = "any more, so they no longer change" if since else "at all, so they never change"
        yield self.finding(
            f"The weights of {names} get no gradient {at_all}.",
            layer=silent[0].layer,
            blob=str(silent[0].index),
            iteration=int(view.step_iterations[since]),
            evidence=(Evidence("mean |diff|", 0.0), Evidence("such weights", len(silent), f"of {len(view.weights)}")),
            remedy=self._remedy(view),
        )

    def _silent(self, gradient: Floats) -> bool:
        return len(gradient) >= self.rows and not np.any(gradient[-self.rows :])

    def _remedy(self, view: View) -> Remedy | None:
        """Random weights where they are drawn as constants; slower steps where they died on the way."""
        constant = [gain for gain in gains(view) if gain.std == 0]
        if constant:
            advice = f"draw weights at random that are all alike now: std {wanted(constant)}; {BASIS}"
            return Remedy(advice, filler_stds={gain.layer: gain.keeping for gain in constant})
        return slowed(view) if all(view.gradient(weight)[0] > 0 for weight in view.weights) else None


def _silent_since(gradient: Floats) -> int:
    """Return the row from which on a gradient is zero."""
    return int(np.flatnonzero(gradient)[-1]) + 1 if gradient.any() else 0
