"""S212: a field that Caffe cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.fields import FIELDS, REPEATED, blocks
from autofix.health.static.rule import Rule, did_you_mean
from autofix.health.static.subject import Subject
from autofix.prototxt import Field, Message


class Fields(Rule):
    """A field is misspelt, in the wrong block, or written twice where one is allowed.

    Sick: ``weigth_filler``; ``num_output`` in the layer instead of its ``convolution_param``; two ``base_lr``.
    Caffe cannot read such a file.
    Well: fields that Caffe has, where it has them. Names that look like none of Caffe's are taken to be a fork's.
    """

    code = "S212"
    title = "a field Caffe cannot read"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such field."""
        for block, message in blocks(subject):
            yield from self._look(message, block)

    def _look(self, message: Message, block: str) -> Iterator[Finding]:
        seen: dict[str, Field] = {}
        for field in message:
            first = seen.setdefault(field.name, field)
            if field.name not in FIELDS[block]:
                advice = _advice(field.name, block)
                if advice:
                    home = "a layer of the oldest format" if block == "v0" else block
                    what = f"{home} has no field {field.name}: Caffe cannot read this file."
                    yield self.finding(field, what, advice)
            elif first is not field and field.name not in REPEATED[block]:
                what = (
                    f"{field.name} is written a second time (first at line {first.line}): Caffe cannot read this file."
                )
                yield self.finding(field, what, "keep one of the two")


def _advice(name: str, block: str) -> str:
    """What was meant; empty for what may be a fork's: they like names such as relu6_param."""
    near = did_you_mean(name, FIELDS[block], cutoff=0.96 if name.endswith("_param") else 0.9)
    if near:
        return f"did you mean {near}?"
    if block == "v0":  # no fork has added to it
        return "write the net in the format of today"
    homes = [other for other, names in FIELDS.items() if name in names and other not in ("layers", "v0", block)]
    return f"it belongs into {' or '.join(homes[:4])}" if homes and block in ("solver", "net", "layer") else ""
