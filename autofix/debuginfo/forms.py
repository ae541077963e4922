"""What the lines of an iteration look like: texts that are compared, and numbers between them that are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, groupby

import numpy as np

from autofix.debuginfo.decimals import Places, windows
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
_TIME = re.compile(GLOG_TIME.encode())

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
    """Consecutive lines with other numbers than a blob's.

    Args:
        first: the place of the first of them among an iteration's lines.
    """

    def __init__(self, first: int, lines: Sequence[tuple[bytes, Event]]) -> None:
        forms = [_form(line, event) for line, event in lines]
        self._first, self._last = first, first + len(lines) - 1
        self._pattern = re.compile("\r?\n".join(forms).encode(), re.ASCII | re.DOTALL)
        sizes = [re.compile(form).groups for form in forms]
        borders = [sum(sizes[:place]) for place in range(len(sizes) + 1)]
        self._parts = [(type(event), slice(*borders[place : place + 2])) for place, (_, event) in enumerate(lines)]

    def read_into(self, scalars: list[tuple[type, FloatArray]], data: bytes, starts: Places, ends: Places) -> BoolArray:
        """Append kind and numbers of each line; return which iterations have this form."""
        places = zip(starts[:, self._first].tolist(), ends[:, self._last].tolist(), strict=True)
        matches = [self._pattern.fullmatch(data, start, end) for start, end in places]
        fit = np.array([match is not None for match in matches], dtype=bool)
        numbers = np.full((len(matches), self._pattern.groups), np.nan)
        groups = [match.groups() for match in matches if match]
        numbers[fit], are_numbers = _floats(groups, self._pattern.groups)
        fit[fit] = are_numbers
        scalars += [(kind, numbers[:, part]) for kind, part in self._parts]
        return fit


def is_blob(event: Event) -> bool:
    return isinstance(event, Forward | Backward)


def scalar_runs(period: Sequence[tuple[bytes, Event]]) -> list[tuple[int, list[tuple[bytes, Event]]]]:
    """Return the lines that are not of blobs, consecutive ones together, and the place of the first of each."""
    runs: list[tuple[int, list[tuple[bytes, Event]]]] = []
    for are_blobs, run in groupby(enumerate(period), lambda item: is_blob(item[1][1])):
        if not are_blobs:
            places, lines = zip(*run, strict=True)
            runs.append((places[0], list(lines)))
    return runs


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


def _form(line: bytes, event: Event) -> str:
    """Return what a line with numbers looks like whose constant text is already known to be there."""
    start, text = constant_text(line, event)
    time = GLOG_TIME.replace("F", "") if start else ""  # a line of severity F is an end, not a number
    if isinstance(event, Output):
        weight = re.search(rb" \(\* (\S+) = \S+ loss\)\s*$", line)
        form = rf"({NUMBER})"
        if weight:
            form += rf" \(\* {re.escape(weight[1].decode())} = {NUMBER} loss\)"
        form += r"[ \t]*"
    else:
        form = _FORMS[type(event)][1] + r"[^\x1b\r\n]{0,1000}"  # more fields may follow, but no colours
    return rf"{time}.{{{len(text)}}}{form}"


def _floats(texts: list[tuple[bytes, ...]], width: int) -> tuple[FloatArray, BoolArray]:
    """Return the numbers ``[len(texts), width]``, and which rows are numbers."""
    try:
        numbers = np.fromiter(map(float, chain.from_iterable(texts)), np.float64, len(texts) * width)
        return numbers.reshape(-1, width), np.ones(len(texts), dtype=bool)
    except ValueError:
        if len(texts) == 1:
            return np.full((1, width), np.nan), np.zeros(1, dtype=bool)
    parts = [_floats([row], width) for row in texts]
    return np.concatenate([numbers for numbers, _ in parts]), np.concatenate([are for _, are in parts])


def _words(texts: list[bytes]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Return the texts, all of one length, as eight-byte words: ``[len(texts), words]``."""
    return np.frombuffer(b"".join(texts), dtype=np.uint64).reshape(len(texts), -1)
