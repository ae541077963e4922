"""The lines of one iteration as a form that following iterations, which differ only in their numbers, fill in.

Comparing and reading many iterations at once is what makes long logs fast; see ``bulk``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, groupby, takewhile

import numpy as np

from autofix.debuginfo.block import Block, are_bad, merge_norms
from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.decimals import PAD, Places, parse_decimals, windows
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
from autofix.debuginfo.trace import BoolArray, FloatArray

MAX_LINES = 1 << 16  # of an iteration
_MAX_TEXT = 512  # bytes before a line's first number
_TIME = re.compile(GLOG_TIME.encode())
_SCALARS = {IterationLoss: LOSS, LearningRate: LR, Clipped: CLIP}

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


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a log.

    Args:
        data: the bytes, between ``PAD`` others on both sides.
        starts: ``[N]``, where each line begins in ``data``.
        ends: ``[N]``, where it ends, without ``\\n`` or ``\\r\\n``.
        rest: where the first bytes are that belong to no whole line.
    """

    data: bytes
    starts: Places
    ends: Places
    rest: int

    PAD = max(PAD, _MAX_TEXT)

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, place: int) -> bytes:
        return self.data[self.starts[place] : self.ends[place]]


class Stencil:
    """The form of one iteration's lines.

    Attributes:
        length: lines of one iteration.
    """

    def __init__(self, period: Sequence[tuple[bytes, Event]], builder: TraceBuilder) -> None:
        """Take the form of the lines that made the builder's last row.

        Raises:
            ValueError: they are not what an iteration usually prints.
            KeyError: the builder has no column for one of them.
        """
        events = [event for _, event in period]
        _check(events)
        self.length = len(period)
        self._builder = builder
        self._layout = builder.rows.layout
        self._texts = _Texts([_constant(line, event) for line, event in period])
        self._blob_places = [place for place, event in enumerate(events) if _is_blob(event)]
        self._scalars = [_Scalars(first, lines) for first, lines in _runs(period)]
        self._columns = _BlobColumns([builder.column_of(e) for e in events if isinstance(e, Forward | Backward)])
        outputs = [builder.output_column(e.index, e.name) for e in events if isinstance(e, Output)]
        self._outputs = [column for column in outputs if column is not None]
        if len(set(self._outputs)) < len(outputs):
            raise ValueError("an output is printed twice")

    def read(self, chunk: Chunk, start: int, count: int) -> int:
        """Give the builder the rows of as many iterations, from line ``start`` on, as have this form.

        Args:
            count: how many to try; the chunk must have their lines.

        Returns:
            How many; 0 where the lines have to be looked at one by one.
        """
        if not count or self._layout != self._builder.rows.layout:
            return 0
        lines = slice(start, start + count * self.length)
        starts = chunk.starts[lines].reshape(count, self.length)
        ends = chunk.ends[lines].reshape(count, self.length)
        count = leading(self._texts.match(chunk.data, starts, ends))
        try:
            scalars: list[tuple[type, FloatArray]] = []
            for run in self._scalars:
                scalars += run.read(chunk.data, starts[:count], ends[:count])
                count = len(scalars[-1][1])
            places = self._blob_places
            first, last = starts[:count, places] + self._texts.ends[places], ends[:count, places]
            values = parse_decimals(chunk.data, first.ravel(), last.ravel()).reshape(count, -1)
        except ValueError:  # a damaged number, or one in a Windows runtime's spelling
            return 0
        return count if count and self._append(self._columns.settle(values), scalars) else 0

    def _append(self, values: FloatArray, scalars: list[tuple[type, FloatArray]]) -> bool:
        """Append the rows; return False if this is no plain going on."""
        rows, done = self._builder.rows, 0
        iterations = next(array[: len(values), 0] for kind, array in scalars if kind is IterationLoss)
        rates = [array[: len(values), 0] for kind, array in scalars if kind is LearningRate]
        goes_on = np.diff(iterations, prepend=rows.last_iteration) >= 0
        if not goes_on.all() or any((numbers != iterations).any() for numbers in rates):
            return False
        while done < len(iterations):
            part = slice(done, done + rows.make_room())
            row, count = len(rows), len(iterations[part])
            rows.extend(iterations[part])
            rows.blobs.set_block(row, self._columns.distinct, values[part])
            norms, outputs = np.full((count, 4), np.nan), iter(self._outputs)
            for kind, array in scalars:
                if kind is NetNorms:
                    norms = merge_norms(norms, array[part])
                elif kind is Output:
                    rows.outputs.set_block(row, [next(outputs)], array[part])
                else:
                    rows.scalars.set_block(row, [_SCALARS[kind]], array[part, -1:])
            rows.scalars.set_block(row, NORMS, norms)
            done += count
        return True


class _Texts:
    """What stands before the first number of each line, but for the time.

    Attributes:
        ends: ``[length]``, how far into the line it reaches.
    """

    def __init__(self, texts: list[tuple[int, bytes]]) -> None:
        width = -(-max(len(text) for _, text in texts) // 8) * 8
        if width > _MAX_TEXT:
            raise ValueError("a line is too long")
        self._width = width
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
        here = windows(data, (starts + self._starts).ravel(), self._width).view(np.uint64).reshape(len(starts), -1)
        here ^= self._words.ravel()
        here &= self._masks.ravel()
        return longer & ~here.any(axis=1)


class _Scalars:
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

    def read(self, data: bytes, starts: Places, ends: Places) -> list[tuple[type, FloatArray]]:
        """Return kind and numbers of each line, of the iterations up to the first that has not this form.

        Raises:
            ValueError: the first has not, or a number is none.
        """
        places = zip(starts[:, self._first].tolist(), ends[:, self._last].tolist(), strict=True)
        matches = [self._pattern.fullmatch(data, start, end) for start, end in places]
        groups = [match.groups() for match in takewhile(bool, matches) if match]
        count = len(groups) * self._pattern.groups
        numbers = np.fromiter(map(float, chain.from_iterable(groups)), np.float64, count)
        numbers = numbers.reshape(-1, self._pattern.groups)
        return [(kind, numbers[:, part]) for kind, part in self._parts]


class _BlobColumns:
    """Which column each blob line's value goes to.

    Attributes:
        distinct: the columns.
    """

    def __init__(self, columns: list[int]) -> None:
        last = {column: place for place, column in enumerate(columns)}
        self._columns = columns
        self.distinct = list(last)
        self._last = list(last.values())

    def settle(self, values: FloatArray) -> FloatArray:
        """Return one value per column, as ``Block`` keeps it, from one per line."""
        settled: FloatArray = values[:, self._last]
        if len(self.distinct) < len(self._columns):
            for row in np.flatnonzero(are_bad(values).any(axis=1)):
                block = Block()
                for column, value in zip(self._columns, values[row].tolist(), strict=True):
                    block.set(column, value)
                settled[row] = [block.values[column] for column in self.distinct]
        return settled


def _check(events: list[Event]) -> None:
    """Raise ValueError unless these are a debug block and the lines of its iteration."""
    kinds = [type(event) for event in events]
    if len(kinds) > MAX_LINES or kinds.count(IterationLoss) != 1 or kinds.count(LearningRate) > 1:
        raise ValueError("not the lines of one iteration")
    loss = kinds.index(IterationLoss)
    if not set(kinds[:loss]) <= {Forward, Backward, NetNorms} or NetNorms in kinds[: kinds.index(Backward)]:
        raise ValueError("not a debug block")
    is_test = any(isinstance(event, Output) and event.phase == "test" for event in events)
    if is_test or not set(kinds[loss + 1 :]) <= {Output, LearningRate, Clipped}:
        raise ValueError("more than an iteration")


def _is_blob(event: Event) -> bool:
    return isinstance(event, Forward | Backward)


def _constant(line: bytes, event: Event) -> tuple[int, bytes]:
    """Return what stands before a line's first number, and where it starts (behind the time)."""
    time = _TIME.match(line)
    start = time.end() if time else 0
    if _is_blob(event):
        return start, line[start : line.rstrip().rindex(b" ") + 1]
    if isinstance(event, Output):
        first_words = f"#{event.index}: {event.name} = ".encode()
    else:
        first_words = _FORMS[type(event)][0].encode()
    return start, line[start : line.index(first_words) + len(first_words)]


def _runs(period: Sequence[tuple[bytes, Event]]) -> list[tuple[int, list[tuple[bytes, Event]]]]:
    """Return the lines that are not of blobs, consecutive ones together, and the place of the first of each."""
    runs: list[tuple[int, list[tuple[bytes, Event]]]] = []
    for is_blob, run in groupby(enumerate(period), lambda item: _is_blob(item[1][1])):
        if not is_blob:
            places, lines = zip(*run, strict=True)
            runs.append((places[0], list(lines)))
    return runs


def _form(line: bytes, event: Event) -> str:
    """Return what a line with numbers looks like whose constant text is already known to be there."""
    start, text = _constant(line, event)
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


def _words(texts: list[bytes]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Return the texts, all of one length, as eight-byte words: ``[len(texts), words]``."""
    return np.frombuffer(b"".join(texts), dtype=np.uint64).reshape(len(texts), -1)


def leading(flags: BoolArray) -> int:
    """Return how many of the first flags are set."""
    return len(flags) if flags.all() else int(np.argmin(flags))
