"""S301: weights that start at zero because no filler is written."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Remedy
from autofix.health.static.constant import constant, effect
from autofix.health.static.graph import random_stds
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class NoWeightFiller(Rule):
    """A layer has no weight_filler, so that all its weights start at zero.

    Sick: no ``weight_filler`` in a layer that learns: Caffe fills it with the constant 0. It is an error where
    nothing can ever learn for it: a ReLU gets the zeros, or the weights behind it are constant too; else a warning.
    The solver may say ``weights: "x.caffemodel"``, which is taken to bring them, as is what lint is
    given with ``--weights``.
    Well: ``weight_filler { type: "xavier" }`` or ``"msra"``, or weights that are loaded.
    """

    code = "S301"
    title = "no weight_filler"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer, but for those that share another's weights."""
        net = subject.train
        for layer in () if subject.pretrained else net.drawn:
            filler = layer.weight_filler
            if filler is None or filler.written is not None or not constant(layer):
                continue
            severity, why = effect(net, layer)
            what = f"The weights of layer {layer.name} start at zero for want of a weight_filler: {why}."
            advice = (
                'write  weight_filler { type: "msra" }  (or "xavier"), unless the weights are loaded with --weights'
            )
            remedy = Remedy(advice, filler_stds=random_stds(subject, layer))
            yield self.finding(layer, what, remedy, severity=severity)
