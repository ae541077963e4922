"""S202: a layer type that is misspelt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autofix.health.finding import Finding
from autofix.health.static.fields import STOCK
from autofix.health.static.likeness import like
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.model.kinds import V1_TYPES, today
from autofix.prototxt import Edit, Scalar

ELSEWHERE = {  # what other libraries call it, in small letters
    "conv2d": "Convolution",
    "crossentropyloss": "SoftmaxWithLoss",
    "dense": "InnerProduct",
    "fullyconnected": "InnerProduct",
    "linear": "InnerProduct",
    "maxpool2d": "Pooling",
    "maxpooling": "Pooling",
    "mseloss": "EuclideanLoss",
}


class UnknownType(Rule):
    """A layer's type is misspelt, or is written as in another format of net.

    Sick: ``type: "Convolutional"`` or ``"relu"``; ``type: CONVOLUTION`` in a ``layer``, where today's names are
    texts in quotes; ``type: "Convolution"`` in ``layers``, where they are the enum's words.
    Well: a type that Caffe has. Types that look like none of Caffe's are taken to be a fork's.
    """

    code = "S202"
    title = "a misspelt layer type"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the type's line."""
        for layer in subject.layers:
            written = layer.inner.scalar("type")
            word = self._right(layer) if written is not None else ""
            if written is not None and word and _plain(written) != word:
                what = f"Layer {layer.name} has the type {written.brief}, which Caffe does not know: it stops."
                edit = Edit(written.start, written.end, word, what)
                yield meant(self.finding(written, what, f"write  type: {word}", layer=layer), written, edit)

    def _right(self, layer: Layer) -> str:
        """How the type should have been written; empty where that is not known."""
        written = layer.inner.scalar("type")
        if written is None or layer.version == 0 or written.kind == "number" or not layer.type:
            return ""
        if layer.version == 2:
            near = layer.type if layer.type in STOCK else today(_near(layer.type, (*STOCK, *V1_TYPES)))
            near = near or ELSEWHERE.get(layer.type.lower(), "")
            return f'"{near}"' if near else ""
        enums = {name: enum for enum, name in V1_TYPES.items() if name}
        if written.kind == "word" and written.raw in V1_TYPES:
            return written.raw
        return enums.get(layer.type) or enums.get(_near(layer.type, enums), "")


def _near(word: str, known: Iterable[str]) -> str:
    """The type that was meant; one with a number more, such as Convolution3D, is a fork's."""
    near = like(word, known, cutoff=0.9)
    return near if set(filter(str.isdigit, word)) <= set(near) else ""


def _plain(written: Scalar) -> str:
    """The type as written, in one kind of quotes and one piece."""
    return f'"{written.string}"' if written.kind == "string" else written.raw
