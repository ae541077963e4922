"""S413: a transformation where none is made."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.fields import STOCK
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject

DEAF = ("DummyData", "Input", "Parameter")


class NoTransform(Rule):
    """A layer that cannot transform its data has a transform_param.

    Sick: ``transform_param`` in an HDF5Data layer, at which Caffe stops; in a DummyData or Input layer, or in one
    that reads no data: they ignore it (a warning).
    Well: the data in the HDF5 file is ready for use, or a ``Power`` layer scales it.
    """

    code = "S413"
    title = "a transform_param without effect"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such block."""
        for layer in subject.layers:
            block = layer.message.message("transform_param")
            if block is None:
                continue
            if layer.type == "HDF5Data":
                what = f"Layer {layer.name} reads HDF5, which Caffe does not transform: it stops."
                yield self.finding(block, what, "scale in the file, or by a Power layer behind it", layer=layer)
            elif layer.type in DEAF or (layer.bottoms and layer.type in STOCK - {"Python"}):
                what = f"Layer {layer.name} ({layer.type}) ignores its transform_param."
                yield self.finding(block, what, "move it into the data layer", layer=layer, severity=Severity.WARNING)
