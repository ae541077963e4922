"""The lines of an iteration, or of a test, as they are read line by line."""

from __future__ import annotations

from collections.abc import Sequence

from autofix.debuginfo.events import Event, Forward
from autofix.debuginfo.lines import parse_blob

MAX_LINES = 1 << 16  # of an iteration
MAX_TESTED = 1000  # of a test: more are faster skipped, see ``BulkReader``


class Lines:
    """Collects lines with what each tells, to learn their form.

    Args:
        is_test: they are a test's.
        known: those at the beginning that have a form by themselves.
    """

    def __init__(self, is_test: bool, known: Sequence[tuple[bytes, Event | None]] = ()) -> None:
        self.is_test = is_test
        self._known = len(known)
        self._most = MAX_TESTED if is_test else MAX_LINES
        self._lines: list[tuple[bytes, Event | None]] | None = list(known)  # None if they have no form

    def add(self, line: bytes, event: Event | None) -> None:
        """Take a line that tells one thing, or nothing whatever stands around it."""
        if self._lines is not None:
            self._lines.append((line, event))
            if len(self._lines) > self._most:
                self._lines = None

    def add_forward(self, lines: Sequence[bytes]) -> None:
        """Take forward lines of a test."""
        if len(lines) > self._most:
            self.add_unusual()
            return
        for line in lines:
            if blob := parse_blob(line.decode("utf-8", "replace")):
                self.add(line, Forward(blob[1], blob[3], blob[4], blob[2] == "param", "test"))
            else:
                self.add_unusual()

    def add_unusual(self) -> None:
        """Take a line that no form can have."""
        self._lines = None

    def period(self) -> list[tuple[bytes, Event | None]]:
        """Return the lines; [] if they have no form, or a known one."""
        lines = self._lines or []
        return lines if len(lines) > self._known else []
