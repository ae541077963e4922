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
    IterationLoss,
    NetText,
    Output,
    Phase,
    Sharing,
    SolverText,
    TestStart,
    TopShape,
    Wired,
)
from autofix.debuginfo.lines import MAX_MESSAGE, clean_line, parse_blob, parse_death, parse_message, split_prefix

MAX_LINE = 1 << 16  # characters; what a longer line has beyond is not looked at
_MAX_DUMP = 1 << 24  # characters; what a longer dump has beyond is left out
_DUMP_LINE = re.compile(r"\s*(?:\w+: \S.*|\w+ \{|\}|)$")
_SHARING = re.compile(r"Sharing parameters '(.*)' owned by layer '(.*)', param index (\d{1,15})", re.ASCII)
_TOP_SHAPE = re.compile(r"Top shape: ((?:\d+ )*)\(\d+\)\s*$", re.ASCII)
_TORN = re.compile(r"[ (][-+]?(?:\d[-+.\de]*|na?|in?)?$")  # a number that may go on


class Reader:
    """Turns lines into events; keeps what only the lines before can tell.

    Attributes:
        lines: lines read so far.
        is_caffe: a line has come that only Caffe prints.
        torn: the last line was cut off and left out (see ``read_events``).
    """

    def __init__(self) -> None:
        self.lines = 0
        self.is_caffe = False
        self.torn = False
        self.phase: Phase = "train"  # of the forward lines
        self._test_ended = False  # a test pass has told its outputs: its last forward line is past
        self._dump: _Dump | None = None
        self._setup = _NetSetup()

    def feed(self, line: str | bytes) -> tuple[Event, ...]:
        """Return what ``line`` tells, with or without its line end; most lines tell one thing."""
        text = line[:MAX_LINE].decode("utf-8", "replace") if isinstance(line, bytes) else line[:MAX_LINE]
        text = clean_line(text)
        self.lines += 1
        blob = parse_blob(text)
        if blob:
            self.is_caffe = True
            return (*self.close(), self._blob(*blob))
        severity, file, number, message = split_prefix(text)
        ended: tuple[Event, ...] = ()
        if self._dump is not None:
            if not severity and _DUMP_LINE.match(text):
                self._dump.add(text)
                return ()
            ended = self.close()
        events = self._message(severity, file, number, message)
        self.is_caffe |= self._dump is not None or _is_telling(events, severity)
        return ended + events

    def close(self) -> tuple[Event, ...]:
        """Return what was still being collected when the log ended."""
        dump, self._dump = self._dump, None
        return () if dump is None else (dump.event(),)

    def pass_over(self, lines: int, was_test: bool) -> None:
        """Count lines that something else has read: iterations, the last of them with a test behind it or without."""
        self.lines += lines
        self.phase, self._test_ended = ("test", True) if was_test else ("train", False)

    @property
    def is_in_dump(self) -> bool:
        """Whether a prototxt is being collected, which a line may belong to."""
        return self._dump is not None

    @property
    def expects_training(self) -> bool:
        """Whether a forward line that came now would belong to training, and tell nothing else."""
        return self._dump is None and (self.phase == "train" or self._test_ended)

    @property
    def expects_test(self) -> bool:
        """Whether a forward line that came now would belong to a test's pass, and tell nothing else."""
        return self._dump is None and self.phase == "test" and not self._test_ended

    def _end_test(self) -> None:
        """Note that the next forward line belongs to training."""
        self.phase, self._test_ended = "train", False

    def _blob(self, direction: str, layer: str, role: str, blob: str, value: float) -> Event:
        if direction == "Backward" or self._test_ended:
            self._end_test()
        if direction == "Backward":
            return Backward(layer, blob, value, role == "param")
        return Forward(layer, blob, value, role == "param", self.phase)

    def _message(self, severity: str, file: str, number: int, message: str) -> tuple[Event, ...]:
        if severity == "F":
            return (Fatal(message, file, number),)
        if message.startswith("Initializing ") and " from parameters:" in message:
            is_solver = message.startswith("Initializing solver")
            self._dump = _Dump(None if is_solver else self._setup.phase)
            return ()
        events = parse_message(message) or self._setup.feed(message[:MAX_MESSAGE])
        if not events and severity == "E":
            return (Complaint(message),)
        if not events and not severity:
            return parse_death(message)
        for event in events:
            if isinstance(event, TestStart):
                self.phase, self._test_ended = "test", False
            elif isinstance(event, Output) and event.phase == "test":
                self._test_ended = True
            elif isinstance(event, IterationLoss):
                self._end_test()
        return events


def _is_telling(events: tuple[Event, ...], severity: str) -> bool:
    """Whether a line tells that Caffe wrote the log: other programs log errors with glog, too, or are killed."""
    if not events or isinstance(events[0], Complaint):
        return False
    return severity != "" or not isinstance(events[0], Fatal)


class _Dump:
    """A prototxt that Caffe prints over many lines, which have no prefix."""

    def __init__(self, net_phase: Phase | None) -> None:
        self._net_phase = net_phase
        self._lines: list[str] = []
        self._size = 0

    def add(self, line: str) -> None:
        self._size += len(line) + 1
        if self._size <= _MAX_DUMP:
            self._lines.append(line)

    def event(self) -> SolverText | NetText:
        text = "".join(f"{line}\n" for line in self._lines)
        return SolverText(text) if self._net_phase is None else NetText(text, self._net_phase)


class _NetSetup:
    """The lines that tell what a net is made of; most name their layer only in a line before."""

    def __init__(self) -> None:
        self.phase: Phase = "train"
        self._layer = ""
        self._tops: dict[str, list[str]] = {}  # those whose shapes have not come yet

    def feed(self, message: str) -> tuple[Event, ...]:
        if message.startswith("Top shape: "):
            return self._top_shape(message)
        if message.startswith("Creating train"):
            self.phase = "train"
        elif message.startswith("Creating test"):
            self.phase = "test"
        elif message.startswith("Creating Layer "):
            self._layer = message[len("Creating Layer ") :]
            self._tops[self._layer] = []
        elif message.startswith("Setting up "):  # a recurrent layer creates a net of layers before this line
            self._layer = message[len("Setting up ") :]
        elif match := _SHARING.match(message):
            return (Sharing(self._layer, match[1], match[2], int(match[3])),)
        elif self._layer and message.startswith((f"{self._layer} <- ", f"{self._layer} -> ")):
            return (self._wired(message),)
        return ()

    def _wired(self, message: str) -> Wired:
        is_top = message[len(self._layer) + 1] == "-"
        blob = message[len(self._layer) + len(" -> ") :].removesuffix(" (in-place)")
        if is_top:
            self._tops.setdefault(self._layer, []).append(blob)
        return Wired(self._layer, blob, is_top, self.phase)

    def _top_shape(self, message: str) -> tuple[Event, ...]:
        match = _TOP_SHAPE.match(message)
        if not match:
            return ()
        tops = self._tops.get(self._layer)
        shape = tuple(int(size) for size in match[1].split())
        return (TopShape(self._layer, tops.pop(0) if tops else "", shape, self.phase),)


def is_torn(line: str, has_ends: bool) -> bool:
    """Return whether a last line may have been cut off in the middle of a number.

    Args:
        has_ends: whether the lines before have line ends.
    """
    return has_ends and not line.endswith("\n") and bool(_TORN.search(line))


def read_events(lines: Iterable[str] | Iterable[bytes], reader: Reader | None = None) -> Iterator[Event]:
    """Yield the events of a log.

    A last line that lacks the line end the others have, and whose last number may be cut off, is left out.

    Args:
        reader: where to count; a new one if None.
    """
    reader = reader or Reader()
    has_ends = False
    for line in lines:
        text = line if isinstance(line, str) else line[: MAX_LINE + 1].decode("utf-8", "replace")
        if is_torn(text, has_ends):
            reader.torn = True
            continue
        has_ends = text.endswith("\n")
        yield from reader.feed(text)
    yield from reader.close()
