"""Whole logs, fast: an iteration whose lines look like those of one before is not parsed line by line."""

from __future__ import annotations

import numpy as np

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.decimals import Places, windows
from autofix.debuginfo.events import Event, IterationLoss
from autofix.debuginfo.lines import parse_blob
from autofix.debuginfo.reader import MAX_LINE, Reader, is_torn
from autofix.debuginfo.stencil import MAX_LINES, Chunk, Stencil, leading
from autofix.debuginfo.trace import BoolArray

_FORWARD = b"[Forward] Layer "
_MOST_FORMS = 4  # an iteration may have a line more, about clipped gradients for instance
_MAX_HELD = 1 << 26  # bytes


class BulkReader:
    """Reads the bytes of a log into a builder.

    The trace is the one that ``Reader`` and ``TraceBuilder`` would make of the same lines; ``reader.unknown``
    leaves out lines in the skipped parts of test passes.

    Args:
        builder: where the log goes.
        reader: reads what has no known form.
    """

    def __init__(self, builder: TraceBuilder, reader: Reader) -> None:
        self._builder = builder
        self._reader = reader
        self._rest = b""  # what goes on in the next bytes
        self._stencils: list[Stencil] = []  # the last one learnt comes first
        self._period: list[tuple[bytes, tuple[Event, ...]]] | None = None  # None while nothing is to be learnt
        self._has_loss = False  # the next debug block belongs to another iteration
        self._looked_until = 0  # up to this line of the chunk, no pass of a test begins

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""
        chunk = _chunk(self._rest, data)
        read = self._read(chunk, 0, holds=True)
        if read < len(chunk) and len(chunk.data) > _MAX_HELD:
            read = self._read(chunk, read, holds=False)
        last = chunk.data[chunk.rest : -Chunk.PAD][:MAX_LINE]
        self._rest = chunk.data[chunk.starts[read] : chunk.rest] + last if read < len(chunk) else last

    def flush(self) -> None:
        """Read the lines that are held because their iteration, or their pass of a test, is not whole yet."""
        chunk = _chunk(self._rest)
        self._read(chunk, 0, holds=False)
        self._rest = chunk.data[chunk.rest : -Chunk.PAD]

    def close(self) -> None:
        """Read what is left at the log's end."""
        chunk = _chunk(self._rest)
        self._read(chunk, 0, holds=False)
        if last := chunk.data[chunk.rest : -Chunk.PAD]:
            if is_torn(last.decode("utf-8", "replace"), has_ends=self._reader.lines > 0):
                self._reader.torn = True
            else:
                self._read_line(last)
        for event in self._reader.close():
            self._builder.add(event)

    def _read(self, chunk: Chunk, place: int, holds: bool) -> int:
        """Read the lines from a place on; return the place up to which they are read.

        Args:
            holds: leave out an iteration or a test's pass at the end that may go on in the next chunk.
        """
        self._looked_until = place
        while place < len(chunk):
            line = chunk.line(place)
            if self._begins_iteration(line):
                if holds and len(chunk) - place < max((stencil.length for stencil in self._stencils), default=0):
                    return place
                taken = self._read_iterations(chunk, place)
            else:
                taken, goes_on = self._skip_passes(chunk, place)
                if goes_on and holds:
                    return place + taken
            if not taken:
                self._read_line(line)
            place += taken or 1
        return place

    def _begins_iteration(self, line: bytes) -> bool:
        return self._has_loss and _FORWARD in line and self._reader.expects_training and self._builder.between_rows

    def _read_iterations(self, chunk: Chunk, place: int) -> int:
        """Read iterations of the known form from here on; return the number of lines."""
        self._learn()
        for stencil in self._stencils:
            if taken := stencil.read(chunk, place):
                self._reader.end_test()
                self._builder.close_row()
                self._reader.lines += taken * stencil.length
                return taken * stencil.length
        self._period, self._has_loss = [], False
        return 0

    def _learn(self) -> None:
        """Take the form of the iteration that was read last, if that was line by line."""
        if self._period and (stencil := self._learnt()):
            known = [known for known in self._stencils if known.is_current]
            self._stencils = [stencil, *known[: _MOST_FORMS - 1]]
        self._period = None

    def _learnt(self) -> Stencil | None:
        period = [(line, events[0]) for line, events in self._period or () if len(events) == 1]
        if len(period) < len(self._period or ()):
            return None
        try:
            return Stencil(period, self._builder)
        except (ValueError, KeyError):
            return None

    def _read_line(self, line: bytes) -> None:
        events = self._reader.feed(line)
        for event in events:
            self._builder.add(event)
            self._has_loss = self._has_loss or isinstance(event, IterationLoss)
        if self._period is not None and self._reader.phase == "train" and len(self._period) <= MAX_LINES:
            self._period.append((line, events))

    def _skip_passes(self, chunk: Chunk, place: int) -> tuple[int, bool]:
        """Find the last of a test's forward passes that begin at or behind a line.

        Returns:
            How many lines there are before it, and whether it may go on behind the chunk.
        """
        first = self._builder.first_of_test_pass
        if first is None or self._reader.expects_training or place < self._looked_until:
            return 0, False
        column = chunk.line(place).find(_FORWARD)
        text = f"[Forward] Layer {first.layer}, {first.role} blob {first.blob} data: ".encode()
        if column < 0 or len(text) + column > Chunk.PAD:
            return 0, False
        starts = chunk.starts[place:] + column
        count = _leading_with(_FORWARD, chunk.data, starts)
        self._looked_until = place + count
        tops = np.flatnonzero(_begin_with(text, chunk.data, starts[:count]))
        whole = (int(top) for top in tops[::-1] if parse_blob(chunk.line(place + top).decode("utf-8", "replace")))
        last = next(whole, 0)
        self._reader.lines += last
        return last, self._looked_until == len(chunk)


def _begin_with(text: bytes, data: bytes, starts: Places) -> BoolArray:
    """Return at which places the text stands."""
    same: BoolArray = np.all(windows(data, starts, len(text)) == np.frombuffer(text, np.uint8), axis=1)
    return same


def _leading_with(text: bytes, data: bytes, starts: Places) -> int:
    """Return at how many of the first places the text stands."""
    size = 64
    while True:
        count = leading(_begin_with(text, data, starts[:size]))
        if count < size:
            return count
        size *= 4


def _chunk(*data: bytes) -> Chunk:
    """Return the whole lines in consecutive data with their places."""
    padded = b"".join((bytes(Chunk.PAD), *data, bytes(Chunk.PAD)))
    characters = np.frombuffer(padded, np.uint8)
    line_ends = np.flatnonzero(characters == ord("\n"))
    starts = np.concatenate(([Chunk.PAD], line_ends + 1))
    has_return = characters[line_ends - 1] == ord("\r")
    return Chunk(padded, starts[:-1], line_ends - has_return, int(starts[-1]))
