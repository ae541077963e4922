"""The forms of a single log line: glog's prefix, numbers, and messages that need no context.

Forms of Caffe from 2014 to today and of NVIDIA/caffe, which puts ``[0.0] `` or ``(0) `` before its messages
and more fields into them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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

# The last two are how older and newer Windows runtimes print nan and inf.
NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan(?:\(\w+\))?|inf|\d\.#[A-Z]+\d*)(?![\w.#])"

# Severity, date (with the year since glog 0.5), time and thread, file and line; people shorten the middle.
_PREFIX = re.compile(r"([IWEF])(?:\d{8}|\d{4}) (?:[^\]]*? ([^\s:\]]+):(\d+)|[^\]]*)\] ?")
_SOLVER_TAG = re.compile(r"\s*(?:[\[(]\d+(?:\.\d+)?[\])])?\s*")
_ANSI = re.compile(r"\x1b\[[\d;]*m")

BLOB = re.compile(
    rf"\[(Forward|Backward)\] Layer (.+), (top|bottom|param) blob (.*) (?:data|diff): ({NUMBER})\s*$"
)


def parse_number(text: str) -> float:
    """Return the number that ``NUMBER`` matched."""
    try:
        return float(text)
    except ValueError:
        return float("inf" if "INF" in text else "nan") * (-1.0 if text.startswith("-") else 1.0)


def split_prefix(line: str) -> tuple[str, str, int, str]:
    """Split off glog's prefix and a solver's tag.

    Returns:
        Severity ("I", "W", "E", "F"; "" without a prefix), source file, source line, message.
    """
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    match = _PREFIX.match(line)
    severity, file, number, start = "", "", 0, 0
    if match:
        severity, file, number, start = match[1], match[2] or "", int(match[3] or 0), match.end()
    tag = _SOLVER_TAG.match(line, start)
    return severity, file, number, line[tag.end() if tag else start :]


def _iteration(match: re.Match[str]) -> tuple[Event, ...]:
    number, events = int(match[1]), list[Event]()
    for kind, value in re.findall(rf"\b(loss|lr) = ({NUMBER})", match[2]):
        events.append((IterationLoss if kind == "loss" else LearningRate)(number, parse_number(value)))
    return tuple(events)


def _output(match: re.Match[str]) -> tuple[Event, ...]:
    weight = None if match[5] is None else parse_number(match[5])
    phase: Phase = "train" if match[1] == "Train" else "test"
    return (Output(phase, int(match[2]), match[3], parse_number(match[4]), weight),)


def _update(match: re.Match[str]) -> tuple[Event, ...]:
    data = None if match[3] is None else parse_number(match[3])
    return (Update(match[1], match[2], data, parse_number(match[4])),)


def _norms(match: re.Match[str]) -> tuple[Event, ...]:
    l1_data, l1_diff, l2_data, l2_diff = map(parse_number, match.groups())
    return (NetNorms(l1_data, l1_diff, l2_data, l2_diff),)


def _test_score(match: re.Match[str]) -> tuple[Event, ...]:
    return (Output("test", int(match[1]), f"score {match[1]}", parse_number(match[2])),)


_Maker = Callable[[re.Match[str]], tuple[Event, ...]]
_PAIR = rf"\(({NUMBER}), ({NUMBER})\)"

_MESSAGES: tuple[tuple[re.Pattern[str], _Maker], ...] = tuple(
    (re.compile(pattern), maker)
    for pattern, maker in (
        (r"Iteration (\d+)\b(.* (?:loss|lr) = .*)", _iteration),
        (
            rf"(Train|Test) net output #(\d+): (.*) = ({NUMBER})(?: \(\* ({NUMBER}) = {NUMBER} loss\))?\s*$",
            _output,
        ),
        (rf"\[Backward\] All net params \(data, diff\): L1 norm = {_PAIR}; L2 norm = {_PAIR}", _norms),
        (
            r"Iteration (\d+), Testing net(?: \(#(\d+)\))?",
            lambda m: (TestStart(int(m[1]), int(m[2] or 0)),),
        ),
        (
            rf"Gradient clipping: scaling down gradients \(L2 norm ({NUMBER}) > ({NUMBER})\)"
            rf" by scale factor ({NUMBER})",
            lambda m: (Clipped(parse_number(m[1]), parse_number(m[2]), parse_number(m[3])),),
        ),
        (
            rf"\[Update\] Layer (.+), param (?:blob )?(.*?)(?: \(owned by layer .*\))?"
            rf"(?: data: ({NUMBER});)? diff: ({NUMBER})\s*$",
            _update,
        ),
        (
            rf"\[Forward\] Input (.+) data: ({NUMBER})\s*$",
            lambda m: (Forward("input", m[1], parse_number(m[2])),),
        ),
        (rf"Test score #(\d+): ({NUMBER})", _test_score),
        (rf"Test loss: ({NUMBER})", lambda m: (Output("test", -1, "loss", parse_number(m[1])),)),
        (r"Initial Test started", lambda _: (TestStart(0, 0),)),
        (r"Solving (.*)", lambda m: (Started(m[1].strip()),)),
        (r"(?:Resuming from|Restoring previous solver status from) (.+)", lambda m: (Resumed(m[1]),)),
        (r"Finetuning from (.+)", lambda m: (Finetuned(m[1]),)),
        (r"Optimization Done\.", lambda _: (Finished(early=False),)),
        (r"Optimization stopped early\.", lambda _: (Finished(early=True),)),
        (r"(Check failed: .*)", lambda m: (Fatal(m[1], "", 0),)),
        (r"\*\*\* (SIG(?!TERM|INT)[A-Z]+ .*)", lambda m: (Fatal(m[1], "", 0),)),
        (
            r"((?:.*: )?(?:double free or corruption|corrupted size|malloc\(\)|free\(\)|munmap_chunk\(\)).*)",
            lambda m: (Fatal(m[1], "", 0),),
        ),
        (r"(terminate called .*)", lambda m: (Fatal(m[1], "", 0),)),
        (r"\[libprotobuf (?:ERROR|FATAL) [^\]]*\] (.*)", lambda m: (Complaint(m[1]),)),
    )
)


def parse_message(message: str) -> tuple[Event, ...]:
    """Return what a message tells by itself; () if nothing."""
    for pattern, maker in _MESSAGES:
        if match := pattern.match(message):
            return maker(match)
    return ()
