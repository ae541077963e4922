"""S305: a filler that Caffe does not have."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.likeness import did_you_mean
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model import Layer
from autofix.prototxt import Message, replace

KNOWN = ("constant", "uniform", "gaussian", "positive_unitball", "xavier", "msra", "bilinear")


class UnknownFiller(Rule):
    """A filler has a type that Caffe does not have.

    Sick: ``type: "guassian"`` or ``"Xavier"``: Caffe stops at "Unknown filler name". A name that is like none of
    Caffe's may be a fork's and is a warning.
    Well: one of constant, uniform, gaussian, positive_unitball, xavier, msra and bilinear.
    """

    code = "S305"
    title = "an unknown filler"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the type's line."""
        for layer in subject.layers:
            for filler in _fillers(layer):
                written = filler.scalar("type")
                if written is None or written.word in KNOWN:
                    continue
                near = did_you_mean(written.word, KNOWN)
                advice = f'write  type: "{near}"' if near else f"choose one of {', '.join(KNOWN)}"
                severity = Severity.ERROR if near else Severity.WARNING
                what = f'Layer {layer.name} has a filler "{written.word}", at which stock Caffe stops.'
                found = self.finding(written, what, advice, layer=layer, severity=severity)
                yield meant(found, written, replace(written, near, what)) if near else found


def _fillers(layer: Layer) -> Iterator[Message]:
    """The filler blocks of a layer, wherever they stand."""
    blocks = [layer.inner, *(field.value for field in layer.message if isinstance(field.value, Message))]
    for block in blocks:
        for name in ("weight_filler", "bias_filler", "data_filler", "filler"):
            yield from block.messages(name)
