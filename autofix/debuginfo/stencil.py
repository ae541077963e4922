"""The lines of one iteration as a form that other iterations, which differ only in their numbers, fill in.

Comparing and reading all iterations of a chunk at once is what makes long logs fast; see ``bulk``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autofix.debuginfo.block import Block, are_bad, merge_norms
from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.decimals import PAD, Places, parse_decimals
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
from autofix.debuginfo.forms import MAX_TEXT, Texts, constant_text, is_blob
from autofix.debuginfo.rows import CLIP, LOSS, LR, NORMS
from autofix.debuginfo.scalars import Scalars
from autofix.debuginfo.trace import BoolArray, FloatArray

MAX_LINES = 1 << 16  # of an iteration
_MOST_SCALARS = 200  # lines that are no blob's: each is read by itself, so many are faster read line by line
_MOST_OVERLAPS = 4  # a line that looks like the first may stand in the middle, too
_SCALARS = {IterationLoss: slice(LOSS, LOSS + 1), LearningRate: slice(LR, LR + 1), Clipped: slice(CLIP, CLIP + 1)}


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

    PAD = max(PAD, MAX_TEXT)

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
        self._texts = Texts([constant_text(line, event) for line, event in period])
        self._chunk: Chunk | None = None
        self._found: Found | None = None  # in that chunk
        self._blob_places = [place for place, event in enumerate(events) if is_blob(event)]
        self._scalars = Scalars([(p, line, event) for p, (line, event) in enumerate(period) if not is_blob(event)])
        self._columns = _BlobColumns([builder.column_of(e) for e in events if isinstance(e, Forward | Backward)])
        printed = [event for event in events if isinstance(event, Output)]
        outputs = [builder.outputs.column(event) for event in printed]
        self._loss_weights = builder.outputs.weights_of(printed)
        if None in outputs or len(set(outputs)) < len(outputs):
            raise ValueError("an output is printed twice")
        self._outputs = [slice(column, column + 1) for column in outputs if column is not None]

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
        scalars, read = self._scalars.read(chunk.data, starts, ends)
        read &= are_numbers.reshape(first.shape).all(axis=1)
        values = self._columns.settle(numbers.reshape(first.shape)[read])
        return Found(places[fit][read], self.length, values, [(kind, array[read]) for kind, array in scalars])

    def _candidates(self, chunk: Chunk, place: int) -> Places:
        """The lines that look like the first of an iteration which ends within the chunk."""
        starts = chunk.starts[place : max(len(chunk) - self.length + 1, place)]
        places: Places = place + np.flatnonzero(self._texts.is_first(chunk.data, starts))
        places = places[self._texts.is_last(chunk.data, chunk.starts[places + self.length - 1])]
        return places[: max(_MOST_OVERLAPS * len(chunk) // self.length, 1)]

    def _append(self, values: FloatArray, scalars: list[tuple[type, FloatArray]]) -> int:
        """Append the rows, as far as they are a plain going on; return how many."""
        rows, done = self._builder.rows, 0
        iterations = next(array[:, 0] for kind, array in scalars if kind is IterationLoss)
        goes_on = iterations >= np.concatenate(([rows.last_iteration], iterations[:-1]))
        for kind, array in scalars:
            if kind is LearningRate:
                goes_on &= array[:, 0] == iterations
        count = leading(goes_on)
        if count:
            self._builder.outputs.set_weights(self._loss_weights)
        while done < count:
            part = slice(done, min(done + rows.make_room(), count))
            row, size = len(rows), part.stop - done
            rows.extend(iterations[part])
            rows.blobs.set_block(row, self._columns.distinct, values[part])
            norms, outputs = None, iter(self._outputs)
            for kind, array in scalars:
                if kind is NetNorms:
                    norms = array[part] if norms is None else merge_norms(norms, array[part])
                elif kind is Output:
                    rows.outputs.set_block(row, next(outputs), array[part])
                else:
                    rows.scalars.set_block(row, _SCALARS[kind], array[part, -1:])
            rows.scalars.set_block(row, NORMS, np.full((size, 4), np.nan) if norms is None else norms)
            done = part.stop
        return count


class _BlobColumns:
    """Which column each blob line's value goes to.

    Attributes:
        distinct: the columns; a slice, which is faster, where they follow each other.
    """

    def __init__(self, columns: list[int]) -> None:
        last = {column: place for place, column in enumerate(columns)}
        self._columns, self._distinct = columns, list(last)
        self._last = list(last.values())
        in_a_row = slice(columns[0], columns[0] + len(last))
        self.distinct = in_a_row if self._distinct == list(range(in_a_row.start, in_a_row.stop)) else self._distinct

    def settle(self, values: FloatArray) -> FloatArray:
        """Return one value per column, as ``Block`` keeps it, from one per line."""
        settled: FloatArray = values[:, self._last]
        if len(self._distinct) < len(self._columns):
            for row in np.flatnonzero(are_bad(values).any(axis=1)):
                block = Block()
                for column, value in zip(self._columns, values[row].tolist(), strict=True):
                    block.set(column, value)
                settled[row] = [block.values[column] for column in self._distinct]
        return settled


def _check(events: list[Event]) -> None:
    """Raise ValueError unless these are a debug block and the lines of its iteration."""
    kinds = [type(event) for event in events]
    others = len(kinds) - kinds.count(Forward) - kinds.count(Backward)
    if (
        len(kinds) > MAX_LINES
        or others > _MOST_SCALARS
        or kinds.count(IterationLoss) != 1
        or kinds.count(LearningRate) > 1
    ):
        raise ValueError("not the lines of one iteration")
    loss = kinds.index(IterationLoss)
    if not set(kinds[:loss]) <= {Forward, Backward, NetNorms} or NetNorms in kinds[: kinds.index(Backward)]:
        raise ValueError("not a debug block")
    is_test = any(isinstance(event, Output) and event.phase == "test" for event in events)
    if is_test or not set(kinds[loss + 1 :]) <= {Output, LearningRate, Clipped}:
        raise ValueError("more than an iteration")


def leading(flags: BoolArray) -> int:
    """Return how many of the first flags are set."""
    return len(flags) if flags.all() else int(np.argmin(flags))
