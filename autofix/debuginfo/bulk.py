"""Whole logs, fast: an iteration or a test whose lines look like those of one before is not parsed line by line."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from autofix.debuginfo.builder import TraceBuilder
from autofix.debuginfo.decimals import Bytes, Places, stand_at
from autofix.debuginfo.events import Event, IterationLoss
from autofix.debuginfo.forms import DIGITS_TO_ZERO, MAX_TEXT
from autofix.debuginfo.lines import is_test_output, parse_blob
from autofix.debuginfo.period import MAX_TESTED, Lines
from autofix.debuginfo.reader import MAX_LINE, Reader, is_torn
from autofix.debuginfo.stencil import Chunk
from autofix.debuginfo.stencils import Stencils, leading

_FORWARD, _TESTING = b"[Forward] Layer ", b", Testing net"
_SEVERITY = re.compile(rb"(?<!\w)[IWEF](?:\d{8}|\d{4}) ")
_MOST_PREFIX = 160  # bytes
_SETUP = re.compile(rb"<-|->|Creating|Setting up|Top shape")  # what these tell depends on the lines before
_PATIENCE = 8  # times that something is of no known form, until its form is seldom learnt
_SELDOM = 1 << 17  # lines, from then on
_MOST_TOLD = 1000  # lines
_MAX_HELD = 1 << 26  # bytes
_IN_CACHE = 1 << 18  # bytes


class BulkReader:
    """Reads the bytes of a log into a builder.

    The trace is the one that ``Reader`` and ``TraceBuilder`` would make of the same lines.

    Args:
        builder: where the log goes.
        reader: reads what has no known form.
    """

    def __init__(self, builder: TraceBuilder, reader: Reader) -> None:
        self._builder = builder
        self._reader = reader
        self._rest = b""  # what goes on in the next bytes
        self._stencils = Stencils(builder)
        self._lines: Lines | None = None  # None while nothing is to be learnt
        self._has_loss = False  # the next debug block belongs to another iteration
        self._misses = Counter[str]()  # how often iterations, tests and what follows them had none of the known forms
        self._learnt = Counter[str]()  # after how many lines one's form was learnt last
        self._told_nothing: set[bytes] = set()  # lines, with 0 for each digit
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
        self._looked_until, count = place, len(chunk)
        while place < count:
            line, taken = chunk.line(place), 0
            if ((is_test := _TESTING in line) or _FORWARD in line) and self._begins(is_test):
                end = count - self._stencils.longest if holds else count
                if place > end:
                    return place
                taken = self._read_known(chunk, place, end, is_test)
            elif place >= self._looked_until and self._reader.expects_test:
                taken, goes_on = self._skip_passes(chunk, place)
                if goes_on and holds:
                    return place + taken
            if not taken:
                self._read_line(line)
            place += taken or 1
        return place

    def _begins(self, is_test: bool) -> bool:
        """Whether a line that looks like the first of a test, or else of an iteration, is that."""
        if is_test:
            return not self._reader.is_in_dump and self._builder.between_rows
        return self._has_loss and self._reader.expects_training and self._builder.between_rows

    def _read_known(self, chunk: Chunk, place: int, end: int, is_test: bool) -> int:
        """Read iterations and tests of known forms that begin from here to a place; return the number of lines."""
        if self._lines is not None and (period := self._lines.period()):
            self._stencils.learn(period, self._lines.is_test)
        self._lines, kind = None, "test" if is_test else "iteration"
        if (lines := self._stencils.read(chunk, place, end)) and (last := self._stencils.last):
            self._builder.close_row()
            self._reader.pass_over(lines, last.is_test)
            if place + lines <= end and self._is_due("tail"):
                self._lines = Lines(last.is_test, last.period(chunk, place + lines))
            return lines
        if self._is_due(kind):
            self._lines = Lines(is_test)
        self._has_loss = self._has_loss and is_test
        return 0

    def _is_due(self, kind: str) -> bool:
        """Count what has none of the known forms; return whether its form is to be learnt.

        Where nothing looks like one before, that is seldom: each form costs a look at the chunk.
        """
        self._misses[kind] += 1
        is_due = self._misses[kind] < _PATIENCE or self._reader.lines - self._learnt[kind] > _SELDOM
        if is_due:
            self._learnt[kind] = self._reader.lines
        return is_due

    def _read_line(self, line: bytes) -> None:
        text = line.translate(DIGITS_TO_ZERO)
        events: tuple[Event, ...] = ()
        if text in self._told_nothing and not self._reader.is_in_dump:
            self._reader.lines += 1
        else:
            events = self._read_events(line, text)
        if self._lines is None:
            return
        if len(events) == 1 or (not events and text in self._told_nothing):
            self._lines.add(line, events[0] if events else None)
        else:
            self._lines.add_unusual()

    def _read_events(self, line: bytes, text: bytes) -> tuple[Event, ...]:
        """Give the builder what a line tells and return it; remember the text of one that tells nothing."""
        events = self._reader.feed(line)
        for event in events:
            self._builder.add(event)
            self._has_loss = self._has_loss or isinstance(event, IterationLoss)
        is_new = len(text) < MAX_TEXT and len(self._told_nothing) < _MOST_TOLD
        if not events and is_new and not self._reader.is_in_dump and not _SETUP.search(text):
            self._told_nothing.add(text)
        return events

    def _skip_passes(self, chunk: Chunk, place: int) -> tuple[int, bool]:
        """Find out how many lines of a test's forward passes here tell nothing.

        These are all of them where the test's outputs follow; else those before the last pass, as what follows may
        make that one part of the training.

        Returns:
            How many lines, and whether the passes may go on behind the chunk.
        """
        column = chunk.line(place).find(_FORWARD)
        if not 0 <= column < _MOST_PREFIX:
            return 0, False
        starts = chunk.starts[place:] + column
        count = _leading_with(_FORWARD, chunk.data, starts)
        end = self._looked_until = place + count
        skipped = 0
        if _are_alike(chunk, place, end):
            is_told = end < len(chunk) and is_test_output(_text(chunk.line(end)))
            skipped = count if is_told else self._before_last_pass(chunk, place, starts[:count])
        self._reader.lines += skipped
        if self._lines is not None:
            self._lines.add_forward([chunk.line(line) for line in range(place, place + min(skipped, MAX_TESTED + 1))])
        return skipped, end == len(chunk)

    def _before_last_pass(self, chunk: Chunk, place: int, starts: Places) -> int:
        """Return how many of a test's forward lines, whose texts start there, stand before its last pass."""
        first, blob = self._builder.tests.first_of_forward, parse_blob(_text(chunk.line(place)))
        if first is not None:
            name = f"{first.layer}, {first.role} blob {first.blob}"
        elif blob is not None:
            name = f"{blob[1]}, {blob[2]} blob {blob[3]}"
        else:
            return 0
        text = _FORWARD + f"{name} data: ".encode()
        if len(text) > Chunk.PAD - _MOST_PREFIX:
            return 0
        tops = np.flatnonzero(stand_at(text, chunk.data, starts))
        return next((int(top) for top in tops[::-1] if parse_blob(_text(chunk.line(place + top)))), 0)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _are_alike(chunk: Chunk, first: int, end: int) -> bool:
    """Whether lines that begin like forward lines, but for the time, are just that: no errors, none of two in one."""
    line = chunk.line(first)
    prefix = line[: line.index(_FORWARD)]
    if severity := _SEVERITY.search(prefix):
        letters = np.frombuffer(chunk.data, np.uint8)[chunk.starts[first:end] + severity.start()]
        is_harmless = severity[0][0] in b"IW" and bool((letters == severity[0][0]).all())
    else:
        is_harmless = not prefix.strip(b" ")
    words = _FORWARD[-len(b"ward] Layer ") :]
    return is_harmless and chunk.data.count(words, chunk.starts[first], chunk.ends[end - 1]) == end - first


def _leading_with(text: bytes, data: bytes, starts: Places) -> int:
    """Return at how many of the first places the text stands."""
    size = 64
    while True:
        count = leading(stand_at(text, data, starts[:size]))
        if count < size:
            return count
        size *= 4


def _chunk(*data: bytes) -> Chunk:
    """Return the whole lines in consecutive data with their places."""
    padded = b"".join((bytes(Chunk.PAD), *data, bytes(Chunk.PAD)))
    characters = np.frombuffer(padded, np.uint8)
    line_ends = _places_of(ord("\n"), characters)
    starts = np.concatenate(([Chunk.PAD], line_ends + 1))
    has_return = characters[line_ends - 1] == ord("\r")
    return Chunk(padded, starts[:-1], line_ends - has_return, int(starts[-1]))


def _places_of(character: int, characters: Bytes) -> Places:
    """Return where a character stands; looked for in parts that the processor's cache holds."""
    parts = range(0, len(characters), _IN_CACHE)
    return np.concatenate([part + np.flatnonzero(characters[part : part + _IN_CACHE] == character) for part in parts])
