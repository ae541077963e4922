"""Whole logs, fast: an iteration whose lines look like those of one before is not parsed line by line."""

from __future__ import annotations

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.events import Event, Fatal, IterationLoss, TestStart
from autofix.debuginfo.reader import MAX_LINE, Reader, is_torn
from autofix.debuginfo.stencil import MAX_LINES, Stencil

_FORWARD = b"[Forward] Layer "
_MOST_AT_ONCE = 256  # iterations


class BulkReader:
    """Reads the bytes of a log into a builder.

    The trace is the one that ``Reader`` and ``TraceBuilder`` would make of the same lines; ``reader.unknown``
    leaves out lines in the skipped parts of test passes.

    Args:
        builder: where the log goes.
        reader: reads what has no known form.
    """

    def __init__(self, builder: TraceBuilder, reader: Reader) -> None:
        self.is_caffe = False
        self._builder = builder
        self._reader = reader
        self._rest = b""  # of a line that has not ended
        self._held: list[bytes] = []  # the first lines of an iteration that goes on in the next bytes
        self._stencil: Stencil | None = None
        self._most = 1
        self._period: list[tuple[bytes, tuple[Event, ...]]] | None = None  # None while nothing is to be learnt
        self._has_loss = False  # the next debug block belongs to another iteration
        self._test_top = b""  # how the first line of each pass of a test reads

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()[:MAX_LINE]
        if self._held:
            lines = self._held + lines
            self._held = []
        self._read(lines, holds=True)

    def close(self) -> None:
        """Read what is left at the log's end."""
        lines, self._held = self._held, []
        self._read(lines, holds=False)
        if self._rest:
            if is_torn(self._rest.decode("utf-8", "replace"), has_ends=self._reader.lines > 0):
                self._reader.torn = True
            else:
                self._read_line(self._rest)
        for event in self._reader.close():
            self._builder.add(event)

    def _read(self, lines: list[bytes], holds: bool) -> None:
        place = 0
        while place < len(lines):
            if self._begins_iteration(lines[place]):
                if holds and self._stencil and len(lines) - place < self._stencil.length:
                    self._held = lines[place:]
                    return
                taken = self._read_iterations(lines, place)
            else:
                taken = self._skip_passes(lines, place)
            if not taken:
                self._read_line(lines[place])
            place += taken or 1

    def _begins_iteration(self, line: bytes) -> bool:
        return self._has_loss and _FORWARD in line and self._reader.expects_training and self._builder.between_rows

    def _read_iterations(self, lines: list[bytes], place: int) -> int:
        """Read iterations of the known form from here on; return the number of lines."""
        if self._period is not None:
            self._stencil = self._learnt()
        self._period = None
        taken = self._stencil.read(lines, place, self._most) if self._stencil else 0
        if not taken:
            self._most = 1
            self._period, self._has_loss = [], False
            return 0
        assert self._stencil is not None
        self._most = min(2 * taken, _MOST_AT_ONCE) if taken == self._most else 1
        self._reader.end_test()
        self._builder.close_row()
        self._reader.lines += taken * self._stencil.length
        return taken * self._stencil.length

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
            self.is_caffe = self.is_caffe or not isinstance(event, Fatal) or bool(event.file)
            self._has_loss = self._has_loss or isinstance(event, IterationLoss)
        if any(isinstance(event, TestStart) for event in events):
            self._test_top = b""
        elif self._period is not None and self._reader.phase == "train" and len(self._period) <= MAX_LINES:
            self._period.append((line, events))

    def _skip_passes(self, lines: list[bytes], place: int) -> int:
        """Skip the forward passes of a test but for the last; return the number of lines."""
        if self._reader.phase == "train" or self._reader.expects_training or _FORWARD not in lines[place]:
            return 0
        if not self._test_top:
            line = lines[place]
            self._test_top = line[line.index(_FORWARD) : line.rindex(b" ") + 1]
            return 0
        end = place
        while end < len(lines) and _FORWARD in lines[end]:
            end += 1
        last = end - 1
        while last > place and self._test_top not in lines[last]:
            last -= 1
        self._reader.lines += last - place
        return last - place
