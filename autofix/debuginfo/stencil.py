"""The lines of one iteration as a form that following iterations, which differ only in their numbers, fill in.

Reading column by column (one kind of line, many iterations) is what makes long logs fast; see ``bulk``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from autofix.debuginfo.block import Block, are_bad, merge_norms
from autofix.debuginfo.builder import TraceBuilder
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
from autofix.debuginfo.rows import CLIP, LOSS, LR, NORMS
from autofix.debuginfo.trace import FloatArray

MAX_LINES = 1 << 16
_TIME = re.compile(GLOG_TIME.encode())
_REST = rb"[^\x1b]{0,1000}"  # more fields may follow; colours are left to the reader

# What follows the first words of a message, up to the last number that is read.
_PAIR = rf"\(({NUMBER}), ({NUMBER})\)"
_TAILS: dict[type, tuple[bytes, str]] = {
    NetNorms: (b"[Backward] All net", rf" params \(data, diff\): L1 norm = {_PAIR}; L2 norm = {_PAIR}"),
    IterationLoss: (b"Iteration ", rf"({COUNT})\b[^=]*\bloss = ({NUMBER})"),
    LearningRate: (b"Iteration ", rf"({COUNT}), lr = ({NUMBER})"),
    Clipped: (
        b"Gradient clipping: ",
        rf"scaling down gradients \(L2 norm ({NUMBER}) > ({NUMBER})\)"
        rf" by scale factor ({NUMBER})",
    ),
}


@dataclass(frozen=True, slots=True)
class _BlobLine:
    """``line[start:end]`` is ``text``; the value follows."""

    start: int
    end: int
    text: bytes


class Stencil:
    """The form of one iteration's lines.

    Attributes:
        length: lines of one iteration.
    """

    def __init__(self, period: Sequence[tuple[bytes, Event]], builder: TraceBuilder) -> None:
        """Take the form of an iteration whose row is the builder's last; ValueError if it has none."""
        kinds = [type(event) for _, event in period]
        self._check(kinds)
        self.length = len(period)
        self._builder = builder
        self._layout = builder.rows.layout
        self._blobs = [_blob_line(line) if _is_blob(event) else None for line, event in period]
        self._patterns = [None if _is_blob(event) else _pattern(line, event) for line, event in period]
        self._kinds = kinds
        columns = [builder.column_of(event) for _, event in period if isinstance(event, Forward | Backward)]
        last = {column: place for place, column in enumerate(columns)}
        self._all_columns, self._columns, self._last = columns, list(last), list(last.values())
        outputs = [builder.output_column(e.index, e.name) for _, e in period if isinstance(e, Output)]
        self._outputs = [column for column in outputs if column is not None]
        if len(set(self._outputs)) < len(outputs):
            raise ValueError("an output is printed twice")

    @staticmethod
    def _check(kinds: list[type]) -> None:
        if len(kinds) > MAX_LINES or kinds.count(IterationLoss) != 1 or kinds.count(LearningRate) > 1:
            raise ValueError("not the lines of one iteration")
        loss = kinds.index(IterationLoss)
        if not set(kinds[:loss]) <= {Forward, Backward, NetNorms} or NetNorms in kinds[: kinds.index(Backward)]:
            raise ValueError("not a debug block")
        if not set(kinds[loss + 1 :]) <= {Output, LearningRate, Clipped}:
            raise ValueError("more than an iteration")

    def read(self, lines: Sequence[bytes], start: int, most: int) -> int:
        """Give the builder the rows of as many iterations, from ``lines[start]`` on, as have this form.

        Returns:
            How many; at most ``most``, and 0 where the reader has to look at the lines one by one.
        """
        count = min((len(lines) - start) // self.length, most)
        if self._layout != self._builder.rows.layout:
            return 0
        texts: list[list[bytes]] = []
        numbers: list[tuple[type, list[tuple[bytes, ...]]]] = []
        for place, (blob, pattern) in enumerate(zip(self._blobs, self._patterns, strict=True)):
            column = lines[start + place : start + count * self.length : self.length]
            if blob is not None:
                count = _count_same([line[blob.start : blob.end] for line in column], blob.text)
                texts.append([line[blob.end :] for line in column])
            elif pattern is not None:
                matches = [pattern.fullmatch(line) for line in column]
                groups = [match.groups() for match in matches[: _index(matches, None)] if match]
                count = len(groups)
                numbers.append((self._kinds[place], groups))
            if not count:
                return 0
        return self._fill(texts, numbers, count)

    def _fill(self, texts: list[list[bytes]], numbers: list[tuple[type, list[tuple[bytes, ...]]]], count: int) -> int:
        try:
            values = _floats([column[:count] for column in texts]).T
            scalars = [(kind, _floats(groups[:count])) for kind, groups in numbers]
        except ValueError:  # a damaged number, or one in a Windows runtime's spelling
            return 0
        iterations = next(array[:, 0] for kind, array in scalars if kind is IterationLoss)
        rates = [array for kind, array in scalars if kind is LearningRate]
        goes_on = np.diff(iterations, prepend=self._builder.rows.last_iteration) >= 0
        if not goes_on.all() or any((array[:, 0] != iterations).any() for array in rates):
            return 0
        self._append(iterations, self._settled(values), scalars)
        return count

    def _settled(self, values: FloatArray) -> FloatArray:
        """Return one value per column, as ``Block`` would: the last, or the first bad one."""
        settled: FloatArray = values[:, self._last]
        if len(self._columns) < len(self._all_columns):
            for row in np.flatnonzero(are_bad(values).any(axis=1)):
                block = Block()
                for column, value in zip(self._all_columns, values[row], strict=True):
                    block.set(column, float(value))
                settled[row] = [block.values[column] for column in self._columns]
        return settled

    def _append(self, iterations: FloatArray, values: FloatArray, scalars: list[tuple[type, FloatArray]]) -> None:
        rows, done = self._builder.rows, 0
        while done < len(iterations):
            part = slice(done, done + rows.make_room())
            row = len(rows)
            rows.extend(iterations[part])
            rows.blobs.set_block(row, self._columns, values[part])
            norms = np.full((len(iterations[part]), 4), np.nan)
            outputs = iter(self._outputs)
            for kind, array in scalars:
                if kind is NetNorms:
                    norms = merge_norms(norms, array[part])
                elif kind is Output:
                    rows.outputs.set_block(row, [next(outputs)], array[part])
                else:
                    column = {IterationLoss: LOSS, LearningRate: LR, Clipped: CLIP}[kind]
                    rows.scalars.set_block(row, [column], array[part, -1:])
            rows.scalars.set_block(row, NORMS, norms)
            done += len(iterations[part])


def _floats(texts: Sequence[Sequence[bytes]]) -> FloatArray:
    """Return the numbers as an array of the same form; ValueError if one is none."""
    count = len(texts) * len(texts[0])
    return np.fromiter(map(float, chain.from_iterable(texts)), np.float64, count).reshape(len(texts), -1)


def _is_blob(event: Event) -> bool:
    return isinstance(event, Forward | Backward)


def _blob_line(line: bytes) -> _BlobLine:
    time = _TIME.match(line)
    start, end = time.end() if time else 0, line.rstrip().rindex(b" ") + 1
    return _BlobLine(start, end, line[start:end])


def _pattern(line: bytes, event: Event) -> re.Pattern[bytes]:
    time = _TIME.match(line)
    start = time.end() if time else 0
    if isinstance(event, Output):
        first_words = f"#{event.index}: {event.name} = ".encode()
        weight = re.search(rb" \(\* (\S+) = \S+ loss\)\s*$", line)
        tail = rf"({NUMBER})"
        if weight:
            tail += rf" \(\* {re.escape(weight[1].decode())} = {NUMBER} loss\)"
        rest = rb"\s*"
    else:
        first_words, tail = _TAILS[type(event)]
        rest = _REST
    end = line.index(first_words) + len(first_words)
    prefix = _TIME.pattern.replace(b"F]", b"]") if time else b""  # a line of severity F is an end, not a number
    return re.compile(prefix + re.escape(line[start:end]) + tail.encode() + rest, re.ASCII)


def _count_same(texts: list[bytes], text: bytes) -> int:
    """Return how many of the first texts are ``text``."""
    return len(texts) if texts.count(text) == len(texts) else _first_other(texts, text)


def _first_other(texts: list[bytes], text: bytes) -> int:
    return next(place for place, other in enumerate(texts) if other != text)


def _index(values: Sequence[object], value: object) -> int:
    """Return the first place of ``value``, or the length."""
    return next((place for place, other in enumerate(values) if other is value), len(values))
