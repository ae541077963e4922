"""S203: layers in two formats."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class MixedFormats(Rule):
    """A net has layers in the format of today and in an old one.

    Sick: ``layer`` and ``layers`` in one file, which Caffe refuses to upgrade.
    Well: one of the two.
    """

    code = "S203"
    title = "layer and layers in one net"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the first of the fewer ones of each such net."""
        for net in subject.training.nets:
            new = [layer for layer in net.layers if layer.version == 2]
            old = [layer for layer in net.layers if layer.version != 2]
            if new and old:
                what = f"This net has {len(new)} layer and {len(old)} layers: Caffe stops."
                advice = "write all of them as layer; Caffe's upgrade_net_proto_text does it for a file of layers alone"
                yield self.finding(min(old, new, key=len)[0], what, advice)
