"""What a net minimises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autofix.model import kinds
from autofix.model.blobs import Blobs
from autofix.model.layer import Layer


@dataclass(frozen=True, eq=False)
class Loss:
    """One top that counts in the sum that Caffe minimises.

    Attributes:
        top: the blob of the loss; may be empty (Caffe then makes one up).
        weight: its ``loss_weight``.
        prediction: the blob that is judged; empty where the layer reads none.
        label: what it is compared with; empty where there is nothing of the kind.
        classes: outputs of the layer that makes the prediction: of a softmax, the classes. None if not known.
        is_flat: whether an InnerProduct makes the prediction, so that a record has one value for each class.
    """

    layer: Layer
    top: str
    weight: float
    prediction: str = ""
    label: str = ""
    classes: int | None = None
    is_flat: bool = False

    def normalization(self, default: str) -> str:
        """How the sum over a batch becomes the loss: ``normalization``, or what the older ``normalize`` stands for.

        Source: LayerSetUp of softmax_loss_layer.cpp and sigmoid_cross_entropy_loss_layer.cpp.
        """
        settings = self.layer.message.message("loss_param")
        if settings is None:
            return default
        if "normalize" in settings and "normalization" not in settings:
            return "VALID" if settings.boolean("normalize", True) else "BATCH_SIZE"
        return settings.text("normalization", default)


def find_losses(blobs: Blobs) -> tuple[Loss, ...]:
    """Every loss of a net: tops with a weight other than 0."""
    found: list[Loss] = []
    given = set(blobs.given)  # blobs that are data, perhaps laid out anew
    outputs: dict[str, int | None] = {}  # channels by blob, as far as the layers have been walked
    flat = set[str]()
    for layer in blobs.layers:
        found += _losses(layer, given, outputs, flat)
        keeps = layer.type in kinds.CHANNEL_KEEPING and flat.issuperset(layer.bottoms)
        if layer.type == "InnerProduct" or (keeps and layer.bottoms):
            flat.update(layer.tops)
        if all(bottom in given for bottom in layer.bottoms) and (
            not layer.bottoms or layer.type in (*kinds.RESHAPING, "Power")
        ):
            given.update(layer.tops)
        outputs.update(dict.fromkeys(layer.tops, _channels(layer, outputs)))
    return tuple(found)


def _losses(layer: Layer, given: set[str], outputs: Mapping[str, int | None], flat: set[str]) -> Iterator[Loss]:
    made = [bottom for bottom in layer.bottoms if bottom not in given]
    prediction = (made or list(layer.bottoms) or [""])[0]
    others = [bottom for bottom in layer.bottoms if bottom != prediction]
    label = others[0] if others and kinds.is_loss(layer.type) else ""
    for index, weight in enumerate(layer.loss_weights):
        if weight != 0:
            top = layer.tops[index] if index < len(layer.tops) else ""
            yield Loss(layer, top, weight, prediction, label, outputs.get(prediction), prediction in flat)


def _channels(layer: Layer, outputs: Mapping[str, int | None]) -> int | None:
    """The channels that ``layer`` puts out, None if that takes more than the prototxt."""
    if layer.num_output is not None:
        return layer.num_output
    into = [outputs.get(bottom) for bottom in layer.bottoms]
    if layer.type == "Concat":
        known = [channels for channels in into if channels is not None]
        return sum(known) if len(known) == len(into) else None
    return into[0] if into and layer.type in kinds.CHANNEL_KEEPING else None
