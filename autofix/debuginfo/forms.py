"""What does not change of an iteration's lines: the text before the first number of each, compared in many at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autofix.debuginfo.decimals import Places, not_digits, stand_at, windows
from autofix.debuginfo.events import (
    Backward,
    Clipped,
    Event,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    Output,
    TestStart,
)
from autofix.debuginfo.lines import COUNT, GLOG_TIME, NUMBER
from autofix.debuginfo.trace import BoolArray

MAX_TEXT = 512  # bytes before a line's first number
_TELLING = 16  # bytes at the end of a text that tell a line from most others
DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_TIME = re.compile(GLOG_TIME.encode())
_TIME_WITHIN = 96  # bytes; containers, mpirun and colours put something in front

# By the kind of line: its first words, and what follows up to the last number that is read. What is "fixed" is part of
# the form.
FORMS: dict[type, tuple[str, str]] = {
    NetNorms: (
        "[Backward] All net params (data, diff): L1 norm = (",
        rf"({NUMBER}), ({NUMBER})\); L2 norm = \(({NUMBER}), ({NUMBER})\)",
    ),
    IterationLoss: ("Iteration ", rf"({COUNT})\b[^=\n]*\bloss = ({NUMBER})"),
    LearningRate: ("Iteration ", rf"({COUNT}), lr = ({NUMBER})"),
    Clipped: (
        "Gradient clipping: scaling down gradients (L2 norm ",
        rf"({NUMBER}) > ({NUMBER})\) by scale factor ({NUMBER})",
    ),
    Output: ("", rf"({NUMBER})(?: \(\* (?P<fixed>{NUMBER}) = ({NUMBER}) loss\))?\s*$"),
    TestStart: ("Iteration ", rf"({COUNT}), Testing net(?: \(#(?P<fixed>{COUNT})\))?"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """What does not change of a line.

    Args:
        prefix: what stands in front, up to glog's time, with 0 for any digit; "" if all of it may change.
        start: where the text begins.
        text: what stands before the first number.
        is_whole: nothing follows: the line tells nothing, and all of it is prefix.
    """

    prefix: bytes
    start: int
    text: bytes
    is_whole: bool


class Texts:
    """What does not change of the lines of an iteration.

    Attributes:
        ends: ``[length]``, how far into the line each text reaches.
        last: the last line that tells something.
    """

    def __init__(self, texts: Sequence[Text]) -> None:
        width = -(-max(len(each.text) for each in texts) // 8) * 8
        if width > MAX_TEXT:
            raise ValueError("a line is too long")
        self._width = width
        self._starts = np.array([each.start for each in texts], dtype=np.intp)
        self.ends = self._starts + np.array([len(each.text) for each in texts], dtype=np.intp)
        self._are_whole = np.array([each.is_whole for each in texts])
        self._words = _words([each.text.ljust(width, b"\0") for each in texts])
        self._masks = _words([(b"\xff" * len(each.text)).ljust(width, b"\0") for each in texts])
        self.last = max(place for place, each in enumerate(texts) if not each.is_whole)
        self._end_of_first, self._end_of_last = (texts[line].text[-_TELLING:] for line in (0, self.last))
        self._prefixed = [place for place, each in enumerate(texts) if each.prefix]
        self._prefixes = _Prefixes([texts[place].prefix for place in self._prefixed])

    def is_first(self, data: bytes, starts: Places) -> BoolArray:
        """Return which lines look like the first, judged by the end of its text alone."""
        return stand_at(self._end_of_first, data, starts + (self.ends[0] - len(self._end_of_first)))

    def is_last(self, data: bytes, starts: Places) -> BoolArray:
        """Return which lines look like the last that tells something, judged likewise."""
        return stand_at(self._end_of_last, data, starts + (self.ends[self.last] - len(self._end_of_last)))

    def match(self, data: bytes, starts: Places, ends: Places) -> BoolArray:
        """Return which iterations have these texts and something behind each that is not whole: ``[count]``.

        Args:
            starts: ``[count, length]``.
            ends: ``[count, length]``.
        """
        behind = ends - starts - self.ends
        fit: BoolArray = np.all((behind >= 0) & ((behind > 0) != self._are_whole), axis=1)
        here = windows(data, (starts + self._starts).ravel(), self._width).view(np.uint64)
        here = here.reshape(len(starts), self._words.size)
        here ^= self._words.ravel()
        here &= self._masks.ravel()
        return fit & ~here.any(axis=1) & self._prefixes.match(data, starts[:, self._prefixed])


class _Prefixes:
    """What some lines begin with: only the digits may change."""

    def __init__(self, prefixes: list[bytes]) -> None:
        self._width = -(-max(map(len, prefixes), default=0) // 8) * 8
        if self._width > MAX_TEXT:
            raise ValueError("a line is too long")
        text = np.frombuffer(b"".join(prefix.ljust(self._width, b"\0") for prefix in prefixes), np.uint8)
        any_byte = b"".join(bytes(len(prefix)).ljust(self._width, b"\1") for prefix in prefixes)
        is_digit, is_any = text == ord("0"), np.frombuffer(any_byte, np.bool_)
        self._digits, self._fixed = (
            np.where(mask, np.uint8(255), np.uint8(0)).view(np.uint64) for mask in (is_digit, ~is_digit & ~is_any)
        )
        self._words = text.view(np.uint64) & self._fixed

    def match(self, data: bytes, starts: Places) -> BoolArray:
        """Return where they stand, ``[count]``.

        Args:
            starts: ``[count, lines]``.
        """
        if not self._width:
            return np.ones(len(starts), dtype=bool)
        words = windows(data, starts.ravel(), self._width).view(np.uint64).reshape(len(starts), self._words.size)
        wrong = (words & self._fixed) ^ self._words
        wrong |= not_digits(words) & self._digits
        same: BoolArray = ~wrong.any(axis=1)
        return same


def is_blob(event: Event | None) -> bool:
    return isinstance(event, Forward | Backward)


def constant_text(line: bytes, event: Event | None) -> Text:
    """Return what does not change of a line that tells this, or nothing.

    Raises:
        ValueError: it is printed in an unusual way.
    """
    time = _TIME.search(line, 0, _TIME_WITHIN)
    start = time.end() if time else 0
    prefix = line[:start].translate(DIGITS_TO_ZERO)
    if event is None:
        return Text(line.translate(DIGITS_TO_ZERO), len(line), b"", is_whole=True)
    if is_blob(event):
        return Text(b"", start, line[start : line.rstrip().rindex(b" ") + 1], is_whole=False)
    if isinstance(event, Output):
        first_words = f"#{event.index}: {event.name} = ".encode()
    else:
        first_words = FORMS[type(event)][0].encode()
    text = line[start : line.index(first_words) + len(first_words)]
    return Text(prefix, start, text, is_whole=False)


def _words(texts: list[bytes]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Return the texts, all of one length, as eight-byte words: ``[len(texts), words]``."""
    return np.frombuffer(b"".join(texts), dtype=np.uint64).reshape(len(texts), -1)
