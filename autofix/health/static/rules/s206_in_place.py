"""S206: a layer that writes over what it still reads."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

# Their outputs have another shape, or their backward pass needs the input that would be gone.
WEIGHTED = {"Convolution", "Deconvolution", "InnerProduct", "Embed", "LSTM", "RNN"}
POOLED = {"Pooling", "SPP", "LRN", "MVN", "Im2col", "Reduction", "ArgMax"}
CUT = {"Concat", "Slice", "Split", "Tile", "Crop", "BatchReindex", "Filter"}
UNABLE = frozenset(WEIGHTED | POOLED | CUT)


class InPlace(Rule):
    """A layer that cannot work in place has the same blob as bottom and top.

    Sick: ``bottom: "conv1" top: "conv1"`` in a Convolution, a Pooling or an InnerProduct: the output overwrites the
    input that is still needed, and nothing says so.
    Well: only layers that work on each value by itself (ReLU, Dropout, Scale, BatchNorm, ...) do so.
    """

    code = "S206"
    title = "in place where that is impossible"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        for layer in subject.layers:
            shared = next((top for top in layer.tops if top in layer.bottoms), None)
            if shared is not None and layer.type in UNABLE:
                what = f'Layer {layer.name} ({layer.type}) writes over the blob "{shared}" that it reads.'
                yield self.finding(layer, what, f'give it a top of its own, such as "{layer.name}"', blob=shared)
