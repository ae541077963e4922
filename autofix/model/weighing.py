"""Loss weights as edits: what a loss counts in the sum that Caffe minimises."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.errors import InputError
from autofix.model.change import Change, inserted, label, replaced
from autofix.model.layer import Layer
from autofix.prototxt import Content, shown


def weigh(layer: Layer, weight: float, why: str) -> Iterator[Change]:
    """The change that gives the loss of ``layer`` this weight: its first that is not 0, else that of its first top.

    Where none is written, Caffe wants one for each top.

    Raises:
        InputError: the layer is of the oldest format (V0), which has no weights of losses.
    """
    if layer.version == 0:
        message = f"{shown(layer.path)}: a net of the oldest format (V0) cannot hold a loss_weight"
        raise InputError(message, "Bring it up to date with Caffe's upgrade_net_proto_text.")
    where, old = label(layer, "loss_weight"), layer.message.scalars("loss_weight")
    if old:
        counting = next((scalar for scalar in old if scalar.number), old[0])
        if counting.number != weight:
            yield replaced(layer.path, where, counting, weight, why)
        return
    weights: list[tuple[str, Content]] = [("loss_weight", weight), *[("loss_weight", 0)] * (len(layer.tops) - 1)]
    tops = layer.message.all("top")
    yield inserted(layer.path, where, layer.message, weights, why, tops[-1] if tops else None)
