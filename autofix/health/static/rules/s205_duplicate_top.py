"""S205: a blob that two layers make."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Layer


class DuplicateTop(Rule):
    """Two layers of one phase make the same blob.

    Sick: a ``top`` that an earlier layer has too, unless it is also the ``bottom`` at the same place (the layer
    then works in place); Caffe stops at "produced by multiple sources".
    Well: every blob has one maker in each phase.
    """

    code = "S205"
    title = "a blob made twice"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the second maker."""
        for index, net in enumerate(subject.nets):
            phase = "TRAIN" if index == 0 else "TEST"
            makers: dict[str, Layer] = {}
            for layer in net.layers:
                for place, top in enumerate(layer.message.scalars("top")):
                    name = top.word
                    in_place = place < len(layer.bottoms) and layer.bottoms[place] == name
                    first = makers.setdefault(name, layer)
                    if name in makers and first is not layer and not in_place:
                        other = f"{first.name} (line {first.line})"
                        what = f'Layer {layer.name} makes "{name}", as {other} does in {phase}: Caffe stops.'
                        yield self.finding(top, what, self._advice(layer, first), layer=layer, blob=name)

    def _advice(self, layer: Layer, first: Layer) -> str:
        if not layer.bottoms and not first.bottoms:
            return "give each data layer its phase:  include { phase: TRAIN }  and  include { phase: TEST }"
        return "give it a top of another name"
