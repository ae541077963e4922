"""S209: two layers of one name."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.model import Layer


class DuplicateName(Rule):
    """Two layers of one phase have the same name.

    Sick: a name stands twice in a phase. Caffe saves both and loads the weights of the first alone.
    Well: every layer has a name of its own; the data layers of TRAIN and TEST may share one.
    """

    code = "S209"
    title = "a layer name used twice"
    severity = Severity.WARNING

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the second layer."""
        for net in subject.nets:
            seen: dict[str, Layer] = {}
            for layer in net.layers:
                first = seen.setdefault(layer.name, layer)
                if layer.name and first is not layer:
                    what = f"Layer {layer.name} has the name of the layer at line {first.line}: snapshots mix them up."
                    yield self.finding(layer, what, "give it a name of its own")
