"""How a prototxt is written around one place, so that new text can be written the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from autofix.prototxt.nodes import Field, Message, Scalar
from autofix.prototxt.scalars import format_number, quote

Plain: TypeAlias = str | float | bool
Content: TypeAlias = Plain | Sequence[tuple[str, "Content"]]

_LINE_START = re.compile(r"\ufeff?[ \t]*")
_QUIET = re.compile(r"[ \t]*(?:#[^\n]*?)?(?=\r?(?:\n|\Z))")
_BEFORE_BRACE = re.compile(r"[\w\]]([ \t\r\n]*:?[ \t\r\n]*)\Z")


class Verbatim(str):
    """Text that is written as it is, without quotes: a word such as ``TRAIN``."""

    __slots__ = ()


def plain_text(value: Plain, mark: str = '"') -> str:
    """``value`` as a prototxt writes it: strings between two of ``mark``, numbers short, words bare."""
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, str):
        return quote(value, mark)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else format_number(value)


def first_on_line(text: str, offset: int) -> int:
    """Where the line of ``offset`` has its first character that is not blank (nor a byte order mark)."""
    start = text.rfind("\n", 0, offset) + 1
    match = _LINE_START.match(text, start)
    return match.end() if match else start


def line_indent(text: str, offset: int) -> str:
    """The blanks that begin the line of ``offset``."""
    start = text.rfind("\n", 0, offset) + 1
    return text[start : first_on_line(text, offset)].lstrip("\ufeff")


def quiet_line_end(text: str, offset: int) -> int | None:
    """Where the line of ``offset`` ends, if only blanks and a comment follow on it; None if more does."""
    match = _QUIET.match(text, offset)
    return match.end() if match else None


@dataclass(frozen=True, slots=True)
class Style:
    """The habits of a document around one message."""

    newline: str
    unit: str  # one level of indentation
    colon: str  # from a name to its plain value
    quotes: str
    separator: str  # "," or ";" or nothing, after a field
    opener: str  # from a name to its brace
    braces: str  # "{}" or "<>"
    compact: bool  # blocks like the new one stand on one line
    one_line: frozenset[str]  # blocks of these names do, within blocks like the new one

    @classmethod
    def of(cls, message: Message, neighbour: Field | None) -> Style:
        """What the fields of ``message`` look like, the one beside the place first."""
        beside = [neighbour] if neighbour is not None else []
        fields = [*beside, *message.fields]
        block = next((field.value for field in fields if isinstance(field.value, Message)), message)
        plain = [field for field in (*fields, *block.fields) if isinstance(field.value, Scalar)]
        strings = (
            field.value.raw for field in plain if isinstance(field.value, Scalar) and field.value.kind == "string"
        )
        text = message.source.text
        return cls(
            newline=_newline(text, neighbour.start if neighbour is not None else message.start),
            unit=_unit(block),
            colon=_colon(plain[0]) if plain else ": ",
            quotes=next(strings, '"')[0],
            separator=next((field.separator for field in fields if field.separator), ""),
            opener=_opener(block),
            braces="<>" if text[block.start : block.start + 1] == "<" else "{}",
            compact=block is not message and bool(block.fields) and "\n" not in block.raw,
            one_line=frozenset(
                field.name for field in block if isinstance(field.value, Message) and "\n" not in field.raw
            ),
        )

    def lines(self, fields: Sequence[tuple[str, Content]], indent: str) -> str:
        """``fields``, each begun by a line end."""
        return "".join(self.newline + indent + self._on_lines(*field, indent) for field in fields)

    def inline(self, fields: Sequence[tuple[str, Content]]) -> str:
        """``fields`` on one line, separators only between them."""
        return f"{self.separator} ".join(self._on_one_line(*field) for field in fields)

    def _on_lines(self, name: str, value: Content, indent: str) -> str:
        if self.compact or name in self.one_line or isinstance(value, (str, float, int)):
            return self._on_one_line(name, value) + self.separator
        gap = self.newline + indent if "\n" in self.opener else self.opener
        inside = self.lines(value, indent + self.unit)
        return f"{name}{gap}{self.braces[0]}{inside}{self.newline}{indent}{self.braces[1]}"

    def _on_one_line(self, name: str, value: Content) -> str:
        if isinstance(value, (str, float, int)):
            return f"{name}{self.colon}{plain_text(value, self.quotes)}"
        gap = " " if "\n" in self.opener else self.opener
        return f"{name}{gap}{self.braces[0]} {self.inline(value)} {self.braces[1]}"


def _newline(text: str, offset: int) -> str:
    """The line end nearest behind ``offset``, else nearest before it."""
    place = text.find("\n", offset)
    place = text.rfind("\n") if place < 0 else place
    return "\r\n" if place > 0 and text[place - 1] == "\r" else "\n"


def _colon(field: Field) -> str:
    """What stands from a name to its value; not copied where it serves to align values in columns."""
    gap = field.source.text[field.name_end : field.value.start]
    return gap if gap in (":", ": ", " : ", " :") else ": "


def _opener(block: Message) -> str:
    match = _BEFORE_BRACE.search(block.source.text[max(block.start - 80, 0) : block.start])
    return match[1] if match else " "


def _unit(block: Message) -> str:
    """How much deeper the fields of ``block`` stand than the block; two blanks if that cannot be seen."""
    text = block.source.text
    inner = next((line_indent(text, f.start) for f in block.fields if first_on_line(text, f.start) == f.start), "")
    outer = line_indent(text, block.start)
    return inner.removeprefix(outer) or ("\t" if outer.startswith("\t") else "  ")
