"""Edits made from what should change: new text takes on the style of what it replaces or stands beside."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from autofix.prototxt.edits import Edit
from autofix.prototxt.nodes import Field, Message, Scalar
from autofix.prototxt.style import Content, Plain, Style, first_on_line, line_indent, plain_text, quiet_line_end

_BLANKS = re.compile(r"[ \t]*")


def replace(old: Scalar, new: Plain, why: str) -> Edit:
    """Put a new value in the place of ``old``; a string keeps its kind of quotes."""
    mark = old.raw[0] if old.kind == "string" else '"'
    return Edit(old.start, old.end, plain_text(new, mark), why)


def rename(field: Field, name: str, value: Plain, why: str) -> Edit:
    """Put another name and value in the place of ``field``, keeping what stands between the two."""
    gap = field.source.text[field.name_end : field.value.start]
    return Edit(field.start, field.value.end, name + gap + plain_text(value), why)


def insert(message: Message, fields: Sequence[tuple[str, Content]], why: str, after: Field | None = None) -> Edit:
    """Put new fields into ``message``, behind its field ``after`` (None: behind the last one).

    A value that is a list of names and values becomes a block in braces. Indent, line ends, separators and
    the space around ``:`` and ``{`` follow the neighbours; a block that stands on one line stays on one.
    """
    neighbour = after or (message.fields[-1] if message.fields else None)
    style = Style.of(message, neighbour)
    if neighbour is None:
        return _insert_into_empty(message, fields, style, why)
    text = message.source.text
    line_end, on_own_line = quiet_line_end(text, neighbour.end), _shares_no_line(message, neighbour)
    if line_end is not None and (on_own_line or "\n" in neighbour.raw):
        indent = line_indent(text, neighbour.start if on_own_line else neighbour.end)
        lines = dataclasses.replace(style, separator=neighbour.separator).lines(fields, indent)
        return Edit(line_end, line_end, lines, why)
    before, behind = (" ", neighbour.separator) if neighbour.separator else (style.separator + " ", "")
    follower = text[neighbour.end : neighbour.end + 1]
    gap = " " if follower.strip("}> \t\r\n") else ""
    return Edit(neighbour.end, neighbour.end, before + style.inline(fields) + behind + gap, why)


def _shares_no_line(message: Message, neighbour: Field) -> bool:
    """Whether the line on which ``neighbour`` begins is one of the message's fields alone."""
    first = first_on_line(message.source.text, neighbour.start)
    return any(field.start == first for field in message.fields)


def _insert_into_empty(message: Message, fields: Sequence[tuple[str, Content]], style: Style, why: str) -> Edit:
    text = message.source.text
    inside = text[message.body_start : message.body_end]
    if message.body_start == message.start:  # a document without fields, perhaps with comments
        start = "" if inside.endswith("\n") or not inside.strip("\ufeff") else style.newline
        lines = style.lines(fields, "").removeprefix(style.newline)
        return Edit(message.body_end, message.body_end, start + lines + style.newline, why)
    if "\n" not in inside:
        return Edit(message.body_start, message.body_end, f" {style.inline(fields)} ", why)
    place = message.body_start + inside.rindex("\n")
    place -= text[place - 1] == "\r"
    return Edit(place, place, style.lines(fields, line_indent(text, message.start) + style.unit), why)


def remove(field: Field, why: str) -> Edit:
    """Take a field away: its whole line, with the comment behind it, where nothing else stands there."""
    text = field.source.text
    if first_on_line(text, field.start) == field.start and quiet_line_end(text, field.end) is not None:
        start = text.rfind("\n", 0, field.start) + 1
        start += text[start : start + 1] == "\ufeff"
        return Edit(start, text.find("\n", field.end) + 1 or len(text), "", why)
    blanks = _BLANKS.match(text, field.end)
    stop = blanks.end() if blanks else field.end
    glued = text[field.start - 1 : field.start].strip() and text[stop : stop + 1].strip()
    return Edit(field.start, stop, " " if glued else "", why)
