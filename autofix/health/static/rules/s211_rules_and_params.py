"""S211: more than a layer can have."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.model.kinds import V1_TYPES

BLOBS = {"Convolution": 1, "Deconvolution": 1, "InnerProduct": 1, "Embed": 1, "PReLU": 1, "Bias": 1, "BatchNorm": 3}
BIASED = {  # layers with one blob more, unless bias_term says otherwise; its default
    "Convolution": ("convolution_param", True),
    "Deconvolution": ("convolution_param", True),
    "InnerProduct": ("inner_product_param", True),
    "Embed": ("embed_param", True),
}


class TooMany(Rule):
    """A layer has rules or params that Caffe refuses.

    Sick: ``include`` beside ``exclude`` in one layer; more ``param`` blocks than the layer has learnable blobs,
    such as two with ``bias_term: false``, or one in a ReLU.
    Well: either kind of rule, and at most a ``param`` for each blob.
    """

    code = "S211"
    title = "more than the layer can have"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        for layer in subject.layers:
            if "include" in layer.message and "exclude" in layer.message:
                what = f"Layer {layer.name} has both include and exclude rules: Caffe stops."
                yield self.finding(layer, what, "say it with one kind of rule")
            most, params = _blobs(layer), layer.message.messages("param") if layer.version == 2 else ()
            if most is not None and len(params) > most:
                what = f"Layer {layer.name} has more param blocks ({len(params)}) than blobs ({most}): Caffe stops."
                yield self.finding(params[most], what, "remove this param block", layer=layer)


def _blobs(layer: Layer) -> int | None:
    """Learnable blobs of a layer; None where that is not known."""
    if layer.type == "Scale":
        settings = layer.message.message("scale_param")
        return None if len(layer.bottoms) > 1 else 1 + bool(settings and settings.boolean("bias_term", False))
    if layer.type in BIASED:
        block, default = BIASED[layer.type]
        settings = layer.message.message(block)
        return BLOBS[layer.type] + (settings.boolean("bias_term", default) if settings is not None else default)
    plain = layer.type in V1_TYPES.values()
    return BLOBS.get(layer.type, 0 if plain else None)
