"""S309: shared weights that do not agree on how they learn."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject
from autofix.prototxt import Message


class SharedWeights(Rule):
    """Layers that share a blob by its name give it different learning rates or decays.

    Sick: ``param { name: "w" lr_mult: 1 }`` in one layer, ``param { name: "w" lr_mult: 2 }`` in another; or
    different ``decay_mult``. Caffe stops.
    Well: the same in all of them, or written in one alone.
    """

    code = "S309"
    title = "shared weights that disagree"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each param block that says otherwise than the first of its name in the same net."""
        for net in subject.nets:
            said: dict[tuple[str, str], Message] = {}
            for layer in net.layers:
                for param in layer.message.messages("param") if layer.version == 2 else ():
                    for field in ("lr_mult", "decay_mult"):
                        if field not in param or "name" not in param:
                            continue
                        first = said.setdefault((param.text("name"), field), param)
                        theirs, own = first.number(field, 1.0), param.number(field, 1.0)
                        if theirs != own:
                            name = param.text("name")
                            what = f'Layer {layer.name} shares "{name}" with {field} {own:g}, but it has {theirs:g}'
                            what += f" at line {first.line}: Caffe stops."
                            yield self.finding(param, what, f"write the same {field} in both", layer=layer)
