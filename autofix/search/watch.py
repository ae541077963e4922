"""A training watched while it runs: its log is read as it comes, and the judge is asked as seldom as can be.

What is decided depends on the log alone and never on how fast it came: the judge sees the trace as it was after
iterations that are fixed beforehand, and after the first that holds a number which is not finite.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from autofix.debuginfo import Reader, Trace, TraceBuilder
from autofix.debuginfo.bulk import BulkReader
from autofix.health import Decision, Facts, View
from autofix.search.events import IterationSeen, Listener

EVERY, SHARE = 12, 10  # each of so many iterations is judged; later, each time the trace has grown by 1/SHARE
LAST_LINES = 20  # of the log, kept for deaths without a word


class Decides(Protocol):
    """What is asked while a training runs."""

    @property
    def cap(self) -> int:
        """Iterations after which it always has an answer."""
        ...

    def decide(self, view: View) -> Decision | None:
        """The verdict if it is certain by now."""
        ...

    def conclude(self, view: View, whole: bool = False) -> Decision:
        """The verdict on a training that ends undecided; ``whole`` if that is its own end."""
        ...


class Watch:
    """Takes a log and says when enough was seen.

    Attributes:
        decision: the judge's, once there is one.
        count: iterations read so far.
    """

    def __init__(self, facts: Facts, judge: Decides, listen: Listener, name: str) -> None:
        self._facts, self._judge, self._listen, self._name = facts, judge, listen, name
        self._builder, reader = TraceBuilder(), Reader()
        self._bulk = BulkReader(self._builder, reader)
        self._due = due(judge.cap)
        self._next, self._finite = next(self._due), 0  # the next count to judge at; rows known to be finite
        self._seen: View | None = None  # what the decision was about
        self._last_lines: deque[bytes] = deque(maxlen=LAST_LINES)
        self.decision: Decision | None = None
        self.count = 0

    def __call__(self, lines: bytes) -> bool:
        """Take whole lines; True once the judge has decided."""
        self._last_lines.extend(lines.splitlines()[-LAST_LINES:])
        self._bulk.feed(lines)
        trace = self._builder.trace()
        rows = _whole_rows(trace)
        if rows > self.count:
            self.count = rows
            self._listen(IterationSeen(self._name, rows, float(trace.loss[rows - 1])))
            self._judge_rows(trace, rows)
        return self.decision is not None

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The end of the log."""
        return tuple(line.decode(errors="replace") for line in self._last_lines)

    def close(self) -> View:
        """Everything that was read, up to the decision if there was one."""
        if self._seen is not None:
            return self._seen
        self._bulk.close()
        return View(self._facts, self._builder.trace())

    def _judge_rows(self, trace: Trace, rows: int) -> None:
        """Ask the judge about each count that is due among the first ``rows``."""
        bad = _first_bad(trace, self._finite, rows)
        self._finite = rows if bad is None else bad
        while self.decision is None:
            at = self._next if bad is None else min(self._next, bad + 1)
            if at > rows:
                return
            view = View(self._facts, first(trace, at))
            self.decision = self._judge.decide(view)
            self._seen = view if self.decision is not None else None
            if bad is not None and at == bad + 1:
                bad, self._finite = _first_bad(trace, at, rows), at
            while self._next <= at:
                self._next = next(self._due)


def due(cap: int) -> Iterator[int]:
    """Yield the numbers of iterations after which a training is judged, ``cap`` among them."""
    at = 0
    while True:
        step = 1 if at < EVERY else max(1, at // SHARE)
        at = cap if at < cap < at + step else at + step
        yield at


def first(trace: Trace, rows: int) -> Trace:
    """Return the trace as it was after so many iterations."""
    return replace(trace.at(slice(0, rows)), partial=None, fatal=None, finished=False)


def _whole_rows(trace: Trace) -> int:
    """Iterations of which everything has come; of the last one a line may be missing yet."""
    rows = len(trace)
    return rows - (rows > 0 and not (trace.loss_logged[-1] and trace.lr_logged[-1]))


def _first_bad(trace: Trace, start: int, stop: int) -> int | None:
    """The first row from ``start`` on, before ``stop``, that holds a number which is not finite; or None."""
    rows = slice(start, stop)
    bad = (trace.logged[rows] & ~np.isfinite(trace.values[rows])).any(axis=1)
    bad |= ~np.isfinite(trace.loss[rows]) | ~np.isfinite(trace.lr[rows])
    return start + int(np.argmax(bad)) if bad.any() else None
