"""S212: a field that Caffe cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.fields import FIELDS, REPEATED, blocks
from autofix.health.static.likeness import counts_apart, is_slip, like
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.model.kinds import DATA_PARAM, WEIGHTED
from autofix.prototxt import Edit, Field, Message, Scalar

ELSEWHERE = {  # what other libraries call it
    ("solver", "learning_rate"): "base_lr",
    ("solver", "lr"): "base_lr",
    ("convolution_param", "filters"): "num_output",
    ("convolution_param", "padding"): "pad",
    ("dropout_param", "drop_ratio"): "dropout_ratio",
    ("dropout_param", "dropout_rate"): "dropout_ratio",
    ("dropout_param", "rate"): "dropout_ratio",
    ("inner_product_param", "units"): "num_output",
    ("pooling_param", "padding"): "pad",
}
PART = re.compile(r"_[a-z]$")  # of one of several sizes; forks have more of them, such as stride_d
WHY = "a field that was meant"


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
                yield from self._unknown(field, message, block)
            elif first is not field and field.name not in REPEATED[block]:
                what = (
                    f"{field.name} is written a second time (first at line {first.line}): Caffe cannot read this file."
                )
                yield meant(self.finding(field, what, "keep one of the two"), field, _blank(field))

    def _unknown(self, field: Field, message: Message, block: str) -> Iterator[Finding]:
        advice, edits = _advice(field, message, block)
        if advice:
            home = "a layer of the oldest format" if block == "v0" else block
            what = f"{home} has no field {field.name}: Caffe cannot read this file."
            yield meant(self.finding(field, what, advice), field, *edits)


def _advice(field: Field, message: Message, block: str) -> tuple[str, tuple[Edit, ...]]:
    """What was meant, and the edits for it; nothing for what may be a fork's field."""
    near = _near(field.name, message, block)
    if near:
        return f"did you mean {near}?", (Edit(field.start, field.name_end, near, WHY),)
    if block == "v0":  # no fork has added to it
        return "write the net in the format of today", ()
    homes = [other for other, names in FIELDS.items() if field.name in names and other not in ("layers", "v0", block)]
    if not homes or block not in ("solver", "net", "layer"):
        return "", ()
    own = _own_block(message) if block == "layer" else ""
    if own not in homes:
        return f"it belongs into {' or '.join(homes[:4])}", ()
    return f"it belongs into {own}", _moved(field, message, own)


def _moved(field: Field, message: Message, own: str) -> tuple[Edit, ...]:
    """The field put into a block of its layer; nothing for one of several lines."""
    there = message.get(own)
    if "\n" in field.raw:
        return ()
    if there is None:
        return (Edit(field.start, field.end, f"{own} {{ {field.raw} }}", WHY),)
    start = there.value.start + 1
    return _blank(field), Edit(start, start, f" {field.raw} ", WHY)


def _near(name: str, message: Message, block: str) -> str:
    """The field that was meant; empty for what may be a fork's: they like names such as relu6_param.

    A slip of one letter counts where the field that was meant is not written beside it; the block of the layer's own
    type, where it is missing, even if it is much like it, such as conv_param.
    """
    if PART.search(name) or (name[1:] in FIELDS[block] and name[0] != name[1]):
        return ""  # one of several sizes, or with a letter before it, such as kstride
    is_block = name.endswith("_param")
    others = [other for other in FIELDS[block] if not counts_apart(name, other)]
    near = like(name, others, 0.96 if is_block else 0.9)
    if near:
        return near
    known = ELSEWHERE.get((block, name), "")
    if known and known not in message:
        return known
    free = [other for other in FIELDS[block] if other not in message or other in REPEATED[block]]
    if is_block:
        own = _own_block(message) if block == "layer" else ""
        return like(name, [own] if own in free else [], 0.7)
    return next((other for other in free if is_slip(name, other)), "")


def _own_block(layer: Message) -> str:
    """The block in which a layer's type has its settings; empty where that is not known."""
    kind = layer.get("type")
    if kind is None or not isinstance(kind.value, Scalar) or kind.value.kind != "string":
        return ""
    word = kind.value.string
    known = WEIGHTED.get(word) or DATA_PARAM.get(word)
    plain = f"{word.lower()}param"
    return known or next((name for name in FIELDS["layer"] if name.replace("_", "") == plain), "")


def _blank(field: Field) -> Edit:
    """The field taken away, but for its lines."""
    return Edit(field.start, field.end, "\n" * field.raw.count("\n"), WHY)
