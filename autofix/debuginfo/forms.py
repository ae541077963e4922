"""What the lines of an iteration look like: texts that are compared, and numbers between them that are read."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from autofix.debuginfo.decimals import Bytes, Places, parse_decimals, windows
from autofix.debuginfo.events import (
    Backward,
    Clipped,
    Event,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    Output,
)
from autofix.debuginfo.lines import COUNT, GLOG_TIME, NUMBER
from autofix.debuginfo.trace import BoolArray, FloatArray

MAX_TEXT = 512  # bytes before a line's first number
_WIDEST = 24  # bytes of a number and one behind it
_MOST_DIGITS = 15  # of an iteration's number
_TOKEN = re.compile(rb"(?<![\w.+-])[-+]?(?:\d|nan|inf)[-+.\deainf]*")
_OF_NUMBERS, _DIGITS = (
    np.isin(np.arange(256), list(characters)) for characters in (b"0123456789+-.eainf", b"0123456789")
)
_GOES_ON = np.frombuffer(b"IWE", np.uint8)
_TIME = re.compile(GLOG_TIME.encode())

_OUTPUT = rf"({NUMBER})(?: \(\* ({NUMBER}) = {NUMBER} loss\))?\s*$"

# By the kind of line: its first words, and what follows up to the last number that is read.
_PAIR = rf"\(({NUMBER}), ({NUMBER})\)"
_FORMS: dict[type, tuple[str, str]] = {
    NetNorms: ("[Backward] All net params ", rf"\(data, diff\): L1 norm = {_PAIR}; L2 norm = {_PAIR}"),
    IterationLoss: ("Iteration ", rf"({COUNT})\b[^=\n]*\bloss = ({NUMBER})"),
    LearningRate: ("Iteration ", rf"({COUNT}), lr = ({NUMBER})"),
    Clipped: (
        "Gradient clipping: ",
        rf"scaling down gradients \(L2 norm ({NUMBER}) > ({NUMBER})\) by scale factor ({NUMBER})",
    ),
}


class Texts:
    """What stands before the first number of each line, but for the time.

    Attributes:
        ends: ``[length]``, how far into the line it reaches.
        first: place and text of the first line's.
    """

    def __init__(self, texts: list[tuple[int, bytes]]) -> None:
        width = -(-max(len(text) for _, text in texts) // 8) * 8
        if width > MAX_TEXT:
            raise ValueError("a line is too long")
        self._width = width
        self.first = texts[0]
        self._starts = np.array([start for start, _ in texts], dtype=np.intp)
        self.ends = self._starts + np.array([len(text) for _, text in texts], dtype=np.intp)
        self._words = _words([text.ljust(width, b"\0") for _, text in texts])
        self._masks = _words([(b"\xff" * len(text)).ljust(width, b"\0") for _, text in texts])

    def match(self, data: bytes, starts: Places, ends: Places) -> BoolArray:
        """Return which iterations have these texts and something behind each: ``[count]``.

        Args:
            starts: ``[count, length]``.
            ends: ``[count, length]``.
        """
        longer: BoolArray = np.all(ends - starts > self.ends, axis=1)
        here = windows(data, (starts + self._starts).ravel(), self._width).view(np.uint64)
        here = here.reshape(len(starts), self._words.size)
        here ^= self._words.ravel()
        here &= self._masks.ravel()
        return longer & ~here.any(axis=1)


class Scalars:
    """The lines with other numbers than a blob's, of one iteration.

    Args:
        lines: the line's place in the iteration, its text, and what it tells.
    """

    def __init__(self, lines: Sequence[tuple[int, bytes, Event]]) -> None:
        self._lines = [_ScalarLine(*line) for line in lines]

    def read(self, data: bytes, starts: Places, ends: Places) -> tuple[list[tuple[type, FloatArray]], BoolArray]:
        """Return kind and numbers ``[count, n]`` of each line, and which iterations have this form.

        Args:
            starts: ``[count, length]``, of the lines of iterations whose ``Texts`` match.
            ends: ``[count, length]``.
        """
        fit = np.ones(len(starts), dtype=bool)
        spans = [line.find(data, starts[:, line.place], ends[:, line.place], fit) for line in self._lines]
        first, last = (np.array([span[end] for found in spans for span in found], dtype=np.intp) for end in (0, 1))
        values, are_numbers = parse_decimals(data, first.ravel(), last.ravel())
        fit &= are_numbers.reshape(first.shape).all(axis=0)
        columns = iter(values.reshape(first.shape))
        numbers = [np.stack([next(columns) for _ in found], axis=1) for found in spans]
        return [(line.kind, array) for line, array in zip(self._lines, numbers, strict=True)], fit


class _ScalarLine:
    """One line: numbers, some of them wanted, and the texts between them, which are always the same.

    Attributes:
        place: in the iteration.
        kind: what it tells.
    """

    def __init__(self, place: int, line: bytes, event: Event) -> None:
        self.place, self.kind = place, type(event)
        start, text = constant_text(line, event)
        self._time, self._begin = _digits_to_zero(np.frombuffer(line[:start], np.uint8)), start + len(text)
        wanted, fixed = _number_spans(line, event, self._begin)
        tokens = [span for match in _TOKEN.finditer(line, self._begin) if (span := match.span()) not in fixed]
        if not wanted <= set(tokens):
            raise ValueError("a number is printed in an unusual way")
        ends = [self._begin, *(end for _, end in tokens)]
        self._gaps = [line[end:begin] for end, (begin, _) in zip(ends, tokens, strict=False)]
        self._tail = line[ends[-1] :]
        self._are_wanted = [span in wanted for span in tokens]
        if max(map(len, (*self._gaps, self._tail))) > MAX_TEXT - _WIDEST:
            raise ValueError("a line is too long")

    def find(self, data: bytes, starts: Places, ends: Places, fit: BoolArray) -> list[tuple[Places, Places]]:
        """Return where the wanted numbers begin and end; clear ``fit`` where the line is another."""
        fit &= self._has_time(data, starts)
        at, wanted = starts + self._begin, list[tuple[Places, Places]]()
        for gap, is_wanted in zip(self._gaps, self._are_wanted, strict=True):
            at = self._skip(gap, data, np.minimum(at, ends), fit)
            characters = windows(data, at, _WIDEST)
            size = np.argmin(_OF_NUMBERS[characters], axis=1)
            fit &= size > 0
            if is_wanted and not wanted and self.kind in (IterationLoss, LearningRate):
                fit &= (np.argmin(_DIGITS[characters], axis=1) == size) & (size <= _MOST_DIGITS)
            if is_wanted:
                wanted.append((at, at + size))
            at = np.minimum(at + size, ends)
        fit &= self._skip(self._tail, data, at, fit) == ends
        return wanted

    def _has_time(self, data: bytes, starts: Places) -> BoolArray:
        """Whether glog's severity and time are there, if they were; a line of severity F is an end, not a number."""
        if not len(self._time):
            return np.ones(len(starts), dtype=bool)
        here = windows(data, starts, len(self._time))
        same: BoolArray = (_digits_to_zero(here)[:, 1:] == self._time[1:]).all(axis=1)
        return same & np.isin(here[:, 0], _GOES_ON)

    def _skip(self, text: bytes, data: bytes, at: Places, fit: BoolArray) -> Places:
        """Return the places behind a text; clear ``fit`` where it does not stand."""
        if text:
            fit &= (windows(data, at, len(text)) == np.frombuffer(text, np.uint8)).all(axis=1)
        return at + len(text)


def is_blob(event: Event) -> bool:
    return isinstance(event, Forward | Backward)


def constant_text(line: bytes, event: Event) -> tuple[int, bytes]:
    """Return what stands before a line's first number, and where it starts (behind the time)."""
    time = _TIME.match(line)
    start = time.end() if time else 0
    if is_blob(event):
        return start, line[start : line.rstrip().rindex(b" ") + 1]
    if isinstance(event, Output):
        first_words = f"#{event.index}: {event.name} = ".encode()
    else:
        first_words = _FORMS[type(event)][0].encode()
    return start, line[start : line.index(first_words) + len(first_words)]


def _number_spans(line: bytes, event: Event, begin: int) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Return where the numbers of a line are, and those among its texts that must stay the same."""
    pattern = _OUTPUT if isinstance(event, Output) else _FORMS[type(event)][1]
    match = re.compile(pattern.encode(), re.ASCII).match(line, begin)
    if match is None:
        raise ValueError("a line is printed in an unusual way")
    spans = [match.span(group) for group in range(1, match.re.groups + 1)]
    return (set(spans[:1]), set(spans[1:])) if isinstance(event, Output) else (set(spans), set())


def _digits_to_zero(characters: Bytes) -> Bytes:
    """Return the characters with 0 for every digit."""
    zero = np.uint8(ord("0"))
    return np.where(characters - zero < 10, zero, characters)


def _words(texts: list[bytes]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Return the texts, all of one length, as eight-byte words: ``[len(texts), words]``."""
    return np.frombuffer(b"".join(texts), dtype=np.uint64).reshape(len(texts), -1)
