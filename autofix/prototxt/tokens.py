"""The tokens of protobuf's text format as its C++ tokenizer takes them, and those that are none in words."""

from __future__ import annotations

import re
from typing import NamedTuple

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
_LEADING_ZERO = re.compile(r"0\d")


class Token(NamedTuple):
    """One token: its kind (a group of the expression above), its span and its text."""

    kind: str
    start: int
    end: int
    text: str


def token_at(text: str, offset: int) -> Token:
    """The first token at or behind ``offset``; blanks and comments before it are passed over."""
    match = _TOKEN.match(text, offset)
    assert match is not None  # one of the kinds takes any character, another the end
    kind = match.lastgroup or "end"
    start, end = match.span(kind)
    return Token(kind, start, end, text[start:end])


def extension_end(text: str, start: int) -> int | None:
    """Where the name of an extension, such as ``[my.fork.param]``, ends; None if none begins at ``start``."""
    match = _EXTENSION.match(text, start)
    return match.end() if match else None


def brief(text: str) -> str:
    """``text`` as an error quotes it: on one line, and not at any length."""
    line = " ".join(text.split()) or text
    return line if len(line) <= 40 else f"{line[:37]}..."


def in_words(text: str, token: Token) -> str:
    """A token as an error names it: quoted, or told for what it is where it is one of the common slips."""
    if token.kind != "wrong":
        return f"'{brief(token.text)}'"
    start, character = token.start, token.text[0]
    slips = {
        "a text with a backslash that means nothing (\\\\ is a backslash)": _CLOSED.match(text, start),
        f"a text whose closing {character} is missing on this line": character in "\"'",
        f"the typographic quote {character} (use \" or ')": character in "“”„‘’«»",
        "a comment that does not begin with #": text.startswith(("//", "/*"), start),
        "a number that begins with 0 and so would be octal": _LEADING_ZERO.match(text, start),
    }
    return next((slip for slip, happened in slips.items() if happened), repr(brief(token.text)))
