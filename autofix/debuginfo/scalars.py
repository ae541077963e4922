"""The lines of an iteration that tell other numbers than a blob's, read in many iterations at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from autofix.debuginfo.decimals import Places, not_digits, parse_decimals, stand_at, windows
from autofix.debuginfo.events import Event, IterationLoss, LearningRate, Output
from autofix.debuginfo.forms import FORMS, MAX_TEXT, constant_text
from autofix.debuginfo.trace import BoolArray, FloatArray

_WIDEST = 24  # bytes of a number and one behind it
_MOST_DIGITS = 15  # of an iteration's number
_TOKEN = re.compile(rb"(?<![\w.+-])[-+]?(?:\d|nan|inf)[-+.\deainf]*")
_SPACE, _ZERO, _NINE = ord(" "), np.uint8(ord("0")), 9


class Scalars:
    """The lines with other numbers than a blob's, of one iteration.

    Args:
        lines: the line's place in the iteration, its text, and what it tells.
    """

    def __init__(self, lines: Sequence[tuple[int, bytes, Event]]) -> None:
        self._lines = [_ScalarLine(*line) for line in lines]
        self._places = [line.place for line in self._lines]
        self._prefixes = _Prefixes([line.prefix for line in self._lines])

    def read(self, data: bytes, starts: Places, ends: Places) -> tuple[list[tuple[type, FloatArray]], BoolArray]:
        """Return kind and numbers ``[count, n]`` of each line, and which iterations have this form.

        Args:
            starts: ``[count, length]``, of the lines of iterations whose ``Texts`` match.
            ends: ``[count, length]``.
        """
        fit = self._prefixes.match(data, starts[:, self._places])
        spans = [line.find(data, starts[:, line.place], ends[:, line.place], fit) for line in self._lines]
        first, last = (np.array([span[end] for found in spans for span in found], dtype=np.intp) for end in (0, 1))
        values, are_numbers = parse_decimals(data, first.ravel(), last.ravel())
        fit &= are_numbers.reshape(first.shape).all(axis=0)
        columns = iter(values.reshape(first.shape))
        numbers = [np.stack([next(columns) for _ in found], axis=1) for found in spans]
        return [(line.kind, array[:, : line.wanted]) for line, array in zip(self._lines, numbers, strict=True)], fit


@dataclass(frozen=True, slots=True)
class _Token:
    """A number of a line that may change, and the text behind it up to the next (or to the line's end), which may not.

    Args:
        is_read: it is to be known, or at least that it is a number.
        is_count: it has digits alone.
    """

    text: bytes
    is_read: bool
    is_count: bool


class _ScalarLine:
    """One line: numbers, some of them wanted, and the texts between them, which are always the same.

    Attributes:
        place: in the iteration.
        prefix: what stands before the message, up to glog's time.
        kind: what the line tells.
        wanted: how many of the numbers tell that; they come first.
    """

    def __init__(self, place: int, line: bytes, event: Event) -> None:
        self.place, self.kind = place, type(event)
        self.wanted = 1 if isinstance(event, Output) else len(fields(event))
        start, text = constant_text(line, event)
        self.prefix, self._begin = line[:start], start + len(text)
        read, fixed = _number_spans(line, event, self._begin)
        spans = [span for match in _TOKEN.finditer(line, self._begin) if (span := match.span()) not in fixed]
        if not read <= set(spans):
            raise ValueError("a number is printed in an unusual way")
        begins = [*(begin for begin, _ in spans), len(line)]
        if begins[0] != self._begin or max(map(int.__sub__, begins[1:], begins)) > MAX_TEXT - 2 * _WIDEST:
            raise ValueError("a line is printed in an unusual way")
        has_count = self.kind in (IterationLoss, LearningRate)
        self._tokens = [
            _Token(line[end:following], (begin, end) in read, has_count and begin == self._begin)
            for (begin, end), following in zip(spans, begins[1:], strict=True)
        ]

    def find(self, data: bytes, starts: Places, ends: Places, fit: BoolArray) -> list[tuple[Places, Places]]:
        """Return where the numbers to read begin and end; clear ``fit`` where the line is another."""
        at, found = starts + self._begin, list[tuple[Places, Places]]()
        for token in self._tokens:
            characters = windows(data, at, _WIDEST)
            fit &= characters[:, 0] > _SPACE
            if token.text:
                end = at + np.argmax((characters == token.text[0]) | (characters <= _SPACE), axis=1)
                fit &= end > at
            else:
                end = ends
            if token.is_count:
                fit &= (np.argmax(characters - _ZERO > _NINE, axis=1) == end - at) & (end - at <= _MOST_DIGITS)
            if token.is_read:
                found.append((at, end))
            at = np.minimum(end, ends)
            if token.text:
                fit &= stand_at(token.text, data, at)
                at = np.minimum(at + len(token.text), ends)
        fit &= at == ends
        return found


class _Prefixes:
    """What stands before some lines' messages, up to glog's time: only the digits may change."""

    def __init__(self, prefixes: list[bytes]) -> None:
        self._width = -(-max(map(len, prefixes), default=0) // 8) * 8
        text = np.frombuffer(b"".join(prefix.ljust(self._width, b"\0") for prefix in prefixes), np.uint8)
        is_digit, is_any = text - _ZERO <= _NINE, text == 0
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


def _number_spans(line: bytes, event: Event, begin: int) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Return where the numbers of a line are, and those among its texts that must stay the same."""
    match = re.compile(FORMS[type(event)][1].encode(), re.ASCII).match(line, begin)
    if match is None:
        raise ValueError("a line is printed in an unusual way")
    spans = {match.span(group) for group in range(1, match.re.groups + 1)} - {(-1, -1)}
    fixed = {match.span("weight")} if isinstance(event, Output) else set()
    return spans - fixed, fixed
