"""S202: a layer type that is misspelt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autofix.health.finding import Finding
from autofix.health.static.fields import STOCK
from autofix.health.static.likeness import is_swap, like
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
CUTOFF = 0.905  # of likeness: "Convolutional" has 0.92 of "Convolution", and a fork's "BatchReNorm" 0.9 of "BatchNorm"


class UnknownType(Rule):
    """A layer's type is misspelt, or is written as in another format of net.

    Sick: ``type: "Convolutional"`` or ``"relu"``; ``type: CONVOLUTION`` in a ``layer``, where today's names are
    texts in quotes; ``type: "Convolution"`` in ``layers``, where they are the enum's words.
    Well: a type that Caffe has. Types that look like none of Caffe's are taken to be a fork's, and so are those that
    are made of one of Caffe's, such as ``"CConvolution"`` or ``"Convolution3D"``.
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
    """The type that was meant: one that is very like it, or has two letters in another order."""
    known = tuple(known)
    near = like(word, known, CUTOFF) or next((other for other in known if len(word) > 3 and is_swap(word, other)), "")
    if _is_made_of(word, V1_TYPES.get(near, near)):
        return ""
    return near if set(filter(str.isdigit, word)) <= set(near) else ""


def _is_made_of(word: str, near: str) -> bool:
    """Whether a type is one of Caffe's with something before it or behind, as forks like to name theirs."""
    bases = (near, "Convolution")  # "NdConvolution" is like "Deconvolution" as well
    before = any(base and word != base and word.endswith(base) for base in bases)
    return before or (near != "" and word.startswith(near) and word[len(near) :][:1].isupper())


def _plain(written: Scalar) -> str:
    """The type as written, in one kind of quotes and one piece."""
    return f'"{written.string}"' if written.kind == "string" else written.raw
