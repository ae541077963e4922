"""The lines of an iteration that tell other numbers than a blob's, read in many iterations at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from autofix.debuginfo.decimals import Places, windows
from autofix.debuginfo.events import Event, IterationLoss, LearningRate, Output, TestStart
from autofix.debuginfo.forms import FORMS, MAX_TEXT, constant_text
from autofix.debuginfo.trace import BoolArray, FloatArray

_WIDEST = 16  # bytes of a number and one behind it
_MOST_DIGITS = 15  # of an iteration's number
_TOKEN = re.compile(rb"(?<![\w.+-])[-+]?(?:\d|nan|inf)[-+.\deainf]*")
COUNTED = (IterationLoss, LearningRate, TestStart)  # lines whose first number is an iteration's
_SPACE, _ZERO, _NINE = ord(" "), np.uint8(ord("0")), 9


class Scalars:
    """The lines with other numbers than a blob's, of one iteration.

    All lines' first numbers are looked for together, then all second ones, and so on.

    Args:
        lines: the line's place in the iteration, its text, and what it tells.
    """

    def __init__(self, lines: Sequence[tuple[int, bytes, Event]]) -> None:
        parsed = [_ScalarLine(*line) for line in lines]
        self._lines = sorted(parsed, key=lambda line: -len(line.tokens))
        self._order = [self._lines.index(line) for line in parsed]
        self._places = [line.place for line in self._lines]
        self._begins = np.array([[line.begin] for line in self._lines], dtype=np.intp)
        self._steps = [
            _Step([line.tokens[step] for line in self._lines if len(line.tokens) > step])
            for step in range(len(self._lines[0].tokens))
        ]

    def find(self, data: bytes, starts: Places, ends: Places) -> tuple[Places, Places, BoolArray]:
        """Return where the numbers to read begin and end, both ``[n, count]``, and which iterations have this form.

        Args:
            starts: ``[count, length]``, of the lines of iterations whose ``Texts`` match.
            ends: ``[count, length]``.
        """
        fit, found = np.ones(len(starts), dtype=bool), list[tuple[Places, Places]]()
        at, ends = starts[:, self._places].T + self._begins, ends[:, self._places].T
        for step in self._steps:
            lines = slice(step.count)
            begin = at[lines].copy()
            end, at[lines], fits = step.find(data, begin, ends[lines])
            fit &= fits
            found.append((begin[step.are_read], end[step.are_read]))
        fit &= (at == ends).all(axis=0)
        first, last = (np.concatenate([span[side] for span in found]) for side in (0, 1))
        return first, last, fit

    def by_line(self, values: FloatArray) -> list[tuple[type, FloatArray]]:
        """Return kind and wanted numbers ``[count, n]`` of each line, from those that ``find`` found."""
        numbers: list[list[FloatArray]] = [[] for _ in self._lines]
        column = iter(values)
        for step in self._steps:
            for line in np.flatnonzero(step.are_read):
                numbers[line].append(next(column))
        return [
            (self._lines[place].kind, np.stack(numbers[place][: self._lines[place].wanted], axis=1))
            for place in self._order
        ]


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


class _Step:
    """One number of each of several lines.

    Attributes:
        count: how many lines.
        are_read: ``[count]``, which numbers are to be known.
    """

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self.count = len(tokens)
        self.are_read = np.array([token.is_read for token in tokens])
        self._counts = np.flatnonzero([token.is_count for token in tokens])
        self._are_last = np.array([[not token.text] for token in tokens])
        self._ending = np.array([[[token.text[0] if token.text else _SPACE]] for token in tokens], dtype=np.uint8)
        self._sizes = np.array([[len(token.text)] for token in tokens], dtype=np.intp)
        self._width = max(-(-int(self._sizes.max()) // 8) * 8, 8)
        texts = [token.text.ljust(self._width, b"\0") for token in tokens]
        masks = [(b"\xff" * len(token.text)).ljust(self._width, b"\0") for token in tokens]
        self._words, self._masks = (
            np.frombuffer(b"".join(each), np.uint64).reshape(self.count, -1).T[:, :, None] for each in (texts, masks)
        )

    def find(self, data: bytes, begin: Places, line_end: Places) -> tuple[Places, Places, BoolArray]:
        """Return where the numbers end, where the next ones begin, and in which iterations these lines are as known.

        Args:
            begin: ``[count, N]``, where the numbers begin.
            line_end: ``[count, N]``.
        """
        characters = windows(data, begin.ravel(), _WIDEST).reshape(*begin.shape, _WIDEST)
        end = begin + np.argmax((characters == self._ending) | (characters <= _SPACE), axis=2)
        end = np.where(self._are_last, line_end, end)
        fits = (characters[:, :, 0] > _SPACE) & (end > begin)
        if len(self._counts):
            digits = np.argmax(characters[self._counts] - _ZERO > _NINE, axis=2)
            sizes = end[self._counts] - begin[self._counts]
            fits[self._counts] &= (digits == sizes) & (sizes <= _MOST_DIGITS)
        behind = np.minimum(end, line_end)
        words = windows(data, behind.ravel(), self._width).view(np.uint64).reshape(*begin.shape, len(self._words))
        for place in range(len(self._words)):
            fits &= words[:, :, place] & self._masks[place] == self._words[place]
        all_fit: BoolArray = np.all(fits, axis=0)
        return end, np.minimum(behind + self._sizes, line_end), all_fit


class _ScalarLine:
    """One line: numbers, some of them wanted, and the texts between them, which are always the same.

    Attributes:
        place: in the iteration.
        kind: what the line tells.
        wanted: how many of the numbers to be read tell that; they come first.
        begin: where the first number begins.
        tokens: its numbers.
    """

    def __init__(self, place: int, line: bytes, event: Event) -> None:
        self.place, self.kind = place, type(event)
        self.wanted = 1 if isinstance(event, Output | TestStart) else len(fields(event))
        fixed_text = constant_text(line, event)
        self.begin = fixed_text.start + len(fixed_text.text)
        read, fixed = _number_spans(line, event, self.begin)
        spans = [span for match in _TOKEN.finditer(line, self.begin) if (span := match.span()) not in fixed]
        if not read <= set(spans):
            raise ValueError("a number is printed in an unusual way")
        begins = [*(begin for begin, _ in spans), len(line)]
        if begins[0] != self.begin or max(map(int.__sub__, begins[1:], begins)) > MAX_TEXT - 2 * _WIDEST:
            raise ValueError("a line is printed in an unusual way")
        self.tokens = [
            _Token(line[end:following], (begin, end) in read, self.kind in COUNTED and begin == self.begin)
            for (begin, end), following in zip(spans, begins[1:], strict=True)
        ]


def _number_spans(line: bytes, event: Event, begin: int) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Return where the numbers of a line are, and those among its texts that must stay the same."""
    match = re.compile(FORMS[type(event)][1].encode(), re.ASCII).match(line, begin)
    if match is None:
        raise ValueError("a line is printed in an unusual way")
    spans = {match.span(group) for group in range(1, match.re.groups + 1)} - {(-1, -1)}
    fixed = {match.span("fixed")} if "fixed" in match.re.groupindex else set()
    return spans - fixed, fixed
