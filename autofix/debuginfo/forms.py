"""What the lines of an iteration look like: the text before each line's first number, compared in many at once."""

from __future__ import annotations

import re

import numpy as np

from autofix.debuginfo.decimals import Places, stand_at, windows
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
from autofix.debuginfo.trace import BoolArray

MAX_TEXT = 512  # bytes before a line's first number
_TELLING = 16  # bytes at the end of a text that tell a line from most others
_TIME = re.compile(GLOG_TIME.encode())
_TIME_WITHIN = 96  # bytes; containers, mpirun and colours put something in front

# By the kind of line: its first words, and what follows up to the last number that is read.
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
    Output: ("", rf"({NUMBER})(?: \(\* (?P<weight>{NUMBER}) = ({NUMBER}) loss\))?\s*$"),
}


class Texts:
    """What stands before the first number of each line, but for the time.

    Attributes:
        ends: ``[length]``, how far into the line it reaches.
    """

    def __init__(self, texts: list[tuple[int, bytes]]) -> None:
        width = -(-max(len(text) for _, text in texts) // 8) * 8
        if width > MAX_TEXT:
            raise ValueError("a line is too long")
        self._width = width
        self._starts = np.array([start for start, _ in texts], dtype=np.intp)
        self.ends = self._starts + np.array([len(text) for _, text in texts], dtype=np.intp)
        self._words = _words([text.ljust(width, b"\0") for _, text in texts])
        self._masks = _words([(b"\xff" * len(text)).ljust(width, b"\0") for _, text in texts])
        self._end_of_first, self._end_of_last = (texts[line][1][-_TELLING:] for line in (0, -1))

    def is_first(self, data: bytes, starts: Places) -> BoolArray:
        """Return which lines look like the first, judged by the end of its text alone."""
        return stand_at(self._end_of_first, data, starts + (self.ends[0] - len(self._end_of_first)))

    def is_last(self, data: bytes, starts: Places) -> BoolArray:
        """Return which lines look like the last, judged likewise."""
        return stand_at(self._end_of_last, data, starts + (self.ends[-1] - len(self._end_of_last)))

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


def is_blob(event: Event) -> bool:
    return isinstance(event, Forward | Backward)


def constant_text(line: bytes, event: Event) -> tuple[int, bytes]:
    """Return what stands before a line's first number, and where it starts (behind the time)."""
    time = _TIME.search(line, 0, _TIME_WITHIN)
    start = time.end() if time else 0
    if is_blob(event):
        return start, line[start : line.rstrip().rindex(b" ") + 1]
    if isinstance(event, Output):
        first_words = f"#{event.index}: {event.name} = ".encode()
    else:
        first_words = FORMS[type(event)][0].encode()
    return start, line[start : line.index(first_words) + len(first_words)]


def _words(texts: list[bytes]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Return the texts, all of one length, as eight-byte words: ``[len(texts), words]``."""
    return np.frombuffer(b"".join(texts), dtype=np.uint64).reshape(len(texts), -1)
