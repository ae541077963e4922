"""S302: weights that are all the same."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.constant import constant, effect, level
from autofix.health.static.graph import hidden, random_stds
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class ConstantWeights(Rule):
    """A layer's weights are filled with a constant.

    Sick: a ``weight_filler`` of type "constant" (which is also what one without a type is), or a "uniform" one of
    no range, in a layer that learns: all units of the layer start alike. It is an error where they stay so: a ReLU
    gets zeros alone, or the weights behind it are constant too. In the last layer, where each output has a target
    of its own, it does no harm and is an info.
    Well: random weights; or ``lr_mult: 0``, where a constant is meant.
    """

    code = "S302"
    title = "constant weights"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer, but for those that share another's weights."""
        net = subject.train
        for layer in () if subject.pretrained else net.drawn:
            filler = layer.weight_filler
            if filler is None or filler.written is None or not constant(layer) or layer.num_output == 1:
                continue
            if filler.type == "gaussian":
                continue  # S303 says that Caffe stops
            value = level(filler)
            severity, why = effect(net, layer)
            what = f"The weights of layer {layer.name} are all {value:g}: {why}."
            remedy = Remedy('draw them:  type: "msra"  or  "xavier"', filler_stds=random_stds(subject, layer))
            severity = severity if hidden(net, layer) else Severity.INFO
            numbers = (Evidence("weight", value),)
            yield self.finding(filler.written, what, remedy, layer=layer, severity=severity, evidence=numbers)
