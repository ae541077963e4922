"""S205: a blob that two layers make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model import Layer, Net
from autofix.prototxt import Edit, Scalar

WHY = "the phase that was meant"


@dataclass
class _Twice:
    """The tops of one layer that another makes as well, and in which phases."""

    tops: dict[str, Scalar] = field(default_factory=dict)
    phases: dict[str, None] = field(default_factory=dict)


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
        found: dict[tuple[Layer, Layer], _Twice] = {}
        for index, net in enumerate(subject.nets):
            for layer, first, top in _again(net):
                twice = found.setdefault((layer, first), _Twice())
                twice.tops.setdefault(top.word, top)
                twice.phases["TEST" if index else "TRAIN"] = None
        for (layer, first), twice in found.items():
            tops, phases = " and ".join(f'"{top}"' for top in twice.tops), " and ".join(twice.phases)
            other = f"{first.name} (line {first.line})"
            what = f"Layer {layer.name} makes {tops}, as {other} does in {phases}: Caffe stops."
            at = next(iter(twice.tops.values()))
            data = not layer.bottoms and not first.bottoms
            way = "give each data layer its phase:  include { phase: TRAIN }  and  include { phase: TEST }"
            advice = way if data else "give it a top of another name"
            one = self.finding(at, what, advice, layer=layer, blob=at.word)
            yield meant(one, at, *(_phases(first, layer) if data else ()))


def _again(net: Net) -> Iterator[tuple[Layer, Layer, Scalar]]:
    """Each layer that makes a blob anew, with the first that does."""
    makers: dict[str, Layer] = {}
    for layer in net.layers:
        for place, top in enumerate(layer.message.scalars("top")):
            in_place = place < len(layer.bottoms) and layer.bottoms[place] == top.word
            first = makers.setdefault(top.word, layer)
            if first is not layer and not in_place:
                yield layer, first, top


def _phases(first: Layer, second: Layer) -> Iterator[Edit]:
    """A phase for those of two data layers that have none, as a rule TRAIN for the first."""
    texts = {layer: " ".join(rule.raw for rule in layer.message.all("include")) for layer in (first, second)}
    wanted = ("TEST", "TRAIN") if "TRAIN" in texts[second] or "TEST" in texts[first] else ("TRAIN", "TEST")
    for layer, phase in zip((first, second), wanted, strict=True):
        if not any(name in layer.message for name in ("include", "exclude")):
            end = layer.message.all("top")[-1].value.end
            yield Edit(end, end, f" include {{ phase: {phase} }}", WHY)
