"""S507: loss weights for some tops alone."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model.kinds import is_loss


class LossWeightCount(Rule):
    """A layer has loss weights, but not one for each top.

    Sick: fewer or more ``loss_weight`` than tops; or none in a loss with two tops, whose 1 for the first top Caffe
    writes itself. It stops.
    Well: one for each top, such as 1 and 0; or none in a layer of one top.
    """

    code = "S507"
    title = "a loss_weight for each top, or none"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        for layer in subject.layers:
            written = layer.message.scalars("loss_weight")
            count = len(written) or int(is_loss(layer.type))
            tops = len(layer.tops) or int(is_loss(layer.type))  # a loss makes a top where none is written
            if count and tops and count != tops and layer.version > 0:
                told = f"{count} loss_weight" if written else "the one loss_weight that Caffe gives it"
                what = f"Layer {layer.name} has {told} for {tops} top{'s' if tops > 1 else ''}: Caffe stops."
                advice = "write a loss_weight for each top, 0 for those that are no loss"
                yield self.finding(written[0] if written else layer, what, advice, layer=layer)
