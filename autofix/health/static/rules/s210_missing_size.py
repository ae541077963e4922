"""S210: a layer without the sizes it needs."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.model.kinds import WEIGHTED


class MissingSize(Rule):
    """A layer does not say how large it is.

    Sick: a layer with weights without a positive ``num_output``; a Convolution, Deconvolution or Pooling without a
    kernel size (a Pooling may have ``global_pooling``); an Embed without ``input_dim``. Caffe stops.
    Well: the sizes are written.
    """

    code = "S210"
    title = "a size is missing"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        for layer in subject.layers:
            block = WEIGHTED.get(layer.type, "pooling_param" if layer.type == "Pooling" else "")
            for name in _missing(layer, block) if block else ():
                what = f"Layer {layer.name} ({layer.type}) has no {name}: Caffe stops."
                where = f"{block} {{ {name}: ... }}" if layer.version else f"{name}: ..."
                yield self.finding(layer, what, f"write  {where}")


def _missing(layer: Layer, block: str) -> Iterator[str]:
    settings = layer.settings(block)
    sizes = ("kernel_size", "kernelsize", "kernel_h", "kernel_w")
    kernel = [size.integer for name in sizes for size in (settings.scalars(name) if settings is not None else ())]
    whole = settings is not None and settings.boolean("global_pooling", False)
    if layer.type in WEIGHTED and (layer.num_output or 0) <= 0:
        yield "num_output"
    if block in ("convolution_param", "pooling_param") and not whole and min(kernel, default=0) <= 0:
        yield "kernel_size"
    if layer.type == "Embed" and (settings is None or settings.integer("input_dim", 0) <= 0):
        yield "input_dim"
