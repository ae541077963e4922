"""H107: a loss below zero, where there can be none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autofix.debuginfo import quoted
from autofix.health.check import Check
from autofix.health.finding import Evidence, Finding, Remedy
from autofix.health.runaway import least_loss, lost_digits
from autofix.health.view import View

THE_INPUT = "the input itself"  # of an autoencoder: one scale mends both


class BelowZero(Check):
    """The loss is below zero, where its kind cannot be, and may fall for ever.

    Sick: ``rows`` losses are below zero, and none of the losses of the net is of a kind that can be: the targets of a
    SigmoidCrossEntropyLoss lie outside of 0 to 1. It has no least value then, and its gradient never ends.
    Well: such a loss is zero at best, or printed a little lower behind a huge one.
    """

    code = "H107"
    title = "loss below zero"
    rows: int = 3  # iterations: a single one may be a slip of rounding
    slip: float = 1e-3  # of the size of the first loss; rounding in float32 is far smaller without a spike

    def examine(self, view: View) -> Iterator[Finding]:
        """Yield the first iteration below zero."""
        loss = np.where(np.isfinite(view.loss), view.loss, 0.0)
        below = np.flatnonzero(loss < least_loss(view) - self.slip * abs(float(loss[0])) - lost_digits(loss))
        if len(below) < self.rows:
            return
        worst, layer = float(loss.min()), _cross_entropy(view)
        of = f"layer {quoted(layer)}" if layer else "a loss"
        yield self.finding(
            f"The loss is down to {worst:.4g}, and cannot be below 0 unless the targets of {of} lie outside of 0 to 1. "
            "Then it has no least value: the training goes on for ever and learns nothing.",
            layer=layer,
            iteration=int(view.trace.iterations[below[0]]),
            evidence=(Evidence("loss", worst), Evidence("iterations below 0", len(below))),
            remedy=Remedy(_advice(view, layer)),
        )


def _cross_entropy(view: View) -> str:
    """The layer whose targets are at fault."""
    losses = view.net.losses if view.net is not None else ()
    return next((loss.layer.name for loss in losses if loss.layer.type == "SigmoidCrossEntropyLoss"), "")


def _advice(view: View, layer: str) -> str:
    """What to do, and by how much as far as the log tells: it has the mean of the targets, not the largest."""
    net = view.net
    label = next((loss.label for loss in net.losses if loss.layer.name == layer), "") if net is not None else ""
    signals = {blob for data in net.inputs for blob in data.features} if net is not None else set()
    own = f", which are {THE_INPUT}," if net is not None and label and net.blobs.root(label) in signals else ""
    asked = f"scale the targets{own} into 0 to 1, in every phase"
    sizes = [
        float(view.trace.values[0, column])
        for column, key in enumerate(view.trace.keys)
        if key.blob == label and key.role == "top" and np.isfinite(view.trace.values[0, column])
    ]
    if not sizes:
        return asked
    told = f"{asked}: their mean |x| is {sizes[-1]:.3g}"
    return (
        f"{told}, as of pixels, which 1/256 brings there" if 8 < sizes[-1] < 256 else f"{told}; divide by the largest"
    )
