"""The nodes of a prototxt: frozen spans into its text.

Nothing is stored twice. A node knows the text it comes from and where it begins and ends; raw text, values and
line numbers are read from there when asked for. Offsets count characters, ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from autofix.errors import PrototxtError
from autofix.prototxt import scalars
from autofix.prototxt.source import Source


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """A span of ``source.text``; two nodes are equal only if they are the same node."""

    source: Source
    start: int
    end: int

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at line {self.line}: {self.brief}>"

    @property
    def raw(self) -> str:
        """The node's text, as written."""
        return self.source.text[self.start : self.end]

    @property
    def brief(self) -> str:
        """The node's text on one line, and not too much of it."""
        text = " ".join(self.source.text[self.start : min(self.end, self.start + 1000)].split())
        return text if len(text) <= 60 else text[:57] + "..."

    @property
    def line(self) -> int:
        """The line, counted from 1, on which the node begins."""
        return self.source.position(self.start)[0]

    def error(self, message: str) -> PrototxtError:
        """An error that points at this node."""
        return self.source.error(self.start, message)


@dataclass(frozen=True, eq=False, repr=False)
class Scalar(Node):
    """A string (also several adjacent ones), a number or a word such as ``TRAIN`` or ``true``.

    Every accessor raises PrototxtError, pointing at the value, if the value is of another kind.
    """

    kind: Literal["string", "number", "word"]

    @property
    def string(self) -> str:
        """The text of a string, escapes resolved; bytes that are not UTF-8 come as lone surrogates."""
        if self.kind != "string":
            raise self.error(f"a text in quotes is needed here, not {self.brief}")
        return scalars.unquote(self.raw)

    @property
    def word(self) -> str:
        """A word such as an enum's name; the text of a string is taken as well."""
        if self.kind == "number":
            raise self.error(f"a name is needed here, not {self.brief}")
        return self.raw if self.kind == "word" else scalars.unquote(self.raw)

    @property
    def number(self) -> float:
        """A number; ``inf`` and ``nan`` are numbers too."""
        value = None if self.kind == "string" else scalars.number(self.raw)
        if value is None:
            raise self.error(f"a number is needed here, not {self.brief}")
        return value

    @property
    def integer(self) -> int:
        """A whole number, decimal, hexadecimal (``0x1F``) or octal (``017``)."""
        value = None if self.kind == "string" else scalars.integer(self.raw)
        if value is None:
            raise self.error(f"a whole number is needed here, not {self.brief}")
        return value

    @property
    def boolean(self) -> bool:
        """``true`` or ``false``, in all the spellings protobuf takes."""
        value = scalars.BOOLEANS.get(self.raw)
        if value is None:
            raise self.error(f"true or false is needed here, not {self.brief}")
        return value


@dataclass(frozen=True, eq=False, repr=False)
class ListValue(Node):
    """``[1, 2]``: several values of one field."""

    items: tuple[Scalar | Message, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Field(Node):
    """``name: value`` or ``name { ... }``. The span ends after a ``,`` or ``;`` that closes the field."""

    name_end: int
    value: Value

    @property
    def name(self) -> str:
        """The name; that of an extension with its brackets and without blanks, ``[a.b.c]``."""
        name = self.source.text[self.start : self.name_end]
        return "".join(name.split()) if name.startswith("[") else name

    @property
    def separator(self) -> str:
        """``,``, ``;`` or nothing."""
        return self.raw[-1] if self.end > self.value.end else ""


@dataclass(frozen=True, eq=False, repr=False)
class Message(Node):
    """The fields between two braces, in order.

    The span holds the braces, the body is what lies between them. The root has none: it is the whole text.
    """

    fields: tuple[Field, ...]
    body_start: int
    body_end: int

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def all(self, *names: str) -> tuple[Field, ...]:
        """Every field of one of these names, in order."""
        return tuple(field for field in self.fields if field.name in names)

    def get(self, name: str) -> Field | None:
        """The last field of this name: the one that counts where only one may."""
        return next((field for field in reversed(self.fields) if field.name == name), None)

    def values(self, name: str) -> tuple[Scalar | Message, ...]:
        """Every value of the fields of this name, lists laid flat."""
        nested = (field.value for field in self.all(name))
        return tuple(item for value in nested for item in (value.items if isinstance(value, ListValue) else (value,)))

    def scalars(self, name: str) -> tuple[Scalar, ...]:
        """Every value of this name; raises PrototxtError where one is a block."""
        values = self.values(name)
        for value in values:
            if isinstance(value, Message):
                raise value.error(f"'{name}' needs a value here, not a block in braces")
        return tuple(value for value in values if isinstance(value, Scalar))

    def messages(self, name: str) -> tuple[Message, ...]:
        """Every block of this name; raises PrototxtError where one is a plain value."""
        values = self.values(name)
        for value in values:
            if isinstance(value, Scalar):
                raise value.error(f"'{name}' needs a block in braces, not {value.brief}")
        return tuple(value for value in values if isinstance(value, Message))

    def scalar(self, name: str) -> Scalar | None:
        """The value of this name, None if it is not written."""
        found = self.scalars(name)
        return found[-1] if found else None

    def message(self, name: str) -> Message | None:
        """The block of this name, None if it is not written."""
        found = self.messages(name)
        return found[-1] if found else None

    def text(self, name: str, default: str = "") -> str:
        """A string or word (an enum)."""
        found = self.scalar(name)
        return default if found is None else found.word

    def number(self, name: str, default: float) -> float:
        """A number."""
        found = self.scalar(name)
        return default if found is None else found.number

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        found = self.scalar(name)
        return default if found is None else found.integer

    def boolean(self, name: str, default: bool) -> bool:
        """True or false."""
        found = self.scalar(name)
        return default if found is None else found.boolean


Value: TypeAlias = Scalar | Message | ListValue


@dataclass(frozen=True, eq=False, repr=False)
class Document:
    """A parsed prototxt. ``str(document)`` is its text, byte for byte."""

    source: Source
    root: Message

    @property
    def text(self) -> str:
        """The whole text."""
        return self.source.text

    @property
    def path(self) -> Path | None:
        """The file, or None for a text that came from elsewhere."""
        return self.source.path

    def __str__(self) -> str:
        return self.source.text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path or 'without a path'}>"
