"""From text to nodes: the whole text format of protobuf, as its C++ parser takes it.

A regular expression finds the tokens and a method per construct puts them together. A generated parser was tried
first (lark, LALR): it is slower and its errors cannot name the brace that was left open. The methods call each
other once per level of nesting, and nesting is limited as protobuf limits it, so that no text exhausts the stack.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from autofix.errors import PrototxtError
from autofix.prototxt.nodes import Document, Field, ListValue, Message, Scalar, Source

DEEPEST = 100  # levels of nesting; protobuf's own limit for messages

_TOKEN = re.compile(
    r"""[ \t\r\n\v\f]* (?: \#[^\n]* [ \t\r\n\v\f]* )*
    (?: (?P<word> [A-Za-z_][A-Za-z0-9_]* )
      | (?P<number> 0[xX][0-9a-fA-F]+ | 0[0-7]+ (?![0-9.eE])
                  | (?: (?:0|[1-9][0-9]*) (?:\.[0-9]*)? | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)? [fF]? )
      | (?P<string> "[^"\\\n]*(?:\\[^\n][^"\\\n]*)*" | '[^'\\\n]*(?:\\[^\n][^'\\\n]*)*' )
      | (?P<mark> [][{}<>:,;-] )
      | (?P<end> \Z )
      | (?P<other> [\s\S] ) )""",
    re.VERBOSE,
)
_EXTENSION = re.compile(r"\[[ \t\r\n]*[A-Za-z_][\w.\-/% \t\r\n]*\]", re.ASCII)
_CLOSER = {"{": "}", "<": ">"}
_INFINITE = re.compile(r"inf|infinity|nan", re.IGNORECASE)


class Token(NamedTuple):
    """One token: its kind (a group of the expression above) and its span."""

    kind: str
    start: int
    end: int
    text: str


def parse(text: str, path: Path | None = None) -> Document:
    """Parse a prototxt.

    Raises:
        PrototxtError: with line and column, if ``text`` is not in the text format.
    """
    source = Source(text, path)
    return Document(source, _Parser(source).root())


class _Parser:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.token = self._read(1 if self.text.startswith("\ufeff") else 0)
        self.last_end = self.token.start
        self.depth = 0

    def root(self) -> Message:
        fields = self._fields(closer="")
        return Message(self.source, 0, len(self.text), fields, 0, len(self.text))

    def _read(self, offset: int) -> Token:
        match = _TOKEN.match(self.text, offset)
        if match is None or match.lastgroup is None:
            raise AssertionError("the token expression matches any text")
        start, end = match.span(match.lastgroup)
        return Token(match.lastgroup, start, end, self.text[start:end])

    def _advance(self) -> Token:
        token = self.token
        self.last_end = token.end
        self.token = self._read(token.end)
        return token

    def _take(self, *marks: str) -> Token | None:
        return self._advance() if self.token.kind == "mark" and self.token.text in marks else None

    def _fields(self, closer: str) -> tuple[Field, ...]:
        fields: list[Field] = []
        while not (self.token.text == closer and self.token.kind in ("mark", "end")):
            fields.append(self._field())
        return tuple(fields)

    def _field(self) -> Field:
        start, name_end = self._name()
        name = self.text[start:name_end]
        colon = self._take(":")
        if self.token.kind == "mark" and self.token.text in "{<[":
            value = self._list(name) if self.token.text == "[" else self._message(name)
        elif colon is None:
            raise self._complaint(f"':' or '{{' is missing after '{name}'", at=name_end)
        else:
            value = self._scalar(name)
        if colon is None and isinstance(value, ListValue) and any(isinstance(v, Scalar) for v in value.items):
            raise self._complaint(f"':' is missing after '{name}'", at=name_end)
        self._take(",", ";")
        return Field(self.source, start, self.last_end, name_end, value)

    def _name(self) -> tuple[int, int]:
        if self.token.kind == "word":
            token = self._advance()
            return token.start, token.end
        extension = _EXTENSION.match(self.text, self.token.start)
        if extension is None:
            raise self._unexpected("a field's name")
        self.last_end = extension.end()
        self.token = self._read(extension.end())
        return extension.span()

    def _message(self, name: str) -> Message:
        opener = self._advance()
        closer = _CLOSER[opener.text]
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._complaint(f"blocks are nested more than {DEEPEST} deep", at=opener.start)
        fields: list[Field] = []
        while self.token.text != closer or self.token.kind != "mark":
            if self.token.kind == "end" or self.token.text in ("}", ">", "]"):
                raise self._unclosed(f"{name} {opener.text}", opener, closer)
            fields.append(self._field())
        self.depth -= 1
        end = self._advance()
        return Message(self.source, opener.start, end.end, tuple(fields), opener.end, end.start)

    def _list(self, name: str) -> ListValue:
        opener = self._advance()
        items: list[Scalar | Message] = []
        while not self._take("]"):
            if items and not self._take(","):
                raise self._unclosed(f"{name} [", opener, "]")
            braced = self.token.kind == "mark" and self.token.text in "{<"
            items.append(self._message(name) if braced else self._scalar(name))
        return ListValue(self.source, opener.start, self.last_end, tuple(items))

    def _scalar(self, name: str) -> Scalar:
        start = self.token.start
        minus = self._take("-")
        kind = self.token.kind
        if kind == "string" and not minus:
            while self.token.kind == "string":
                self._advance()
            return Scalar(self.source, start, self.last_end, "string")
        if kind == "number" or (kind == "word" and (not minus or _INFINITE.fullmatch(self.token.text))):
            self._advance()
            return Scalar(
                self.source, start, self.last_end, "word" if kind == "word" and not minus else "number"
            )
        raise self._unexpected(f"the value of '{name}'")

    def _unclosed(self, opening: str, opener: Token, closer: str) -> PrototxtError:
        line = self.source.position(opener.start)[0]
        found = "" if self.token.kind == "end" else f", found '{self.token.text}'"
        return self._complaint(f"'{closer}' missing for '{opening}' opened at line {line}{found}")

    def _unexpected(self, wanted: str) -> PrototxtError:
        token = self.token
        if token.kind == "end":
            return self._complaint(f"the file ends where {wanted} should stand")
        if token.text in ("}", ">") and wanted == "a field's name":
            return self._complaint(
                f"'{token.text}' closes nothing: one too many, or its opening brace is missing"
            )
        return self._complaint(f"{wanted} should stand here, found {_described(token, self.text)}")

    def _complaint(self, message: str, at: int | None = None) -> PrototxtError:
        return self.source.error(self.token.start if at is None else at, message)


def _described(token: Token, text: str) -> str:
    """What was found, with the reason where it is a common slip."""
    character = token.text[:1]
    if token.kind != "other":
        return f"'{token.text}'" if len(token.text) <= 40 else f"'{token.text[:40]}...'"
    if character in "\"'":
        return f"a text whose closing {character} is missing on this line"
    if character in "“”„‘’«»":
        return f"the typographic quote {character}; use \" or '"
    if text.startswith(("//", "/*"), token.start):
        return f"'{text[token.start : token.start + 2]}'; a comment begins with #"
    return f"'{character}'" if character.isprintable() else f"the character {character!a}"
