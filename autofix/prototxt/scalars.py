"""Values of the protobuf text format, from their text and to it."""

from __future__ import annotations

import math
import re

BOOLEANS = {
    **dict.fromkeys(("true", "True", "t", "1"), True),
    **dict.fromkeys(("false", "False", "f", "0"), False),
}

_QUOTED = re.compile(r"'([^'\\\n]*(?:\\[^\n][^'\\\n]*)*)'|\"([^\"\\\n]*(?:\\[^\n][^\"\\\n]*)*)\"|#[^\n]*")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LETTERS = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))
_INTEGER = re.compile(r"(-?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]+)|(\d{1,4000}))")
_SIGN = re.compile(r"^-(?:\s|#[^\n]*\n)*")  # blanks and even comments may stand behind a minus
_WORDS = {"inf": math.inf, "infinity": math.inf, "nan": math.nan}


def unquote(raw: str) -> str:
    """The text of one string or of several adjacent ones (with comments between them, if any)."""
    parts = (match[1] or match[2] or "" for match in _QUOTED.finditer(raw))
    inside = "".join(parts)
    if "\\" not in inside:
        return inside
    resolved = _ESCAPE.sub(_escape, inside.encode("utf-8", "surrogateescape"))
    return resolved.decode("utf-8", "surrogateescape")


def _escape(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, letter = match.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if short or long:
        code = int(short or long, 16)
        return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else match[0]
    return bytes([_LETTERS.get(letter[0], letter[0])])


def quote(text: str, mark: str = '"') -> str:
    """``text`` between two of ``mark``, with backslashes, the mark itself and line ends escaped."""
    escaped = text.replace("\\", "\\\\").replace(mark, "\\" + mark)
    return mark + escaped.replace("\n", "\\n").replace("\r", "\\r") + mark


def integer(raw: str) -> int | None:
    """The whole number that ``raw`` writes, or None."""
    match = _INTEGER.fullmatch(_SIGN.sub("-", raw))
    if match is None:
        return None
    sign, hexadecimal, octal, decimal = match.groups()
    size = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    return -size if sign else size


def number(raw: str) -> float | None:
    """The number that ``raw`` writes, or None: ``1``, ``.5``, ``2.``, ``1e-3f``, ``-inf``, ``nan``, ``0x1F``."""
    whole = integer(raw)
    if whole is not None and abs(whole) < 2**1000:
        return float(whole)
    tight = _SIGN.sub("-", raw)
    sign, bare = (-1.0, tight[1:]) if tight.startswith("-") else (1.0, tight)
    if bare[0] not in ".0123456789":
        word = _WORDS.get(bare.lower())
        return None if word is None else sign * word
    return sign * (math.inf if whole is not None else float(bare.rstrip("fF")))


def format_number(value: float) -> str:
    """The shortest text that reads back as ``value`` at six significant digits: 0.0039, 1e-05, 300."""
    return f"{value:.6g}"
