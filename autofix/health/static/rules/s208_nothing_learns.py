"""S208: a training in which nothing learns."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Net


class NothingLearns(Rule):
    """There is no loss, or no weight that a loss could change.

    Sick: no layer of the TRAIN net is a loss (a type that ends in ``Loss``, or a ``loss_weight``), or every
    learnable blob has ``lr_mult: 0``.
    Well: a loss, and at least one layer that learns.
    """

    code = "S208"
    title = "nothing learns"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the net's first line."""
        net = subject.train
        learnable = [layer for layer in net.learnable if layer.type not in ("BatchNorm", "BN", "Normalize")]
        if not net.losses:
            what = "The TRAIN net has no loss: nothing is learnt."
            yield self.finding(net.root, what, 'end it in a loss layer, such as  type: "SoftmaxWithLoss"')
        elif not learnable and all(layer.type != "Python" for layer in net.layers):
            yield self.finding(net.root, "The TRAIN net has no weights: nothing is learnt.", "add layers with weights")
        elif learnable and not _free(net):
            what = "Every weight of the TRAIN net has lr_mult 0: nothing is learnt."
            yield self.finding(learnable[-1], what, "let at least the last layer learn:  param { lr_mult: 1 }")


def _free(net: Net) -> bool:
    """Whether any blob may change; a layer has one more than it speaks of, if it does not say what it has."""
    return any(layer.param(index).lr_mult != 0 for layer in net.learnable for index in (0, 1))
