"""From text to nodes: the text format of protobuf as Caffe's own (C++) parser takes it.

A regular expression finds the tokens, one method per construct puts them together. The methods call each other once
per level of nesting, and nesting is limited, so that no text exhausts Python's stack. A grammar for a parser
generator (lark, LALR) was measured too: it took two to three times as long on a net of 10,000 lines, and its errors
name the token that did not fit, not the brace that was left open.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from autofix.errors import PrototxtError
from autofix.prototxt.nodes import Document, Field, ListValue, Message, Scalar, Source, Value

DEEPEST = 100  # levels of nesting: what protobuf allows in messages

_TOKEN = re.compile(
    r"""[ \t\r\n\v\f]* (?: \#[^\n]* [ \t\r\n\v\f]* )*
    (?: (?P<word> [A-Za-z_][A-Za-z0-9_]* )
      | (?P<number> (?: 0[xX][0-9a-fA-F]+ | 0[0-7]+
          | (?: (?:0|[1-9][0-9]*) (?:\.[0-9]*)? | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)? [fF]? ) (?![A-Za-z0-9_.]) )
      | (?P<string> "[^"\\\n]*(?:\\[abfnrtvxXuU0-7\\?'"][^"\\\n]*)*"
                  | '[^'\\\n]*(?:\\[abfnrtvxXuU0-7\\?'"][^'\\\n]*)*' )
      | (?P<mark> [][{}<>:,;-] )
      | (?P<end> \Z )
      | (?P<wrong> \.?[0-9][A-Za-z0-9_.]* | [\s\S] ) )""",
    re.VERBOSE,
)
_EXTENSION = re.compile(r"\[[ \t\r\n]*[A-Za-z_][\w.\-/% \t\r\n]*\]", re.ASCII)
_CLOSED = re.compile(r""" "[^"\\\n]*(?:\\.[^"\\\n]*)*" | '[^'\\\n]*(?:\\.[^'\\\n]*)*' """, re.VERBOSE)
_INFINITE = re.compile(r"inf|infinity|nan", re.IGNORECASE)
_CLOSER = {"{": "}", "<": ">"}


class Token(NamedTuple):
    """One token: its kind (a group of the expression above), its span and its text."""

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
        fields: list[Field] = []
        while self.token.kind != "end":
            fields.append(self._field())
        return Message(self.source, 0, len(self.text), tuple(fields), 0, len(self.text))

    def _read(self, offset: int) -> Token:
        match = _TOKEN.match(self.text, offset)
        assert match is not None  # one of the kinds takes any character, another the end
        kind = match.lastgroup or "end"
        start, end = match.span(kind)
        return Token(kind, start, end, self.text[start:end])

    def _advance(self) -> Token:
        token = self.token
        self.last_end = token.end
        self.token = self._read(token.end)
        return token

    def _at(self, marks: str) -> bool:
        return self.token.kind == "mark" and self.token.text in marks

    def _field(self) -> Field:
        start, name_end = self._name()
        name = _brief(self.text[start:name_end])
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
        text = self.token.text
        if self.token.kind == "wrong":
            return _slip(self.text, self.token.start) or repr(_brief(text))
        return f"'{_brief(text)}'"

    def _complaint(self, message: str, at: int | None = None) -> PrototxtError:
        return self.source.error(self.token.start if at is None else at, message)


def _brief(text: str) -> str:
    """``text`` as an error quotes it: on one line, and not at any length."""
    line = " ".join(text.split()) or text
    return line if len(line) <= 40 else f"{line[:37]}..."


def _slip(text: str, start: int) -> str:
    """What stands at ``start`` in words, if it is one of the common slips."""
    character = text[start]
    slips = {
        "a text with a backslash that means nothing (\\\\ is a backslash)": _CLOSED.match(text, start),
        f"a text whose closing {character} is missing on this line": character in "\"'",
        f"the typographic quote {character} (use \" or ')": character in "“”„‘’«»",
        "a comment that does not begin with #": text.startswith(("//", "/*"), start),
        "a number that begins with 0 and so would be octal": re.compile(r"0\d").match(text, start),
    }
    return next((slip for slip, happened in slips.items() if happened), "")
