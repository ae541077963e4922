"""S218: a loss that compares the label with the prediction, the wrong way round."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, meant
from autofix.health.static.rules.s405_labels import CLASSES
from autofix.health.static.subject import Subject
from autofix.model import Layer, Net
from autofix.prototxt import Edit

JUDGES = (*CLASSES, "Accuracy")


class SwappedBottoms(Rule):
    """A loss or an accuracy has the label as its first bottom, and the prediction as its second.

    Sick: ``bottom: "label" bottom: "ip2"`` in a SoftmaxWithLoss or an Accuracy layer: Caffe stops at the number of
    labels, which is not that of the predictions.
    Well: the prediction comes first.
    """

    code = "S218"
    title = "label and prediction the wrong way round"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer once."""
        told: set[Layer] = set()
        for net in subject.nets:
            for layer in net.layers:
                if layer.type in JUDGES and layer not in told and _swapped(net, layer):
                    told.add(layer)
                    label, prediction = layer.bottoms
                    what = f'Layer {layer.name} takes "{label}" for the prediction, "{prediction}" for the label'
                    advice = f'write  bottom: "{prediction}"  first, then  bottom: "{label}"'
                    first, second = layer.message.scalars("bottom")
                    edits = (
                        Edit(first.start, first.end, second.raw, "the prediction"),
                        Edit(second.start, second.end, first.raw, "the label"),
                    )
                    yield meant(self.finding(layer, f"{what}: Caffe stops.", advice), first, *edits)


def _swapped(net: Net, layer: Layer) -> bool:
    """Whether the first bottom is data that is no signal, and the second comes from weights."""
    if len(layer.bottoms) != 2:
        return False
    label, prediction = layer.bottoms
    given = any(label in data.tops and label not in data.features for data in net.inputs)
    return given and any(maker.num_output is not None for maker in net.producers(prediction))
