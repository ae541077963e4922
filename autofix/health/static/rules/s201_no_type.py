"""S201: a layer without a type."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class NoType(Rule):
    """A layer does not say what it is.

    Sick: a layer without ``type``; Caffe stops at "Unknown layer type".
    Well: every layer has one.
    """

    code = "S201"
    title = "a layer without type"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such layer."""
        for layer in subject.layers:
            if not layer.type:
                what = f'Layer "{layer.name}" has no type: Caffe stops.'
                yield self.finding(layer, what, 'write its type, such as  type: "Convolution"')
