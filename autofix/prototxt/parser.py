"""From text to nodes: the text format of protobuf as Caffe's own (C++) parser takes it.

One method per construct puts the tokens together. The methods call each other once per level of nesting, and nesting
is limited, so that no text exhausts Python's stack. A grammar for a parser generator (lark, LALR) was measured too: it
took two to three times as long on a net of 10,000 lines, and its errors name the token that did not fit, not the brace
that was left open.
"""

from __future__ import annotations

import re
from pathlib import Path

from autofix.errors import PrototxtError
from autofix.prototxt.nodes import Document, Field, ListValue, Message, Scalar, Value
from autofix.prototxt.source import Source
from autofix.prototxt.tokens import Token, brief, extension_end, in_words, token_at

DEEPEST = 100  # levels of nesting: what protobuf allows in messages

_INFINITE = re.compile(r"inf|infinity|nan", re.IGNORECASE)
_CLOSER = {"{": "}", "<": ">"}


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
        self.token = token_at(self.text, 1 if self.text.startswith("\ufeff") else 0)
        self.last_end = self.token.start
        self.depth = 0

    def root(self) -> Message:
        fields: list[Field] = []
        while self.token.kind != "end":
            fields.append(self._field())
        return Message(self.source, 0, len(self.text), tuple(fields), 0, len(self.text))

    def _advance(self) -> Token:
        token = self.token
        self.last_end = token.end
        self.token = token_at(self.text, token.end)
        return token

    def _at(self, marks: str) -> bool:
        return self.token.kind == "mark" and self.token.text in marks

    def _field(self) -> Field:
        start, name_end = self._name()
        name = brief(self.text[start:name_end])
        colon = self._at(":") and self._advance()
        value: Value
        if self._at("{<"):
            value = self._message(name)
        elif self._at("["):
            value = self._list(name)
        elif colon:
            value = self._scalar(name)
        else:
            found = "" if self.token.kind == "end" else f", found {self._found()}"
            raise self._complaint(f"':' or '{{' is missing after '{name}'{found}", at=name_end)
        if not colon and isinstance(value, ListValue) and any(isinstance(item, Scalar) for item in value.items):
            raise self._complaint(f"':' is missing after '{name}'", at=name_end)
        if self._at(",;"):
            self._advance()
        return Field(self.source, start, self.last_end, name_end, value)

    def _name(self) -> tuple[int, int]:
        if self.token.kind == "word":
            token = self._advance()
            return token.start, token.end
        start, end = self.token.start, extension_end(self.text, self.token.start)
        if end is None:
            raise self._unexpected("a field's name")
        self.last_end = end
        self.token = token_at(self.text, end)
        return start, end

    def _message(self, name: str) -> Message:
        opener = self._advance()
        closer = _CLOSER[opener.text]
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._complaint(f"blocks are nested more than {DEEPEST} deep", at=opener.start)
        fields: list[Field] = []
        while not self._at(closer):
            if self.token.kind == "end" or self._at("}>]"):
                raise self._unclosed(f"{name} {opener.text}", opener, closer)
            fields.append(self._field())
        self.depth -= 1
        end = self._advance()
        return Message(self.source, opener.start, end.end, tuple(fields), opener.end, end.start)

    def _list(self, name: str) -> ListValue:
        opener = self._advance()
        items = [] if self._at("]") else [self._item(name)]
        while self._at(","):
            self._advance()
            items.append(self._item(name))
        if not self._at("]"):
            raise self._unclosed(f"{name}: [", opener, "]")
        end = self._advance()
        return ListValue(self.source, opener.start, end.end, tuple(items))

    def _item(self, name: str) -> Scalar | Message:
        return self._message(name) if self._at("{<") else self._scalar(name)

    def _scalar(self, name: str) -> Scalar:
        start = self.token.start
        minus = self._at("-") and self._advance()
        kind = self.token.kind
        if kind == "number" or (kind == "word" and minus and _INFINITE.fullmatch(self.token.text)):
            self._advance()
            return Scalar(self.source, start, self.last_end, "number")
        if kind == "word" and not minus:
            self._advance()
            return Scalar(self.source, start, self.last_end, "word")
        if kind == "string" and not minus:
            while self.token.kind == "string":
                self._advance()
            return Scalar(self.source, start, self.last_end, "string")
        raise self._unexpected(f"the value of '{name}'")

    def _unclosed(self, opening: str, opener: Token, closer: str) -> PrototxtError:
        line = self.source.position(opener.start)[0]
        found = "" if self.token.kind == "end" else f", found {self._found()}"
        return self._complaint(f"'{closer}' missing for '{opening}' opened at line {line}{found}")

    def _unexpected(self, wanted: str) -> PrototxtError:
        if self.token.kind == "end":
            return self._complaint(f"the file ends where {wanted} should stand")
        if self._at("}>") and not self.depth:
            return self._complaint(f"'{self.token.text}' closes nothing: one too many, or its opening one is missing")
        return self._complaint(f"{wanted} should stand here, found {self._found()}")

    def _found(self) -> str:
        return in_words(self.text, self.token)

    def _complaint(self, message: str, at: int | None = None) -> PrototxtError:
        return self.source.error(self.token.start if at is None else at, message)
