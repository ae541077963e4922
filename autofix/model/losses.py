"""What a net minimises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autofix.model import kinds
from autofix.model.layer import Layer

if TYPE_CHECKING:
    from autofix.model.net import Net


@dataclass(frozen=True, eq=False)
class Loss:
    """One top that counts in the sum that Caffe minimises.

    Attributes:
        top: the blob of the loss; may be empty (Caffe then makes one up).
        weight: its ``loss_weight``.
        prediction: the blob that is judged; empty where the layer reads none.
        label: what it is compared with; empty where there is nothing of the kind.
        classes: outputs of the layer that makes the prediction: of a softmax, the classes. None if not known.
    """

    layer: Layer
    top: str
    weight: float
    prediction: str = ""
    label: str = ""
    classes: int | None = None


def find_losses(net: Net) -> tuple[Loss, ...]:
    """Every loss of ``net``: tops with a weight other than 0."""
    found = []
    for layer in net.layers:
        prediction = layer.bottoms[0] if layer.bottoms else ""
        label = layer.bottoms[1] if len(layer.bottoms) > 1 and kinds.is_loss(layer.type) else ""
        for index, weight in enumerate(layer.loss_weights):
            if weight != 0:
                top = layer.tops[index] if index < len(layer.tops) else ""
                found.append(Loss(layer, top, weight, prediction, label, outputs_of(net, prediction, layer)))
    return tuple(found)


def outputs_of(net: Net, blob: str, reader: Layer) -> int | None:
    """The ``num_output`` behind ``blob`` as ``reader`` sees it, through layers that keep the channels."""
    for layer in reversed(net.layers[: net.layers.index(reader)]):
        if blob not in layer.tops:
            continue
        if layer.num_output is not None:
            return layer.num_output
        if layer.type == "Concat" and layer.bottoms:
            parts = [outputs_of(net, bottom, layer) for bottom in layer.bottoms]
            known = [part for part in parts if part is not None]
            return sum(known) if len(known) == len(parts) else None
        if layer.type not in kinds.CHANNEL_KEEPING or not layer.bottoms:
            return None
        return outputs_of(net, layer.bottoms[0], layer)
    return None
