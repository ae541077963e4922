"""S302: weights that are all the same."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.graph import hidden, random_stds
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class ConstantWeights(Rule):
    """A layer's weights are filled with a constant.

    Sick: a ``weight_filler`` of type "constant" (which is also what one without a type is), or one whose std or range is
    0, in a layer that learns. All units of the layer are then the same and stay so. In the last layer, where each output
    has a target of its own, it does no harm and is an info.
    Well: random weights; or ``lr_mult: 0``, where a constant is meant.
    """

    code = "S302"
    title = "constant weights"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        net = subject.train
        for layer in () if subject.pretrained else net.layers:
            filler = layer.weight_filler
            if filler is None or filler.written is None or layer.param(0).lr_mult == 0 or layer.num_output == 1:
                continue
            if filler.std_for(1, 1, layer.num_output) != 0:
                continue
            value = {"constant": filler.value, "gaussian": filler.mean}.get(filler.type, filler.min)
            deep = hidden(net, layer)
            effect = "its units are all alike and stay so" if deep else "harmless in the last layer"
            what = f"The weights of layer {layer.name} are all {value:g}: {effect}."
            remedy = Remedy('draw them:  type: "msra"  or  "xavier"', filler_stds=random_stds(subject, net, layer))
            yield self.finding(
                filler.written,
                what,
                remedy,
                layer=layer,
                severity=Severity.ERROR if deep else Severity.INFO,
                evidence=(Evidence("weight", value),),
            )
