"""S207: a branch that ends nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.graph import learning_layers
from autofix.health.static.likeness import is_slip
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model import Layer, Net
from autofix.model.kinds import is_sink
from autofix.prototxt import replace


class UnusedTop(Rule):
    """A blob is made in training and never read.

    Sick: a ``top`` that no layer reads and that is no loss. A warning where weights lead only there, since they
    never learn, and where its name is a slip of the layer's own bottom, as in a ReLU with ``bottom: "ip1" top:
    "ipl"``; an info else (Caffe prints it as an output of the net).
    Well: every branch ends in a loss, an accuracy, an output layer or a ``Silence`` layer.
    """

    code = "S207"
    title = "an unused top"
    severity = Severity.INFO

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such top of the TRAIN net."""
        net = subject.train
        useful, losses = learning_layers(net), {loss.top for loss in net.losses}
        if not useful:
            return  # S208 says that nothing is learnt at all
        read = {bottom for layer in net.layers for bottom in layer.bottoms}
        for layer in net.layers:
            for top in layer.message.scalars("top"):
                if top.word in read or top.word in losses or is_sink(layer.type):
                    continue
                idle = [other.name for other in _before(net, layer) if other.weight_block and other not in useful]
                what = f'No layer reads "{top.word}" of layer {layer.name}'
                near = _near(top.word, layer.bottoms)
                if near:
                    found = self.finding(
                        top,
                        f"{what}, so that what it does is lost.",
                        f'did you mean "{near}"?',
                        layer=layer,
                        blob=top.word,
                        severity=Severity.WARNING,
                    )
                    yield meant(found, top, replace(top, near, "the blob that was meant"))
                    continue
                if idle:
                    what += f", so the weights of {', '.join(idle)} never learn."
                    severity, advice = Severity.WARNING, "lead it into a loss, or remove the branch"
                else:
                    what += "; Caffe prints it as an output."
                    severity, advice = Severity.INFO, "remove the layer, or end the branch in a Silence layer"
                yield self.finding(top, what, advice, layer=layer, blob=top.word, severity=severity)


def _near(blob: str, bottoms: Iterable[str]) -> str:
    """The bottom in whose place the layer was meant to work, where ``blob`` is a slip of it."""
    return next((other for other in bottoms if is_slip(blob, other)), "")


def _before(net: Net, layer: Layer) -> list[Layer]:
    """``layer`` and those it depends on, from the last to the first."""
    found, queue = list[Layer](), [layer]
    while queue:
        one = queue.pop()
        if one not in found:
            found.append(one)
            queue += [maker for bottom in one.bottoms for maker in net.producers(bottom)]
    return found
