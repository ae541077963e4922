"""S204: a bottom that no layer makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from autofix.health.finding import Finding
from autofix.health.static.likeness import counts_apart, did_you_mean
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model import Layer, Net
from autofix.model.kinds import is_sink
from autofix.prototxt import Edit, Scalar, replace

Way: TypeAlias = tuple[str, tuple[Edit, ...]]
WHY = "a blob that was meant"


class DanglingBottom(Rule):
    """A layer reads a blob that no layer before it makes.

    Sick: a ``bottom`` that is no ``top`` of an earlier layer in the same phase; Caffe stops at "Unknown bottom
    blob".
    Well: layers stand behind those whose blobs they read, in every phase.
    """

    code = "S204"
    title = "an unknown bottom"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such bottom, the first of a name in each phase; one that is wrong in both phases once."""
        found: dict[tuple[Layer, Scalar], list[str]] = {}
        advice: dict[tuple[Layer, Scalar], Way] = {}
        for index, net in enumerate(subject.nets):
            phase = "TRAIN" if index == 0 else "TEST"
            for layer, bottom, made in _dangling(net):
                phases = found.setdefault((layer, bottom), [])
                phases += [phase] if phase not in phases else []
                if (layer, bottom) not in advice:
                    advice[layer, bottom] = next(_ways(subject, net, layer, bottom, made))
        for (layer, bottom), phases in found.items():
            (way, edits), when = advice[layer, bottom], " and ".join(phases)
            what = f'Layer {layer.name} reads "{bottom.word}", which none before it makes in {when}: Caffe stops.'
            yield meant(self.finding(bottom, what, way, layer=layer, blob=bottom.word), bottom, *edits)


def _dangling(net: Net) -> Iterator[tuple[Layer, Scalar, Mapping[str, Layer | None]]]:
    """The bottoms that no layer before makes, with what is made by then and by whom."""
    made: dict[str, Layer | None] = {scalar.word: None for scalar in net.root.scalars("input")}
    missed: set[str] = set()
    for layer in net.layers if net.inputs else ():  # of a net without data S123 says so, once
        for bottom in layer.message.scalars("bottom"):
            if bottom.word not in made and bottom.word not in missed:
                yield layer, bottom, made
                missed.add(bottom.word)
        made.update(dict.fromkeys(layer.tops, layer))


def _ways(subject: Subject, net: Net, layer: Layer, bottom: Scalar, made: Mapping[str, Layer | None]) -> Iterator[Way]:
    """What to do, and the edits for it where it is known what was meant; the likeliest first."""
    blob = bottom.word
    later = next((other for other in net.producers(blob) if other is not layer), None)
    if later is not None:
        yield f"move layer {later.name} (line {later.line}) before it", ()
    unread = [top for top in made if not any(net.consumers(top))]
    near = did_you_mean(blob, [top for top in made if not counts_apart(top, blob)])
    elsewhere = next((other for other in subject.layers if blob in other.tops), None)
    for top in unread:
        maker = made[top]
        if maker is not None and (maker.name == blob or (elsewhere is not None and top == near)):
            yield _rename(maker, top, blob)
    if near:
        yield f'did you mean "{near}"?', (replace(bottom, near, WHY),)
    data = _without_label(net, layer, bottom)
    if data is not None:
        end = data.message.all("top")[-1].value.end
        edit = Edit(end, end, f' top: "{blob}"', WHY)
        yield f'write  top: "{blob}"  in the data layer {data.name} (line {data.line}), behind its first', (edit,)
    if elsewhere is not None:
        where = f"layer {elsewhere.name} (line {elsewhere.line}) makes it in another phase alone"
        yield f"{where}: see its include rules", ()
    if len(unread) == 1 and not is_sink(layer.type):
        yield f'did you mean "{unread[0]}", which no layer reads?', (replace(bottom, unread[0], WHY),)
    yield "name a blob that an earlier layer has as its top", ()


def _rename(maker: Layer, top: str, blob: str) -> Way:
    """A layer that should make what is looked for, whose top goes by another name that nobody reads."""
    written = next(scalar for scalar in maker.message.scalars("top") if scalar.word == top)
    advice = f'layer {maker.name} calls its top "{top}" (line {written.line}): did you mean "{blob}" there?'
    return advice, (replace(written, blob, WHY),)


def _without_label(net: Net, layer: Layer, bottom: Scalar) -> Layer | None:
    """The data layer that brings no labels, where a loss or an accuracy asks for them."""
    wants = is_sink(layer.type) and bottom.word == layer.bottoms[-1] and len(layer.bottoms) > 1
    able = [data.layer for data in net.inputs if data.kind in ("Data", "ImageData") and len(data.tops) == 1]
    return able[0] if wants and len(able) == 1 else None
