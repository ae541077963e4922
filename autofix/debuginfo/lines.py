"""The forms of a single log line: glog's prefix, numbers, and messages that need no context.

Forms of Caffe from 2014 to today and of NVIDIA/caffe, which puts ``[0.0] `` or ``(0) `` before its messages
and more fields into them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from autofix.debuginfo.events import (
    Clipped,
    Complaint,
    Event,
    Fatal,
    Finetuned,
    Finished,
    Forward,
    IterationLoss,
    LearningRate,
    NetNorms,
    Output,
    Phase,
    Resumed,
    Started,
    TestStart,
    Update,
)

NUMBER = r"[-+.#\w]+(?:\(\w+\))?"  # whether it is one is left to parse_number
COUNT = r"\d{1,15}"
GLOG_TIME = r"[IWEF](?:\d{8}|\d{4}) \d\d:\d\d:\d\d\.\d{6}"

MAX_MESSAGE = 4096  # characters; matching may take their square

# Severity, date (with the year since glog 0.5), time, thread, file and line; people shorten the middle. In front
# may stand what docker and the like put before every line.
_PREFIX = re.compile(r"(?<!\w)([IWEF])(?:\d{8}|\d{4}) (?:[^\]]*? ([^\s:\]]+):(\d{1,15})|[^\]]*)\] ?", re.ASCII)
_PREFIX_WITHIN = 128  # characters
_SOLVER_TAG = re.compile(r"\s*(?:[\[(]\d+(?:\.\d+)?[\])])?\s*", re.ASCII)
# A container's timestamp and mpirun's tag, whichever ran in the other.
_WRAPPING = re.compile(
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d) (?:std(?:out|err) [FP] )?"
    r"|\[\d+,\d+\]<std(?:out|err)>:)+",
    re.ASCII,
)
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_WINDOWS_NUMBER = re.compile(r"[-+]?(?:\d\.#(?:(INF)|[A-Z]+)\d*|nan\(\w+\))$")
_BLOB = re.compile(
    rf"\[(Forward|Backward)\] Layer (.+), (top|bottom|param) blob (.*) (?:data|diff):\s*({NUMBER})$",
    re.ASCII,
)

Maker: TypeAlias = Callable[[re.Match[str]], tuple[Event, ...]]
_PAIR = rf"\(({NUMBER}), ({NUMBER})\)"


def parse_number(text: str) -> float:
    """Return the number that the text is, in Python's, glibc's or a Windows runtime's spelling.

    Raises:
        ValueError: it is none.
    """
    try:
        return float(text)
    except ValueError:
        match = _WINDOWS_NUMBER.match(text)
        if not match:
            raise
        value = float("inf" if match[1] else "nan")
        return -value if text.startswith("-") else value


def clean_line(line: str) -> str:
    """Return the line without its end, a container's timestamp, mpirun's tag and a terminal's colours."""
    line = line.rstrip("\r\n")
    if (line.startswith("[") or line[10:11] == "T") and (wrapping := _WRAPPING.match(line)):
        line = line[wrapping.end() :]
    return _COLOUR.sub("", line) if "\x1b" in line else line


def split_prefix(line: str) -> tuple[str, str, int, str]:
    """Split off glog's prefix and a solver's tag.

    Returns:
        Severity ("I", "W", "E", "F"; "" without a prefix), source file, source line, message.
    """
    match = _PREFIX.match(line) or _PREFIX.search(line, 0, _PREFIX_WITHIN)
    severity, file, number, start = "", "", 0, 0
    if match:
        severity, file, number, start = match[1], match[2] or "", int(match[3] or 0), match.end()
    tag = _SOLVER_TAG.match(line, start)
    return severity, file, number, line[tag.end() if tag else start :]


def parse_blob(line: str) -> tuple[str, str, str, str, float] | None:
    """Return direction, layer, role, blob and value of a ``[Forward]`` or ``[Backward]`` line, else None."""
    line = line.rstrip()
    start = line.rfind("ward] Layer ")
    if start < 0 or len(line) > MAX_MESSAGE:
        return None
    match = _BLOB.search(line, max(start - len("[Back"), 0))
    if not match:
        return None
    try:
        return match[1], match[2], match[3], match[4], parse_number(match[5])
    except ValueError:
        return None


def parse_message(message: str) -> tuple[Event, ...]:
    """Return what a message tells by itself; () if nothing."""
    if len(message) > MAX_MESSAGE:
        return ()
    for pattern, maker in _FORMS.get(message.partition(" ")[0], ()):
        if match := pattern.match(message):
            try:
                return maker(match)
            except ValueError:
                return ()
    return ()


def is_test_output(line: str) -> bool:
    """Return whether a line tells what a test put out."""
    severity, _, _, message = split_prefix(clean_line(line))
    events = parse_message(message) if severity != "F" else ()
    return any(isinstance(event, Output) and event.phase == "test" for event in events)


def parse_death(line: str) -> tuple[Event, ...]:
    """Return what a line without prefix, from the C library or the shell, tells of Caffe's death."""
    match = _DEATH.search(line)
    return (Fatal(line.strip(), "", 0),) if match else ()


_DEATH = re.compile(
    r"double free or corruption|\bcorrupted |\b(?:free|malloc|munmap_chunk)\(\): |^terminate called |"
    r"Segmentation fault|\bKilled\b|^\*\*\* SIG(?!TERM|INT)[A-Z]+ |^Check failed: "
)


def _loss(match: re.Match[str]) -> tuple[Event, ...]:
    return (IterationLoss(int(match[1]), parse_number(match[2])),)


def _lr(match: re.Match[str]) -> tuple[Event, ...]:
    return (LearningRate(int(match[1]), parse_number(match[2])),)


def _output(match: re.Match[str]) -> tuple[Event, ...]:
    phase: Phase = "train" if match[1] == "Train" else "test"
    weight = None if match[5] is None else parse_number(match[5])
    return (Output(phase, int(match[2]), match[3], parse_number(match[4]), weight),)


def _update(match: re.Match[str]) -> tuple[Event, ...]:
    data = None if match[3] == " " else parse_number(match[3])
    return (Update(match[1], match[2], data, parse_number(match[4])),)


def _norms(match: re.Match[str]) -> tuple[Event, ...]:
    l1_data, l1_diff, l2_data, l2_diff = map(parse_number, match.groups())
    return (NetNorms(l1_data, l1_diff, l2_data, l2_diff),)


def _input(match: re.Match[str]) -> tuple[Event, ...]:
    return (Forward("input", match[1], parse_number(match[2])),)


def _test_start(match: re.Match[str]) -> tuple[Event, ...]:
    return (TestStart(int(match[1]), int(match[2] or 0)),)


def _test_score(match: re.Match[str]) -> tuple[Event, ...]:
    return (Output("test", int(match[1]), f"score {match[1]}", parse_number(match[2])),)


def _test_loss(match: re.Match[str]) -> tuple[Event, ...]:
    return (Output("test", -1, "loss", parse_number(match[1])),)


def _clipped(match: re.Match[str]) -> tuple[Event, ...]:
    norm, limit, scale = map(parse_number, match.groups())
    return (Clipped(norm, limit, scale),)


def _forms(*forms: tuple[str, Maker]) -> tuple[tuple[re.Pattern[str], Maker], ...]:
    return tuple((re.compile(pattern, re.ASCII), maker) for pattern, maker in forms)


_NET_OUTPUT = _forms(
    (
        rf"(Train|Test) net output #({COUNT}): (.*) = ({NUMBER})(?: \(\* ({NUMBER}) = {NUMBER} loss\))?\s*$",
        _output,
    ),
)

# By the first word of the message.
_FORMS: dict[str, tuple[tuple[re.Pattern[str], Maker], ...]] = {
    "Iteration": _forms(
        (rf"Iteration ({COUNT})\b.*?\bloss = ({NUMBER})", _loss),
        (rf"Iteration ({COUNT}), lr = ({NUMBER})", _lr),
        (rf"Iteration ({COUNT}), Testing net(?: \(#({COUNT})\))?", _test_start),
    ),
    "Train": _NET_OUTPUT,
    "Test": (
        *_NET_OUTPUT,
        *_forms((rf"Test score #({COUNT}): ({NUMBER})", _test_score), (rf"Test loss: ({NUMBER})", _test_loss)),
    ),
    "[Backward]": _forms(
        (rf"\[Backward\] All net params \(data, diff\): L1 norm = {_PAIR}; L2 norm = {_PAIR}", _norms),
    ),
    "[Forward]": _forms((rf"\[Forward\] Input (.+) data: ({NUMBER})\s*$", _input)),
    "[Update]": _forms(
        (rf"\[Update\] Layer (.+), param (?:blob )?(\S+) data: ({NUMBER}); diff: ({NUMBER})\s*$", _update),
        (
            rf"\[Update\] Layer (.+), param (?:blob )?(\S+) \(owned by layer .+\)( )diff: ({NUMBER})\s*$",
            _update,
        ),
    ),
    "Gradient": _forms(
        (
            rf"Gradient clipping: scaling down gradients \(L2 norm ({NUMBER}) > ({NUMBER})\)"
            rf" by scale factor ({NUMBER})",
            _clipped,
        ),
    ),
    "Initial": _forms((r"Initial Test started", lambda _: (TestStart(0, 0),))),
    "Solving": _forms((r"Solving(.*)", lambda match: (Started(match[1].strip()),))),
    "Resuming": _forms((r"Resuming from (.+)", lambda match: (Resumed(match[1]),))),
    "Restoring": _forms(
        (r"Restoring previous solver status from (.+)", lambda match: (Resumed(match[1]),)),
    ),
    "Finetuning": _forms((r"Finetuning from (.+)", lambda match: (Finetuned(match[1]),))),
    "Optimization": _forms(
        (r"Optimization Done", lambda _: (Finished(early=False),)),
        (r"Optimization stopped early", lambda _: (Finished(early=True),)),
    ),
    "[libprotobuf": _forms(
        (r"\[libprotobuf (?:ERROR|FATAL) [^\]]*\] (.*)", lambda match: (Complaint(match[1]),)),
    ),
}
