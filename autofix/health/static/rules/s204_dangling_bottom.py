"""S204: a bottom that no layer makes."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule, did_you_mean
from autofix.health.static.subject import Subject
from autofix.model import Layer, Net


class DanglingBottom(Rule):
    """A layer reads a blob that no layer before it makes.

    Sick: a ``bottom`` that is no ``top`` of an earlier layer in the same phase; Caffe stops at "Unknown bottom
    blob".
    Well: layers stand behind those whose blobs they read, in every phase.
    """

    code = "S204"
    title = "an unknown bottom"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such bottom, the first of a name."""
        for index, net in enumerate(subject.nets):
            phase = "TRAIN" if index == 0 else "TEST"
            made = {scalar.word for scalar in net.root.scalars("input")}
            if not net.inputs:
                continue  # S123 says so, once
            for layer in net.layers:
                for bottom in layer.message.scalars("bottom"):
                    if bottom.word not in made:
                        blob = bottom.word
                        what = f'Layer {layer.name} reads "{blob}", which none before it makes in {phase}: Caffe stops.'
                        advice = _advice(subject, net, layer, blob, made)
                        yield self.finding(bottom, what, advice, layer=layer, blob=blob)
                        made.add(blob)
                made.update(layer.tops)


def _advice(subject: Subject, net: Net, layer: Layer, blob: str, made: set[str]) -> str:
    later = next((other for other in net.producers(blob) if other is not layer), None)
    if later is not None:
        return f"move layer {later.name} (line {later.line}) before it"
    elsewhere = next((other for other in subject.layers if blob in other.tops), None)
    if elsewhere is not None:
        return f"layer {elsewhere.name} (line {elsewhere.line}) makes it in another phase alone: see its include rules"
    near = did_you_mean(blob, made)
    return f'did you mean "{near}"?' if near else "name a blob that an earlier layer has as its top"
