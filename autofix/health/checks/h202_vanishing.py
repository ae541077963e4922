"""H202: gradients that fade on their way to the first layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.gains import BASIS, Gain, gains, wanted
from autofix.health.view import View


class Vanishing(Check):
    """Signals or gradients shrink layer by layer until the weights no longer move.

    Sick: learning has not begun, a weight changes by less than ``still`` of its size an iteration and has a mean
    |gradient| below ``vanished``.
    Well: learning has begun, or every weight moves.
    """

    code = "H202"
    title = "vanishing gradient"
    vanished: float = 1e-7  # mean |gradient|; SageMaker Debugger's VanishingGradient rule
    still: float = 1e-6  # of the weight an iteration: a million to change it, more than trainings have
    shrinking: float = 1 / 3  # std in units of the one that keeps the signal; as check H204 has it
    rows: int = 20  # last iterations looked at, of which the median counts

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the weight that moves least."""
        loss = view.loss[np.isfinite(view.loss)]
        if not len(loss) or not view.weights or view.learning.began is not None:
            return
        rows = slice(-self.rows, None)
        update, gradient, weight = min(
            (
                (
                    float(np.median(view.update(weight)[rows])),
                    float(np.median(view.gradient(weight)[rows])),
                    weight,
                )
                for weight in view.weights
            ),
            key=lambda triple: triple[0],
        )
        if not (0 < gradient < self.vanished and update < self.still):
            return
        small = {gain.layer: gain for gain in gains(view) if gain.off < self.shrinking}
        yield self.finding(
            f"The gradient has faded to {gradient:.2g} when it reaches layer {quoted(weight.layer)}: its weights "
            f"change by {update:.1g} of their size an iteration.",
            layer=weight.layer,
            blob=str(weight.index),
            iteration=int(view.trace.iterations[-1]),
            evidence=(
                Evidence("mean |diff|", gradient),
                Evidence("update", update, "of the weight an iteration"),
            ),
            remedy=Remedy(
                _advice(view, list(small.values())),
                filler_stds={name: gain.keeping for name, gain in small.items()},
            ),
        )


def _advice(view: View, small: list[Gain]) -> str:
    if not small and gains(view):  # all weights were drawn well
        return "find what shrinks the signal although its weights were drawn well: weight_decay, biases, or tiny input"
    stds = (
        f": std {wanted(small)}; {BASIS}" if small else "; the log does not tell how they are drawn, so no std is named"
    )
    return f"draw larger weights, so that the signal keeps its size from layer to layer{stds}"
