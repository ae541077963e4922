"""The lines of a Caffe log, one after the other, to events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autofix.debuginfo.events import (
    Backward,
    Complaint,
    Event,
    Fatal,
    Forward,
    NetText,
    Output,
    Phase,
    Sharing,
    SolverText,
    TestStart,
    TopShape,
    Wired,
)
from autofix.debuginfo.lines import BLOB, parse_message, parse_number, split_prefix

_DUMP_LINE = re.compile(r"\s*(?:\w+: \S.*|\w+ \{|\}|)$")
_MAX_DUMP = 1 << 24  # characters; a longer dump is no net
_TORN = re.compile(r"[-+.\dein]$")  # a number that may go on


class Reader:
    """Turns lines into events; knows what only the lines before can tell.

    Attributes:
        lines: lines read so far.
        unknown: lines that told nothing.
        torn: the last line was cut off and left out (see ``read_events``).
    """

    def __init__(self) -> None:
        self.lines = 0
        self.unknown = 0
        self.torn = False
        self._testing = False  # in a test pass, its outputs not yet seen
        self._tested = False  # in a test pass, outputs seen: what comes next is training
        self._net_phase: Phase = "train"  # of the net that is being set up
        self._layer = ""  # the layer that is being set up
        self._tops: dict[str, list[str]] = {}  # of the layers whose shapes have not come yet
        self._dump: list[str] | None = None
        self._dump_of = ""
        self._dump_size = 0

    def feed(self, line: str | bytes) -> tuple[Event, ...]:
        """Return what ``line`` tells, with or without its line end; most lines tell one thing."""
        text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
        text = text.rstrip("\r\n")
        self.lines += 1
        severity, file, number, message = split_prefix(text)
        ended: tuple[Event, ...] = ()
        if self._dump is not None:
            if not severity and _DUMP_LINE.match(text):
                self._extend_dump(text)
                return ()
            ended = self.close()
        events = self._blob(message) or self._message(severity, file, number, message)
        if not events:
            self.unknown += 1
        return ended + events

    def close(self) -> tuple[Event, ...]:
        """Return what was still being collected when the log ended."""
        if self._dump is None:
            return ()
        text, self._dump = "\n".join(self._dump) + "\n", None
        return (SolverText(text) if self._dump_of == "solver" else NetText(text, self._net_phase),)

    def _extend_dump(self, text: str) -> None:
        assert self._dump is not None
        self._dump_size += len(text)
        if self._dump_size <= _MAX_DUMP:
            self._dump.append(text)

    def _blob(self, message: str) -> tuple[Event, ...]:
        match = BLOB.match(message)
        if not match:
            return ()
        direction, layer, role, blob, value = match.groups()
        if direction == "Backward":
            self._testing = self._tested = False
            return (Backward(layer, blob, parse_number(value), role == "param"),)
        if self._tested:
            self._testing = self._tested = False
        phase: Phase = "test" if self._testing else "train"
        return (Forward(layer, blob, parse_number(value), role == "param", phase),)

    def _message(self, severity: str, file: str, number: int, message: str) -> tuple[Event, ...]:
        events = self._setup(message)
        if not events and severity != "F":
            events = parse_message(message)
        if not events and severity == "F":
            events = (Fatal(message, file, number),)
        if not events and severity == "E":
            events = (Complaint(message),)
        for event in events:
            if isinstance(event, TestStart):
                self._testing, self._tested = True, False
            elif isinstance(event, Output):
                self._tested = event.phase == "test"
        return events

    def _setup(self, message: str) -> tuple[Event, ...]:
        """The lines that only make sense beside those before: what a net is made of."""
        if message.startswith("Initializing ") and " from parameters:" in message:
            self._dump, self._dump_size = [], 0
            self._dump_of = "solver" if message.startswith("Initializing solver") else "net"
        elif message.startswith("Creating train"):
            self._net_phase = "train"
        elif message.startswith("Creating test"):
            self._net_phase = "test"
        elif message.startswith("Creating Layer "):
            self._layer = message[len("Creating Layer ") :]
            self._tops[self._layer] = []
        elif message.startswith("Setting up "):  # a recurrent layer creates a net of layers before this line
            self._layer = message[len("Setting up ") :]
        elif message.startswith("Top shape: "):
            return self._top_shape(message)
        elif self._layer and message.startswith(self._layer + " <- "):
            return (Wired(self._layer, message[len(self._layer) + 4 :], False, self._net_phase),)
        elif self._layer and message.startswith(self._layer + " -> "):
            blob = message[len(self._layer) + 4 :].removesuffix(" (in-place)")
            self._tops.setdefault(self._layer, []).append(blob)
            return (Wired(self._layer, blob, True, self._net_phase),)
        elif match := re.match(
            r"Sharing parameters '(.*)' owned by layer '(.*)', param index (\d+)", message
        ):
            return (Sharing(self._layer, match[1], match[2], int(match[3])),)
        return ()

    def _top_shape(self, message: str) -> tuple[Event, ...]:
        match = re.match(r"Top shape: ((?:\d+ )*)\(\d+\)$", message)
        if not match:
            return ()
        tops = self._tops.get(self._layer)
        blob = tops.pop(0) if tops else ""
        shape = tuple(int(size) for size in match[1].split())
        return (TopShape(self._layer, blob, shape, self._net_phase),)


def read_events(lines: Iterable[str] | Iterable[bytes], reader: Reader | None = None) -> Iterator[Event]:
    """Yield the events of a log.

    A last line that lacks the line end the others have, and whose last number may be cut off, is left out.

    Args:
        reader: where to count; a new one if None.
    """
    reader = reader or Reader()
    has_ends = False
    for line in lines:
        text = line if isinstance(line, str) else line.decode("utf-8", "replace")
        if has_ends and not text.endswith("\n") and _TORN.search(text):
            reader.torn = True
            continue
        has_ends = text.endswith("\n")
        yield from reader.feed(text)
    yield from reader.close()
