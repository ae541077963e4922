"""The lines of one iteration as a form that other iterations, which differ only in their numbers, fill in.

Comparing and reading all iterations of a chunk at once is what makes long logs fast; see ``bulk``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, groupby

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


class Found:
    """The iterations of one form in a chunk.

    Args:
        places: ``[count]``, their first lines.
        length: lines of each.
        values: ``[count, blobs]``.
        scalars: kind and numbers ``[count, n]`` of each other line.
    """

    def __init__(self, places: Places, length: int, values: FloatArray, scalars: list[tuple[type, FloatArray]]) -> None:
        self._order = {place: order for order, place in enumerate(places.tolist())}
        self._borders = [*(np.flatnonzero(np.diff(places) != length) + 1).tolist(), len(places)]
        self.values = values
        self.scalars = scalars

    def run(self, place: int) -> slice:
        """Return those that follow each other from a line on; an empty slice if none begins there."""
        if (first := self._order.get(place)) is None:
            return slice(0, 0)
        return slice(first, self._borders[bisect_right(self._borders, first)])


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
        self._chunk: Chunk | None = None
        self._found: Found | None = None  # in that chunk
        self._blob_places = [place for place, event in enumerate(events) if _is_blob(event)]
        self._scalars = [_Scalars(first, lines) for first, lines in _runs(period)]
        self._columns = _BlobColumns([builder.column_of(e) for e in events if isinstance(e, Forward | Backward)])
        outputs = [builder.output_column(e.index, e.name) for e in events if isinstance(e, Output)]
        self._outputs = [column for column in outputs if column is not None]
        if len(set(self._outputs)) < len(outputs):
            raise ValueError("an output is printed twice")

    @property
    def is_current(self) -> bool:
        """Whether the builder's columns are still those that the form is about."""
        return self._layout == self._builder.rows.layout

    def read(self, chunk: Chunk, place: int) -> int:
        """Give the builder the iterations of this form that follow each other from a line on; return how many."""
        if not self.is_current:
            return 0
        if self._found is None or chunk is not self._chunk:
            self._chunk, self._found = chunk, self._find(chunk, place)
        run = self._found.run(place)
        if run.stop == run.start:
            return 0
        scalars = [(kind, numbers[run]) for kind, numbers in self._found.scalars]
        return self._append(self._found.values[run], scalars)

    def _find(self, chunk: Chunk, place: int) -> Found:
        """Find all iterations of this form from a line on."""
        places = self._candidates(chunk, place)
        lines = places[:, None] + np.arange(self.length)
        fit = self._texts.match(chunk.data, chunk.starts[lines], chunk.ends[lines])
        starts, ends = chunk.starts[lines[fit]], chunk.ends[lines[fit]]
        first, last = starts[:, self._blob_places] + self._texts.ends[self._blob_places], ends[:, self._blob_places]
        numbers, are_numbers = parse_decimals(chunk.data, first.ravel(), last.ravel())
        read = are_numbers.reshape(first.shape).all(axis=1)
        scalars: list[tuple[type, FloatArray]] = []
        for run in self._scalars:
            read &= run.read_into(scalars, chunk.data, starts, ends)
        values = self._columns.settle(numbers.reshape(first.shape)[read])
        return Found(places[fit][read], self.length, values, [(kind, array[read]) for kind, array in scalars])

    def _candidates(self, chunk: Chunk, place: int) -> Places:
        """The lines that look like the first of an iteration which ends within the chunk."""
        offset, text = self._texts.first
        found, at = [], chunk.data.find(text, chunk.starts[place])
        while at >= 0:
            found.append(at - offset)
            at = chunk.data.find(text, at + len(text))
        begins = np.array(found, dtype=np.intp)
        places = np.searchsorted(chunk.starts, begins)
        is_whole = places + self.length <= len(chunk)
        places, begins = places[is_whole], begins[is_whole]
        candidates: Places = places[chunk.starts[places] == begins]
        return candidates

    def _append(self, values: FloatArray, scalars: list[tuple[type, FloatArray]]) -> int:
        """Append the rows, as far as they are a plain going on; return how many."""
        rows, done = self._builder.rows, 0
        iterations = next(array[:, 0] for kind, array in scalars if kind is IterationLoss)
        goes_on = np.diff(iterations, prepend=rows.last_iteration) >= 0
        for kind, array in scalars:
            if kind is LearningRate:
                goes_on &= array[:, 0] == iterations
        count = leading(goes_on)
        while done < count:
            part = slice(done, min(done + rows.make_room(), count))
            row, size = len(rows), part.stop - done
            rows.extend(iterations[part])
            rows.blobs.set_block(row, self._columns.distinct, values[part])
            norms, outputs = np.full((size, 4), np.nan), iter(self._outputs)
            for kind, array in scalars:
                if kind is NetNorms:
                    norms = merge_norms(norms, array[part])
                elif kind is Output:
                    rows.outputs.set_block(row, [next(outputs)], array[part])
                else:
                    rows.scalars.set_block(row, [_SCALARS[kind]], array[part, -1:])
            rows.scalars.set_block(row, NORMS, norms)
            done = part.stop
        return count


class _Texts:
    """What stands before the first number of each line, but for the time.

    Attributes:
        ends: ``[length]``, how far into the line it reaches.
        first: place and text of the first line's.
    """

    def __init__(self, texts: list[tuple[int, bytes]]) -> None:
        width = -(-max(len(text) for _, text in texts) // 8) * 8
        if width > _MAX_TEXT:
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
