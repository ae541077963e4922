"""S214: a value of a kind that its field does not take."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding, Severity
from autofix.health.static.fields import FIELDS, REPEATED, WORDS, Kind, blocks, kind_of
from autofix.health.static.likeness import did_you_mean
from autofix.health.static.rule import Rule, meant
from autofix.health.static.subject import Subject
from autofix.prototxt import Edit, Field, ListValue, Message, Scalar, Verbatim, replace
from autofix.prototxt.scalars import BOOLEANS, integer, number

WHY = "a value that was meant"
WANTED: dict[Kind, str] = {
    "text": "a text in quotes",
    "word": "a word without quotes",
    "switch": "true or false",
    "whole": "a whole number",
    "count": "a whole number of 0 or more",
    "number": "a number",
    "block": "a block in braces",
}


class Values(Rule):
    """A value is of a kind that its field does not take.

    Sick: ``lr_policy: fixed`` without quotes, ``solver_mode: "CPU"`` with them, ``kernel_size: 3.0``,
    ``shuffle: yes``, ``pool: MEAN``, a list for a field that takes one value. Caffe cannot read such a file.
    A word without quotes that is like none of Caffe's may be a fork's and is a warning.
    Well: texts in quotes, words such as MAX, LMDB and TRAIN without, whole numbers where things are counted.
    """

    code = "S214"
    title = "a value of the wrong kind"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield each such value of the fields that are Caffe's."""
        for block, message in blocks(subject):
            for field in message:
                if field.name in FIELDS[block] and (block, field.name) not in (("layer", "type"), ("layers", "type")):
                    yield from self._look(field, block)  # S202 speaks of the types of layers

    def _look(self, field: Field, block: str) -> Iterator[Finding]:
        if isinstance(field.value, ListValue) and field.name not in REPEATED[block]:
            what = f"{field.name} takes one value, not a list: Caffe cannot read this file."
            yield self.finding(field, what, "write it without the brackets")
            return
        kind = kind_of(block, field.name)
        for value in field.value.items if isinstance(field.value, ListValue) else (field.value,):
            if not _fits(value, kind):
                what = f"{field.name} needs {WANTED[kind]}, not {value.brief}: Caffe cannot read this file."
                yield meant(self.finding(value, what, _advice(value, field.name, kind)), value, *_mended(value, kind))
            elif kind == "word" and isinstance(value, Scalar) and value.kind == "word":
                yield from self._known(value, field.name)

    def _known(self, value: Scalar, name: str) -> Iterator[Finding]:
        words = WORDS[name]
        if value.raw not in words:
            near = did_you_mean(value.raw, words, cutoff=0.6)
            what = f"{name} {value.raw} is not one that stock Caffe knows: it cannot read this file."
            advice = f"write  {name}: {near}" if near else f"choose one of {', '.join(words)}"
            found = self.finding(value, what, advice, severity=Severity.ERROR if near else Severity.WARNING)
            yield meant(found, value, replace(value, Verbatim(near), WHY)) if near else found


def _fits(value: Scalar | Message, kind: Kind) -> bool:
    """Whether protobuf's text format takes ``value`` for a field of this kind."""
    if isinstance(value, Message) or kind == "block":
        return isinstance(value, Message) and kind == "block"
    if kind == "text" or value.kind == "string":
        return kind == "text" and value.kind == "string"
    whole = integer(value.raw)
    if kind == "word":
        return value.kind == "word" or whole is not None
    if kind == "switch":
        return value.raw in BOOLEANS
    if kind == "number":
        return number(value.raw) is not None
    return whole is not None and (kind == "whole" or whole >= 0)


def _advice(value: Scalar | Message, name: str, kind: Kind) -> str:
    right = _right(value, kind)
    return f"write  {name}: {right}" if right else f"write {WANTED[kind]}"


def _right(value: Scalar | Message, kind: Kind) -> str:
    """How the value may have been meant; empty where that cannot be told."""
    if not isinstance(value, Scalar):
        return ""
    bare = value.raw if value.kind == "number" else value.word
    size = number(value.raw) if value.kind == "number" else None
    if kind == "text":
        return f'"{bare}"'
    if kind == "word" and bare.isidentifier():
        return bare
    if kind == "switch":
        return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(bare.lower(), "")
    if kind in ("whole", "count") and size is not None and 0 <= size < 2**31 and size == int(size):
        return str(int(size))
    return ""


def _mended(value: Scalar | Message, kind: Kind) -> tuple[Edit, ...]:
    """What was meant in its place; of a count that makes no sense, any that does."""
    right = _right(value, kind) or ("1" if kind == "count" else "")
    return (Edit(value.start, value.end, right, WHY),) if right and isinstance(value, Scalar) else ()
